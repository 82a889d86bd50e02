// The three HTTP metrics Flux's dashboards read, for one endpoint:
// <prefix>_request_duration_seconds, _response_size_bytes and requests_inflight (notification.md
// §1.2). Thread-safe.
#pragma once

#include <string>

#include "http/server.h"
#include "observe/metrics.h"

namespace sluice::notify {

class HttpMetrics {
 public:
  // `prefix`: "gotk_event_http". `handler` labels every request unless `real_path` asks for the
  // request's own path.
  HttpMetrics(observe::Registry& registry, const std::string& prefix, std::string handler,
              bool real_path);
  // `inner`, measured.
  http::Server::Handler Wrap(http::Server::Handler inner);

 private:
  const std::string handler_;
  const bool real_path_;
  observe::Family<observe::Histogram>& duration_;
  observe::Family<observe::Histogram>& size_;
  observe::Family<observe::Gauge>& inflight_;
};

}  // namespace sluice::notify
