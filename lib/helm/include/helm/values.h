// Values: reading, merging, and what a chart's templates see of them. Pure functions; thread-safe.
// Numbers of files are kDouble, those of
// --set kInt. Spec: helm-engine 12.
#pragma once

#include <string_view>

#include "base/status.h"
#include "document/value.h"
#include "helm/chart.h"
#include "helm/version.h"
#include "helm/warning.h"

namespace sluice::helm {

// Every number a kDouble, as encoding/json decodes into interface{}.
void NumbersToDouble(document::Value& value);

// A values file: an object, empty where there is no document. Helm 4 merges all documents of the
// text, Helm 3 reads the first. Errors: "cannot unmarshal yaml document: error converting YAML to
// JSON: yaml: …" (Helm 3 without the first words).
base::Result<document::Value> ParseValues(std::string_view text, HelmVersion version);

// `over` laid over `base`: tables merge, everything else (null, too) replaces.
document::Value MergeMaps(document::Value base, const document::Value& over);

// What rendering starts with: the chart's defaults, its subcharts' and the globals under `values`,
// nulls deleting. kResourceExhausted where the result would be out of proportion. Errors: "type
// mismatch on sub: %!t(string=x)".
base::Result<document::Value> CoalesceValues(const Chart& chart, const document::Value& values,
                                             HelmVersion version, const WarningSink& warn = {});
// The same, but nulls are kept: what import-values works on.
base::Result<document::Value> MergeValues(const Chart& chart, const document::Value& values,
                                          HelmVersion version, const WarningSink& warn = {});

// `over` on `defaults` (an upgrade's --reuse-values). A null in `over` removes the default.
document::Value CoalesceTables(const document::Value& over, const document::Value& defaults,
                               HelmVersion version, const WarningSink& warn = {});

}  // namespace sluice::helm
