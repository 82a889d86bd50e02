// What is done to a chart before it is stored: its version's metadata, its values composed of
// several files, its packaging (source.md §10.3–10.7). Pure functions over charts; thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "document/value.h"
#include "helm/chart.h"
#include "helm/chart_metadata.h"
#include "helm_chart_failure.h"
#include "io/file_tree.h"

namespace sluice::source {

struct HelmChartLimits {
  uint64_t max_chart_bytes = 10 << 20, max_file_bytes = 5 << 20;
  helm::MetadataLimits metadata() const { return {max_chart_bytes, max_file_bytes}; }
};

// What a pass makes of a HelmChart.
struct HelmChartBuild {
  std::string name, version;
  std::vector<std::string> values_files;  // those that make up its values
  size_t resolved_dependencies = 0;
  bool packaged = false;  // by us: not the very bytes of upstream
  bool cached = false;    // the stored one is it
  bool verified = false;
  std::string bytes;  // of the archive, unless cached

  // "packaged 'hello' chart with version '0.1.0+2' and merged values files [a.yaml b.yaml]"
  std::string Summary() const;
  std::string_view Reason() const;  // ChartPackageSucceeded, ChartPullSucceeded
};

// "v1.2" and "4" → "1.2.0+4". Errors: "failed to parse version from chart metadata as SemVer: …".
base::Result<std::string> WithVersionMetadata(const std::string& version,
                                              const std::string& metadata);

struct ComposedValues {
  document::Value values = document::Value::Object();
  std::vector<std::string> files;  // that were there
};
// Of files of the chart itself, "values.yaml" meaning its own. Errors: "no values file found at
// path 'x'", "unmarshaling values from 'x' failed: …".
base::Result<ComposedValues> ComposeChartValues(const helm::Chart& chart,
                                                const std::vector<std::string>& files,
                                                bool ignore_missing);
// Of files of a source. Errors: "no values file found at path '/x' (reference 'x')", likewise.
base::Result<ComposedValues> ComposeTreeValues(const io::FileTree& tree,
                                               const std::vector<std::string>& files,
                                               bool ignore_missing);

// Replaces values.yaml. False: it was that already. Error: "failed to locate values file:
// values.yaml".
base::Result<bool> OverwriteValues(helm::Chart& chart, const document::Value& values);

// The archive: the same chart is the same bytes. Error: "failed to package chart: …".
base::Result<std::string> PackageHelmChart(const helm::Chart& chart);

// A chart directory or archive at `path` of a source's tree, in the words of Flux's loader.
base::Result<std::unique_ptr<helm::Chart>> LoadFromSource(const io::FileTree& tree,
                                                          const std::string& path,
                                                          const HelmChartLimits& limits);

}  // namespace sluice::source
