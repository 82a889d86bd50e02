// helmCharts of a kustomization, inflated as kustomize runs helm: `helm template NAME CHART -f
// VALUES …`, but in this process.
#pragma once

#include <string>

#include "base/status.h"
#include "kustomize/build.h"

namespace sluice::cli {

// The manifests' text. Errors are Helm's, followed by the command that kustomize would have run.
base::Result<std::string> InflateChart(const kustomize::HelmChart& chart,
                                       const std::string& temporary);

}  // namespace sluice::cli
