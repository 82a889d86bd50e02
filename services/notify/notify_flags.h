// The flags of sluice-notify (notification.md §1.1).
#pragma once

#include "base/duration.h"
#include "runtime/flags.h"

namespace sluice::notify {

struct NotifyFlags {
  runtime::CommonFlags common;
  std::string events_addr = ":9090";  // here the address to listen on; elsewhere the URL to post to
  std::string receiver_addr = ":9292";
  base::Duration rate_limit_interval = std::chrono::minutes(5);
  bool export_http_path_metrics = false;

  void AddTo(runtime::Flags& flags, const runtime::Environment& env);
};

}  // namespace sluice::notify
