// HelmRepositoryKind: a HelmRepository's own steps (source.md §9): its index, fetched only where it
// changed, parsed once, stored as JSON. One of type oci is a static object. Thread-safe.
#pragma once

#include "api/helm_source.h"
#include "artifact_step.h"
#include "helm_access.h"
#include "helm_index_cache.h"
#include "source_kind.h"

namespace sluice::source {

class HelmRepositoryKind final : public SourceKind {
 public:
  // env's parts, `logins` and `cache` outlive this.
  HelmRepositoryKind(const SourceEnv& env, cloud::RegistryLogins& logins, HelmIndexCache& cache,
                     uint64_t max_index_bytes);

  const KindTraits& traits() const override;
  base::Result<SpecHead> Head(const document::Value& object) const override;
  bool Follows(const document::Value& object) const override;
  StepResult Run(const observe::Context& ctx, const kube::ObjectKey& key, SourceStatus& status,
                 Made& made) override;
  base::Status Sweep() override { return cache_.Sweep(); }

 private:
  // What upstream has, and where it is: in the store under another name, or in `spool`.
  struct Found;
  StepResult FindAccess(const observe::Context& ctx, const kube::ObjectKey& key,
                        const api::HelmRepositorySpec& spec, SourceStatus& status, HelmAccess& out);
  StepResult Fetch(const observe::Context& ctx, const kube::ObjectKey& key,
                   const HelmAccess& access, SourceStatus& status, Found& found);
  base::Status Download(const observe::Context& ctx, const kube::ObjectKey& key,
                        const HelmAccess& access, Found& found);
  StepResult Store(const observe::Context& ctx, const kube::ObjectKey& key, Found& found,
                   SourceStatus& status);
  StepResult ParseAndStore(const observe::Context& ctx, const ArtifactRequest& request,
                           Found& found, SourceStatus& status);

  const SourceEnv env_;
  HelmAccessReader access_;
  HelmIndexCache& cache_;
  ArtifactStep artifact_;
  const uint64_t max_index_bytes_;
};

}  // namespace sluice::source
