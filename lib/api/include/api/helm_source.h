// HelmRepository and HelmChart (source.toolkit.fluxcd.io): typed views of their specs with their
// defaults, and the words of their conditions and events (source.md §9, §10). The API versions v1,
// v1beta2 and v1beta1 hold the same fields; spec.valuesFile of the betas goes before valuesFiles,
// accessFrom is ignored. Values and pure functions; thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/oci_repository.h"
#include "api/source.h"
#include "base/duration.h"
#include "base/status.h"
#include "document/value.h"

namespace sluice::api {

inline constexpr std::string_view kHelmRepositoryKind = "HelmRepository";
inline constexpr std::string_view kHelmChartKind = "HelmChart";
inline constexpr std::string_view kHelmSourceApiVersion = "source.toolkit.fluxcd.io/v1";

inline constexpr std::string_view kBuildFailed = "BuildFailed";  // a condition of HelmChart

inline constexpr std::string_view kIndexationFailedReason = "IndexationFailed";
inline constexpr std::string_view kNewChartReason = "NewChart";
inline constexpr std::string_view kNoSourceArtifactReason = "NoSourceArtifact";
inline constexpr std::string_view kSourceUnavailableReason = "SourceUnavailable";
inline constexpr std::string_view kUnsupportedSourceKindReason = "UnsupportedSourceKind";
inline constexpr std::string_view kChartPullSucceededReason = "ChartPullSucceeded";
inline constexpr std::string_view kChartPackageSucceededReason = "ChartPackageSucceeded";
inline constexpr std::string_view kResolvedDependenciesReason = "ResolvedDependencies";

struct HelmRepositorySpec {
  std::string url, provider;
  std::string secret, cert_secret;  // names, "" = none
  bool oci = false;                 // type
  bool pass_credentials = false, insecure = false, suspend = false;
  base::Duration interval = std::chrono::minutes(1), timeout = std::chrono::seconds(60);

  // kInvalidArgument for a duration that is none.
  static base::Result<HelmRepositorySpec> From(const document::Value& object);
};

struct HelmChartSpec {
  std::string chart, version;  // version "" and "*": the newest that is no pre-release
  std::string source_kind, source_name;
  bool by_revision = false;  // reconcileStrategy: Revision
  std::vector<std::string> values_files;
  bool ignore_missing_values_files = false, suspend = false;
  base::Duration interval{};
  std::optional<OciVerification> verify;

  static base::Result<HelmChartSpec> From(const document::Value& object);

  // Whether the chart's values are to be composed: any list but "values.yaml" alone.
  bool composes_values() const;
};

// As Flux prints sizes: 30.88kB, 104.9MB.
std::string HumanSize(uint64_t bytes);

}  // namespace sluice::api
