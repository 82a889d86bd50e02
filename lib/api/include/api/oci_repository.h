// OCIRepository (source.toolkit.fluxcd.io): typed view of its spec with its defaults, and the words
// of its conditions and events (source.md §8). The API versions v1, v1beta2 and v1beta1 hold the
// same fields. Values and pure functions; thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/conditions.h"
#include "api/source.h"
#include "base/duration.h"
#include "base/status.h"
#include "document/value.h"

namespace sluice::api {

inline constexpr std::string_view kOciRepositoryKind = "OCIRepository";
inline constexpr std::string_view kOciRepositoryApiVersion = "source.toolkit.fluxcd.io/v1";
inline constexpr std::string_view kOciUrlPrefix = "oci://";

inline constexpr std::string_view kReadOperationFailedReason = "ReadOperationFailed";
inline constexpr std::string_view kOciPullFailedReason = "OCIArtifactPullFailed";
inline constexpr std::string_view kOciLayerOperationFailedReason =
    "OCIArtifactLayerOperationFailed";
inline constexpr std::string_view kDirectoryCreationFailedReason = "DirectoryCreationFailed";

// Of an artifact made by `flux push artifact`.
inline constexpr std::string_view kOciSourceAnnotation = "org.opencontainers.image.source";
inline constexpr std::string_view kOciRevisionAnnotation = "org.opencontainers.image.revision";
inline constexpr std::string_view kHelmChartLayer =
    "application/vnd.cncf.helm.chart.content.v1.tar+gzip";

struct OciIdentity {  // of keyless signatures: both are expressions of RE2
  std::string issuer, subject;
};

struct OciVerification {
  std::string provider;                     // "cosign", "notation"
  std::string secret, trusted_root_secret;  // names, "" = none
  std::vector<OciIdentity> identities;
};

// spec.verify; nullopt where it is not set.
std::optional<OciVerification> VerificationOf(const document::Value& verify);

struct OciRepositorySpec {
  std::string url, provider;
  std::string tag, semver, semver_filter, digest;
  std::string layer_media_type;  // "" = the first layer
  bool copy_layer = false;       // layerSelector.operation: copy rather than extract
  std::string secret, service_account, cert_secret, proxy_secret;  // names, "" = none
  bool insecure = false, suspend = false;
  base::Duration interval{}, timeout = std::chrono::seconds(60);
  std::string ignore;
  std::optional<OciVerification> verify;

  // kInvalidArgument for a duration that is none.
  static base::Result<OciRepositorySpec> From(const document::Value& object);
};

// What made the artifact of the status differs from what the spec says: ignore, layerSelector.
bool OciContentConfigChanged(const document::Value& object);
void ObserveOciContentConfig(document::Value& object);

}  // namespace sluice::api
