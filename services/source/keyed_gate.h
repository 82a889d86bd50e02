// KeyedGate: one holder at a time for each key; who waits ends with its context. For work that
// several reconciles would otherwise do twice. Thread-safe; outlives its passes.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <utility>

#include "base/status.h"
#include "observe/context.h"
#include "observe/mutex.h"

namespace sluice::source {

class KeyedGate {
 public:
  // Held until it is destroyed. Move-only.
  class Pass {
   public:
    Pass(Pass&& other) noexcept
        : gate_(std::exchange(other.gate_, nullptr)), key_(std::move(other.key_)) {}
    Pass& operator=(Pass&&) = delete;
    ~Pass() {
      if (gate_ != nullptr) gate_->Leave(key_);
    }

   private:
    friend class KeyedGate;
    Pass(KeyedGate* gate, std::string key) : gate_(gate), key_(std::move(key)) {}
    KeyedGate* gate_;
    std::string key_;
  };

  // kCancelled or kDeadlineExceeded where the context ends first.
  base::Result<Pass> Enter(const observe::Context& ctx, std::string key) SLUICE_EXCLUDES(mu_) {
    constexpr std::chrono::milliseconds kLook{100};  // at the context
    const observe::MutexLock lock(mu_);
    while (!held_.insert({key, true}).second) {
      free_.wait_for(mu_, kLook);
      SLUICE_TRY(ctx.Check());
    }
    return Pass(this, std::move(key));
  }

 private:
  void Leave(const std::string& key) SLUICE_EXCLUDES(mu_) {
    {
      const observe::MutexLock lock(mu_);
      held_.erase(key);
    }
    free_.notify_all();
  }

  observe::Mutex mu_;
  observe::CondVar free_;
  std::map<std::string, bool> held_ SLUICE_GUARDED_BY(mu_);
};

}  // namespace sluice::source
