// HelmCharts: one repository as charts are got from it: over HTTP by its index, or from an OCI
// registry by tags (source.md §10.3). Objects live for one reconcile; thread-compatible.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "api/oci_repository.h"
#include "base/status.h"
#include "helm_access.h"
#include "helm_index_cache.h"
#include "http/client.h"
#include "observe/context.h"
#include "oci/client.h"
#include "oci_verifier.h"

namespace sluice::source {

struct HelmChartVersion {
  std::string name, version;
  std::string url;     // absolute; "" = it has none. Of a registry "oci://host/charts/name:version"
  std::string digest;  // of a registry, once it has been looked up
};

class HelmCharts {
 public:
  virtual ~HelmCharts() = default;
  // `external`: what failed is the repository, not what was asked of it.
  virtual base::Result<HelmChartVersion> Find(const observe::Context& ctx, const std::string& chart,
                                              const std::string& version, bool& external) = 0;
  // The archive's bytes. kResourceExhausted past the limit.
  virtual base::Result<std::string> Download(const observe::Context& ctx,
                                             const HelmChartVersion& chart) = 0;
  // Only in registries. From then on the version means what was verified.
  virtual base::Result<OciVerdict> Verify(const observe::Context& ctx, const ChartTrust& trust,
                                          HelmChartVersion& chart) = 0;
};

// `table` is looked up in; the client outlives it.
std::unique_ptr<HelmCharts> MakeHttpHelmCharts(http::Client& client, HelmAccess access,
                                               HelmIndexTablePtr table, uint64_t max_chart_bytes);
// Of a repository whose index could not be had: every chart fails with `why`.
std::unique_ptr<HelmCharts> MakeFailedHelmCharts(base::Status why);
// access.url is "oci://…"; both references outlive it.
std::unique_ptr<HelmCharts> MakeOciHelmCharts(oci::RegistryClient& registries,
                                              const OciVerifier& verifier, HelmAccess access,
                                              uint64_t max_chart_bytes);

// Of versions as a registry has them the one asked for: the same text, else the highest that
// satisfies it; "" and "*" are the highest that is no pre-release. "could not locate a version
// matching provided version string x".
base::Result<std::string> ChooseOciVersion(const std::vector<std::string>& tags,
                                           const std::string& version);

}  // namespace sluice::source
