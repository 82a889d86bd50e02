// What a chart directory's dependencies lack in its charts/ folder, added: other directories of the
// source, and charts of repositories (source.md §10.6). Thread-safe.
#pragma once

#include <string>

#include "base/status.h"
#include "helm/chart.h"
#include "helm_upstream.h"
#include "io/file_tree.h"
#include "observe/context.h"

namespace sluice::source {

struct HelmChartFolder {
  const io::FileTree& tree;
  // the HelmChart: HelmRepositories of its namespace may lend their credentials
  kube::ObjectKey chart;
  std::string path;  // of the chart in the tree
};

// How many were added. Chart.lock goes before Chart.yaml; conditions and tags do not count. Errors:
// "failed to add local dependency 'x': …", "failed to add remote dependency 'x': …".
base::Result<size_t> AddHelmDependencies(const observe::Context& ctx, const HelmChartFolder& folder,
                                         HelmUpstream& upstream, helm::Chart& chart);

}  // namespace sluice::source
