// Whether a webhook is what its Receiver expects: signature or token, and event filter, per type
// (notification.md §6.4). Secrets are compared in constant time. Pure.
#pragma once

#include <string_view>

#include "api/notification.h"
#include "base/secret.h"
#include "base/status.h"
#include "http/server.h"

namespace sluice::notify {

struct WebhookVerdict {
  base::Status status;   // not ok: answer 400
  std::string handling;  // ok: what to log, "GitHub event: push"
};
WebhookVerdict CheckWebhook(const api::Receiver& receiver, const base::SecretString& token,
                            const http::ServerRequest& request);

bool IsSupportedReceiverType(std::string_view type);

}  // namespace sluice::notify
