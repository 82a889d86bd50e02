// Bucket (source.toolkit.fluxcd.io): typed view of its spec with its defaults, and its reasons
// (source.md §11). The API versions v1, v1beta2 and v1beta1 hold the same fields; accessFrom of the
// betas is ignored. Values and pure functions; thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/duration.h"
#include "base/status.h"
#include "document/value.h"

namespace sluice::api {

inline constexpr std::string_view kBucketKind = "Bucket";
inline constexpr std::string_view kBucketApiVersion = "source.toolkit.fluxcd.io/v1";

inline constexpr std::string_view kBucketOperationFailedReason = "BucketOperationFailed";
inline constexpr std::string_view kInvalidStsConfigurationReason = "InvalidSTSConfiguration";

struct BucketSts {
  std::string provider, endpoint, secret, cert_secret;  // secrets: names, "" = none
};

struct BucketSpec {
  std::string provider;  // "generic", "aws", "gcp", "azure"
  std::string bucket_name, endpoint, region, prefix;
  std::string secret, service_account, cert_secret, proxy_secret;  // names, "" = none
  std::optional<BucketSts> sts;
  bool insecure = false, suspend = false;
  base::Duration interval{}, timeout = std::chrono::seconds(60);
  std::string ignore;

  // kInvalidArgument for a duration that is none.
  static base::Result<BucketSpec> From(const document::Value& object);
};

}  // namespace sluice::api
