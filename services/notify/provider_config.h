// ProviderConfig: a Provider with what its Secrets say put in (notification.md §5.1, §5.2):
// everything a notification needs but the event. Made anew for each notification, so that a rotated
// Secret takes effect at once. A value.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "api/notification.h"
#include "base/secret.h"
#include "base/status.h"
#include "document/value.h"
#include "http/client.h"

namespace sluice::notify {

struct ProviderConfig {
  std::string name, type, channel, username, address;
  base::SecretString token, password;
  std::map<std::string, std::string> headers;
  std::shared_ptr<const http::TlsOptions> tls;
  std::shared_ptr<const http::ProxyOptions> proxy;
  std::chrono::nanoseconds timeout{};
};

// The Secrets a Provider names, as objects of the API; null where it names none.
struct ProviderSecrets {
  const document::Value* main = nullptr;
  const document::Value* tls = nullptr;
  const document::Value* proxy = nullptr;
};

struct ResolvedProvider {
  ProviderConfig config;
  // mistakes that do not stop the notification: events on the Provider
  std::vector<std::string> issues;
};
base::Result<ResolvedProvider> ResolveProvider(const api::Provider& provider,
                                               const ProviderSecrets& secrets);

// A Secret's entry, decoded; "" if absent or not base64.
std::string SecretEntry(const document::Value& secret, std::string_view key);

}  // namespace sluice::notify
