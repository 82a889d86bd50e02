// Turn: lets one caller at a time through a section that may block for long (a fetch), where a
// mutex must not be held. Waiting ends with the caller's context. Thread-safe.
#pragma once

#include <chrono>

#include "base/status.h"
#include "observe/context.h"
#include "observe/mutex.h"

namespace sluice::git {

class Turn {
 public:
  class Hold {
   public:
    explicit Hold(Turn* turn) : turn_(turn) {}
    Hold(Hold&& other) noexcept : turn_(std::exchange(other.turn_, nullptr)) {}
    Hold& operator=(Hold&&) = delete;
    ~Hold() {
      if (turn_ != nullptr) turn_->Release();
    }

   private:
    Turn* turn_;
  };

  base::Result<Hold> Take(const observe::Context& ctx) {
    const std::stop_callback wake(ctx.stop(), [this] { cv_.notify_all(); });
    const observe::MutexLock lock(mu_);
    while (taken_) {
      SLUICE_TRY(ctx.Check());
      // The bound makes up for a stop that came between the check and the wait.
      cv_.wait_for(mu_, ctx.Remaining(std::chrono::seconds(1)));
    }
    taken_ = true;
    return Hold(this);
  }

 private:
  void Release() {
    {
      const observe::MutexLock lock(mu_);
      taken_ = false;
    }
    cv_.notify_one();
  }

  observe::Mutex mu_;
  observe::CondVar cv_;
  bool taken_ SLUICE_GUARDED_BY(mu_) = false;
};

}  // namespace sluice::git
