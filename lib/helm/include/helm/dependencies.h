// Which subcharts take part in a render, and what they export to their parent. Spec:
// helm-engine 13.
#pragma once

#include <string_view>

#include "base/status.h"
#include "document/value.h"
#include "helm/chart.h"
#include "helm/version.h"
#include "helm/warning.h"

namespace sluice::helm {

// Picks and renames subcharts as Chart.yaml declares them (version, alias), removes what tags and
// conditions disable in `values`, then lets import-values change the charts' default values.
// Changes `chart` and those below it: call it on a Clone.
base::Status ProcessDependencies(Chart& chart, const document::Value& values, HelmVersion version,
                                 const WarningSink& warn = {});

// Every declared dependency must be there: "found in Chart.yaml, but missing in charts/ directory:
// a, b" (kFailedPrecondition).
base::Status CheckDependencies(const Chart& chart);

// Whether `version` satisfies the constraint `range`; false where either cannot be read.
bool IsCompatibleRange(std::string_view range, std::string_view version);

}  // namespace sluice::helm
