#include "events_endpoint.h"

#include <utility>

#include "document/json.h"
#include "metadata.h"

namespace sluice::notify {
namespace {

http::ServerResponse Empty(int status) {
  http::ServerResponse response;
  response.status = status;
  response.content_type = "";
  return response;
}

}  // namespace

http::ServerResponse EventsEndpoint::HandleHttp(const http::ServerRequest& request) {
  const auto json = document::ParseJson(request.body, {.max_depth = 32});
  if (!json.ok()) return Empty(400);
  auto event = api::EventFromValue(*json);
  if (!event.ok()) return Empty(400);
  CleanMetadata(*event);
  const auto decision = window_.Admit(DedupeKey(*event));
  const std::string reset = base::FormatRfc1123(decision.reset, "UTC");
  http::ServerResponse response = Empty(202);
  if (!decision.admitted) {
    response = http::ServerResponse::Text(429, "Too Many Requests");
    response.headers.Set("Retry-After", reset);
  } else if (!dispatcher_.Submit(*std::move(event), nullptr).ok()) {
    response = http::ServerResponse::Text(500, "Internal Server Error");
  }
  response.headers.Set("X-RateLimit-Limit", "1");
  response.headers.Set("X-RateLimit-Remaining", "0");
  response.headers.Set("X-RateLimit-Reset", reset);
  return response;
}

void EventsEndpoint::HandleBus(api::Event event, const std::function<void()>& handled) {
  CleanMetadata(event);
  // A full queue leaves the event in the journal: it is handled after the next start.
  if (!window_.Admit(DedupeKey(event)).admitted) {
    handled();
  } else {
    (void)dispatcher_.Submit(std::move(event), handled);
  }
}

}  // namespace sluice::notify
