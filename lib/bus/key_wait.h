// KeyWait repeats what failed for want of a key (kNotFound): at a first install keys are mounted a
// while after the start. Bus thread only.
#pragma once

#include <functional>
#include <string>

#include "loop.h"

namespace sluice::bus {

class KeyWait {
 public:
  explicit KeyWait(Loop& loop) : loop_(loop) {}
  KeyWait(const KeyWait&) = delete;
  KeyWait& operator=(const KeyWait&) = delete;
  ~KeyWait() { Stop(); }

  // `attempt`'s status; ok while a key is missing: then it runs again and again, and another
  // failure goes to the log as `trouble`.
  base::Status Run(const std::string& endpoint, const std::string& trouble,
                   const std::function<base::Status()>& attempt) {
    Stop();
    base::Status status = attempt();
    if (status.code() != base::StatusCode::kNotFound) return status;
    timer_ = loop_.After(loop_.options().keys_retry_ms, [this, endpoint, trouble, attempt] {
      timer_ = 0;
      const base::Status late = Run(endpoint, trouble, attempt);
      if (!late.ok()) loop_.options().log.Error(late, trouble, {{"endpoint", endpoint}});
    });
    return base::OkStatus();
  }
  void Stop() { loop_.Cancel(timer_); }

 private:
  Loop& loop_;
  Loop::TimerId timer_ = 0;
};

}  // namespace sluice::bus
