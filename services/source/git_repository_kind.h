// GitRepositoryKind: a GitRepository's own steps (source.md §7): which commit, its objects, its
// artifact. Thread-safe.
#pragma once

#include "api/source.h"
#include "artifact_step.h"
#include "git/repository.h"
#include "git_archive_step.h"
#include "git_include_step.h"
#include "git_source_step.h"
#include "source_kind.h"

namespace sluice::source {

class GitRepositoryKind final : public SourceKind {
 public:
  // outlive this
  GitRepositoryKind(const SourceEnv& env, git::RepositoryPool& pool, CloudAccess& cloud,
                    const GitOptions& options = {});

  const KindTraits& traits() const override;
  base::Result<SpecHead> Head(const document::Value& object) const override;
  StepResult Run(const observe::Context& ctx, const kube::ObjectKey& key, SourceStatus& status,
                 Made& made) override;
  void Forget(const kube::ObjectKey& key) override;
  base::Status Sweep() override;

 private:
  // What the spec asks for, from upstream into the store. `damaged`: the mirror is, and will be
  // another one the next time.
  StepResult Produce(const observe::Context& ctx, const kube::ObjectKey& key,
                     const api::GitRepositorySpec& spec, const git::RemoteAuth& auth,
                     const std::vector<api::Artifact>& included, SourceStatus& status, Made& made,
                     bool& damaged);
  StepResult MakeArtifact(const observe::Context& ctx, const kube::ObjectKey& key,
                          const api::GitRepositorySpec& spec,
                          const std::vector<api::Artifact>& included, const Checkout& checkout,
                          SourceStatus& status, Made& made);

  const SourceEnv env_;
  git::RepositoryPool& pool_;
  GitSourceStep source_;
  GitIncludeStep include_;
  GitArchiveStep archive_;
  ArtifactStep artifact_;
};

}  // namespace sluice::source
