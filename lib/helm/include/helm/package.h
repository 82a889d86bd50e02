// A chart as `helm package` writes it. Pure. Spec: helm-engine 23.
#pragma once

#include <string>

#include "base/status.h"
#include "base/time.h"
#include "helm/chart.h"
#include "helm/version.h"

namespace sluice::helm {

struct PackageOptions {
  HelmVersion version = HelmVersion::kV4;
  // Files keep the times they were loaded with; those without get `modified`. `uniform` gives all
  // of them that time: the same chart is then the same bytes wherever it was loaded from.
  base::Time modified{};
  bool uniform = false;
};

std::string PackageFileName(const Chart& chart);  // "<name>-<version>.tgz"

// The .tgz: Chart.yaml (written anew, keys sorted), Chart.lock, values.yaml, values.schema.json,
// templates, files, dependencies. The same chart gives the same bytes; what Go's deflate would give
// is not among the promises. Errors: "chart validation: validation: …", `"a/b" is not a valid chart
// name`, "invalid JSON in values.schema.json".
base::Result<std::string> PackageChart(const Chart& chart, const PackageOptions& options = {});

}  // namespace sluice::helm
