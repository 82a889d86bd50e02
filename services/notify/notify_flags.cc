#include "notify_flags.h"

namespace sluice::notify {

void NotifyFlags::AddTo(runtime::Flags& flags, const runtime::Environment& env) {
  common.concurrent = 4;
  common.AddTo(
      flags, env,
      {"events-addr", "requeue-dependency", "watch-label-selector", "interval-jitter-percentage"});
  flags.Add("events-addr", events_addr, "The address the event endpoint binds to.");
  flags.Add("receiverAddr", receiver_addr, "The address the webhook receiver endpoint binds to.");
  flags.Add("rate-limit-interval", rate_limit_interval,
            "Interval in which an event that repeats is dropped.");
  flags.Add("export-http-path-metrics", export_http_path_metrics,
            "Label the HTTP metrics with each request's own path (many series).");
}

}  // namespace sluice::notify
