// DedupeWindow: an event seen within the window is a duplicate and goes no further (notification.md
// §3.2). In memory only. Thread-safe.
#pragma once

#include <chrono>
#include <string>
#include <unordered_map>

#include "api/event.h"
#include "base/clock.h"
#include "observe/mutex.h"

namespace sluice::notify {

// Hex SHA-256 of object, message, revisions and token. Of a cleaned event.
std::string DedupeKey(const api::Event& event);

class DedupeWindow {
 public:
  DedupeWindow(const base::Clock& clock, std::chrono::nanoseconds window)
      : clock_(clock), window_(window) {}

  struct Decision {
    bool admitted = false;
    base::Time reset;  // when this key is admitted again
  };
  Decision Admit(const std::string& key);

 private:
  const base::Clock& clock_;
  const std::chrono::nanoseconds window_;
  observe::Mutex mu_;
  std::unordered_map<std::string, base::Time> until_ SLUICE_GUARDED_BY(mu_);
  base::Time next_sweep_ SLUICE_GUARDED_BY(mu_){};
};

}  // namespace sluice::notify
