// HelmUpstream: from a HelmRepository, or from nothing but a URL, to the HelmCharts it offers: its
// Secrets, its stored index, or for a dependency whose repository nobody has declared an index of
// its own (source.md §10.3, §10.6). Thread-safe.
#pragma once

#include <memory>
#include <string>

#include "helm_access.h"
#include "helm_chart_builder.h"
#include "helm_charts.h"
#include "helm_index_cache.h"
#include "oci/client.h"
#include "oci_verifier.h"
#include "source_kind.h"

namespace sluice::source {

class HelmUpstream {
 public:
  struct Limits {
    uint64_t max_index_bytes = 50 << 20;
    HelmChartLimits chart;
  };
  // env's parts, `registries`, `logins` and `cache` outlive this; `public_root` as OciVerifier has
  // it.
  HelmUpstream(const SourceEnv& env, oci::RegistryClient& registries, cloud::RegistryLogins& logins,
               HelmIndexCache& cache, std::string public_root, const Limits& limits);

  const Limits& limits() const { return limits_; }
  const OciVerifier& verifier() const { return verifier_; }

  // What a chart's own HelmRepository offers; null with `failure` otherwise.
  std::unique_ptr<HelmCharts> OfRepository(const observe::Context& ctx,
                                           const document::Value& repository,
                                           HelmChartFailure& failure);

  // What `url` of a dependency of the HelmChart `chart` offers, with the credentials of the
  // HelmRepository beside it that has this URL, if there is one. Errors: "aliased repository
  // dependency is not supported: @x", "invalid dependency repository URL: x", "failed to get chart
  // repository for URL 'x': …".
  base::Result<std::unique_ptr<HelmCharts>> OfDependency(const observe::Context& ctx,
                                                         const kube::ObjectKey& chart,
                                                         const std::string& url);

 private:
  // The index of a repository that has an artifact here.
  base::Result<HelmIndexTablePtr> StoredTable(const observe::Context& ctx,
                                              const api::Artifact& artifact,
                                              const kube::ObjectKey& by);
  // The index of a repository that has no artifact here.
  base::Result<HelmIndexTablePtr> FetchTable(const observe::Context& ctx, const HelmAccess& access);
  base::Result<HelmIndexTablePtr> ParseTable(const observe::Context& ctx, HelmIndexSpool& spool,
                                             const std::string& revision);

  const SourceEnv env_;
  oci::RegistryClient& registries_;
  HelmIndexCache& cache_;
  HelmAccessReader access_;
  OciVerifier verifier_;
  const Limits limits_;
};

}  // namespace sluice::source
