// Timer: one thread that runs short functions at given times; everything that waits for time
// (requeue-after, back-off, retries of posts) hangs on it. Sleeps until the earliest entry: no
// polling. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "observe/mutex.h"

namespace sluice::runtime {

class Timer {
 public:
  using Id = uint64_t;  // 0 is no entry

  explicit Timer(base::Clock& clock);  // the clock outlives the timer
  ~Timer();                            // entries still waiting are dropped
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Runs `fn` once on the timer's thread, at or after `when`. It must be quick, and must not call
  // Cancel on itself.
  Id ScheduleAt(base::Clock::SteadyTime when, std::function<void()> fn);
  Id ScheduleAfter(std::chrono::nanoseconds delay, std::function<void()> fn);
  // Drops the entry; true if it had not run. When it is running right now on the timer's thread,
  // waits for it to end (unless called from that thread), so that what it refers to may be
  // destroyed.
  bool Cancel(Id id);
  // Cancel that never waits: false if it ran or is running.
  bool Drop(Id id);

  base::Clock& clock() { return clock_; }

 private:
  using Key = std::pair<base::Clock::SteadyTime, Id>;
  void Run(const std::stop_token& stop);
  bool Erase(Id id) SLUICE_REQUIRES(mu_);

  base::Clock& clock_;
  observe::Mutex mu_;
  observe::CondVar changed_;
  std::map<Key, std::function<void()>> entries_ SLUICE_GUARDED_BY(mu_);
  std::map<Id, base::Clock::SteadyTime> times_ SLUICE_GUARDED_BY(mu_);
  Id next_ SLUICE_GUARDED_BY(mu_) = 1;
  Id running_ SLUICE_GUARDED_BY(mu_) = 0;
  uint64_t waker_ = 0;
  std::jthread thread_;  // last: stops before the rest goes
};

}  // namespace sluice::runtime
