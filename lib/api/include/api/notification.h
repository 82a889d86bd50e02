// Typed views of the notification API: Alert and Provider v1beta3, Receiver v1 (notification.md
// §4–6), with their defaults, and the reasons and messages clients read. A view is read from an
// object the API server has validated: what is missing takes its default. Values;
// thread-compatible.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/conditions.h"
#include "document/value.h"

namespace sluice::api {

// Which objects an Alert listens to, or a Receiver annotates.
struct CrossNamespaceRef {
  std::string api_version, kind, name, ns;  // ns "" = the owner's own
  std::optional<std::map<std::string, std::string>> match_labels;
  std::string filter;  // Receiver only: CEL
};

struct Alert {
  std::string ns, name, uid, provider, severity = "info", summary;
  std::vector<CrossNamespaceRef> sources;
  std::vector<std::string> inclusion, exclusion;
  std::map<std::string, std::string> metadata;
  bool suspend = false;

  static Alert From(const document::Value& object);
};

struct Provider {
  std::string ns, name, uid, type, channel, username, address, proxy;
  std::string secret, cert_secret, proxy_secret, service_account;  // names, "" = none
  std::chrono::nanoseconds timeout = std::chrono::seconds(15);
  bool suspend = false;

  static Provider From(const document::Value& object);
};

struct Receiver {
  std::string ns, name, type, secret, resource_filter;
  std::chrono::nanoseconds interval = std::chrono::minutes(10);
  std::vector<std::string> events;
  std::vector<CrossNamespaceRef> resources;
  bool suspend = false, has_oidc_providers = false;

  static Receiver From(const document::Value& object);
};

// "/hook/" + sha256(token + name + namespace) in hex: what `flux trigger receiver` computes offline
// (§6.1).
std::string WebhookPath(std::string_view token, std::string_view ns, std::string_view name);

inline constexpr std::string_view kTokenNotFoundReason = "TokenNotFound";
inline constexpr std::string_view kNotificationDispatchFailedReason = "NotificationDispatchFailed";
inline constexpr std::string_view kInvalidConfigReason = "InvalidConfig";
inline constexpr std::string_view kMetadataAppendFailedReason = "MetadataAppendFailed";
inline constexpr std::string_view kMigrationReason = "Migration";

}  // namespace sluice::api
