// HttpEventSink posts events as JSON to --events-addr: 5 s an attempt, up to 4 retries (1 s
// doubling to 30 s) on connection errors and 5xx but 501; 429 means the event is known already.
// Bounded: past `max_pending` the oldest info event goes. The posts run on the HTTP client's
// thread, retries wait on the Timer: no thread of its own. Thread-safe.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/duration.h"
#include "http/client.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "runtime/event_sink.h"
#include "runtime/timer.h"

namespace sluice::runtime {

struct HttpEventSinkOptions {
  std::string url;  // "" = drop everything
  size_t max_pending = 1000;
  size_t max_in_flight = 8;
  int retries = 4;
  base::Duration first_delay = std::chrono::seconds(1), max_delay = std::chrono::seconds(30);
};

// `failed` (may be null) gets what all attempts could not deliver: an outbox may take it.
std::unique_ptr<EventSink> MakeHttpEventSink(
    http::Client& http, Timer& timer, HttpEventSinkOptions options, observe::Logger log,
    std::function<void(const api::Event&)> failed = nullptr);

// The bus when it is connected, else `fallback`. Both outlive it.
std::unique_ptr<EventSink> MakeFallbackSink(EventSink& bus, EventSink& fallback);

}  // namespace sluice::runtime
