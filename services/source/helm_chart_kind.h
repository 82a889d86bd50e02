// HelmChartKind: a HelmChart's own steps (source.md §10): its source, the version that is wanted,
// the archive of it, built where the source is a tree of files. What is stored already is not built
// again. Thread-safe.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "api/helm_source.h"
#include "artifact_step.h"
#include "helm_chart_builder.h"
#include "helm_chart_failure.h"
#include "helm_charts.h"
#include "helm_upstream.h"
#include "observe/mutex.h"
#include "source_kind.h"

namespace sluice::source {

class HelmChartKind final : public SourceKind {
 public:
  // env's parts and `upstream` outlive this.
  HelmChartKind(const SourceEnv& env, HelmUpstream& upstream);

  const KindTraits& traits() const override;
  base::Result<SpecHead> Head(const document::Value& object) const override;
  StepResult Run(const observe::Context& ctx, const kube::ObjectKey& key, SourceStatus& status,
                 Made& made) override;
  void Forget(const kube::ObjectKey& key) override SLUICE_EXCLUDES(mu_);

 private:
  using Failure = std::optional<HelmChartFailure>;
  // One pass.
  struct Pass {
    const observe::Context& ctx;
    const kube::ObjectKey& key;
    const api::HelmChartSpec& spec;
    SourceStatus& status;
    kube::ObjectPtr source;
    std::optional<api::Artifact> artifact;  // of the source; none: a repository of type oci
  };

  StepResult FindSource(Pass& pass);
  Failure BuildRemote(const Pass& pass, HelmChartBuild& build);
  Failure Repackage(const Pass& pass, std::string bytes, HelmChartBuild& build);
  Failure FindTrust(const Pass& pass, ChartTrust& out);
  void TellVersionUnchanged(const Pass& pass, const HelmChartBuild& build);
  Failure BuildLocal(const Pass& pass, HelmChartBuild& build);
  Failure BuildFromTree(const Pass& pass, const io::FileTree& tree, HelmChartBuild& build);
  Failure PackageFromTree(const Pass& pass, const io::FileTree& tree, const std::string& path,
                          bool directory, HelmChartBuild& build);
  // The stored chart is what is to be built.
  bool IsStored(const Pass& pass, HelmChartBuild& build, bool packaged) const;
  // Nothing that goes into a chart of a source's files has changed since the stored one was made.
  bool IsUntouched(const Pass& pass, HelmChartBuild& build) SLUICE_EXCLUDES(mu_);
  StepResult Store(const Pass& pass, HelmChartBuild& build);

  const SourceEnv env_;
  HelmUpstream& upstream_;
  ArtifactStep artifact_;
  observe::Mutex mu_;
  // chart → digest of the source it was made of
  std::map<kube::ObjectKey, std::string> made_of_ SLUICE_GUARDED_BY(mu_);
};

// What a chart's version gets after "+": the source's commit where each of them counts, the
// generation where values are composed; "" for neither.
std::string HelmVersionMetadata(const api::HelmChartSpec& spec, const std::string& source_revision,
                                int64_t generation);

// "invalid chart name 'x': …", "no name set for remote chart reference".
base::Status CheckRemoteChartName(const std::string& name);

}  // namespace sluice::source
