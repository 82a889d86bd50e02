// EventsEndpoint: where events come in, over HTTP (any controller, any script) and over the bus:
// both are cleaned, pass the same de-duplication and go to the Dispatcher (notification.md §3).
// Thread-safe.
#pragma once

#include <functional>
#include <string>

#include "api/event.h"
#include "base/status.h"
#include "dedupe.h"
#include "dispatcher.h"
#include "http/server.h"

namespace sluice::notify {

class EventsEndpoint {
 public:
  EventsEndpoint(Dispatcher& dispatcher, DedupeWindow& window)
      : dispatcher_(dispatcher), window_(window) {}

  http::ServerResponse HandleHttp(const http::ServerRequest& request);
  // `handled` runs when the event needs no second handling, duplicates included.
  void HandleBus(api::Event event, const std::function<void()>& handled);

 private:
  Dispatcher& dispatcher_;
  DedupeWindow& window_;
};

}  // namespace sluice::notify
