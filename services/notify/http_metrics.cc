#include "http_metrics.h"

#include <chrono>
#include <utility>

namespace sluice::notify {

HttpMetrics::HttpMetrics(observe::Registry& registry, const std::string& prefix,
                         std::string handler, bool real_path)
    : handler_(std::move(handler)),
      real_path_(real_path),
      duration_(registry.NewHistogram(prefix + "_request_duration_seconds",
                                      "The latency of the HTTP requests.",
                                      {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10})),
      size_(registry.NewHistogram(prefix + "_response_size_bytes",
                                  "The size of the HTTP responses.",
                                  {1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9})),
      inflight_(
          registry.NewGauge(prefix + "_requests_inflight",
                            "The number of inflight requests being handled at the same time.")) {}

http::Server::Handler HttpMetrics::Wrap(http::Server::Handler inner) {
  return [this, inner = std::move(inner)](const http::ServerRequest& request) {
    const std::string handler = real_path_ ? request.path : handler_;
    auto& inflight = inflight_.With({{"service", ""}, {"handler", handler}});
    inflight.Add(1);
    const auto start = std::chrono::steady_clock::now();
    http::ServerResponse response = inner(request);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    const observe::Labels labels = {{"service", ""},
                                    {"handler", handler},
                                    {"method", request.method},
                                    {"code", std::to_string(response.status)}};
    duration_.With(labels).Observe(took.count());
    size_.With(labels).Observe(static_cast<double>(response.body.size()));
    inflight.Add(-1);
    return response;
  };
}

}  // namespace sluice::notify
