// The request that tells a provider of an event, per provider type (notification.md §5.4, §5.5).
// Pure.
#pragma once

#include "api/event.h"
#include "base/status.h"
#include "http/client.h"
#include "provider_config.h"

namespace sluice::notify {

struct Payload {
  http::Request request;
  // Slack's own API answers 200 and says in the body whether it took the message.
  bool slack_api_answer = false;
};

// `event.metadata` is the combined one. kUnimplemented: "provider <type> not supported".
base::Result<Payload> MakePayload(const ProviderConfig& config, const api::Event& event);

// Types that also get `commit_status: update` events; all others are told only of what people read.
bool WantsCommitStatusUpdates(std::string_view type);

}  // namespace sluice::notify
