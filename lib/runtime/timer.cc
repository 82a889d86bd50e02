#include "runtime/timer.h"

#include <pthread.h>

#include <utility>

namespace sluice::runtime {

using base::Clock;

Timer::Timer(Clock& clock) : clock_(clock) {
  waker_ = clock_.AddWaker([this] {
    const observe::MutexLock lock(mu_);
    changed_.notify_all();
  });
  thread_ = std::jthread([this](const std::stop_token& stop) {
    pthread_setname_np(pthread_self(), "timer");
    Run(stop);
  });
}

Timer::~Timer() {
  clock_.RemoveWaker(waker_);
  thread_.request_stop();
  {
    const observe::MutexLock lock(mu_);
    changed_.notify_all();
  }
  thread_.join();
}

Timer::Id Timer::ScheduleAt(Clock::SteadyTime when, std::function<void()> fn) {
  const observe::MutexLock lock(mu_);
  const Id id = next_++;
  times_.emplace(id, when);
  const bool first = entries_.empty() || when < entries_.begin()->first.first;
  entries_.emplace(Key{when, id}, std::move(fn));
  if (first) changed_.notify_all();
  return id;
}

Timer::Id Timer::ScheduleAfter(std::chrono::nanoseconds delay, std::function<void()> fn) {
  const auto now = clock_.Steady();
  // A delay of many years must not wrap around.
  const auto room = Clock::SteadyTime::max() - now;
  return ScheduleAt(delay >= room ? Clock::SteadyTime::max() : now + delay, std::move(fn));
}

bool Timer::Erase(Id id) {
  const auto it = times_.find(id);
  if (it == times_.end()) return false;
  entries_.erase({it->second, id});
  times_.erase(it);
  return true;
}

bool Timer::Drop(Id id) {
  const observe::MutexLock lock(mu_);
  return Erase(id);
}

bool Timer::Cancel(Id id) {
  const observe::MutexLock lock(mu_);
  if (Erase(id)) return true;
  while (running_ == id && id != 0 && std::this_thread::get_id() != thread_.get_id())
    changed_.wait(mu_);
  return false;
}

void Timer::Run(const std::stop_token& stop) {
  const observe::MutexLock lock(mu_);
  while (!stop.stop_requested()) {
    if (entries_.empty()) {
      changed_.wait(mu_);
      continue;
    }
    const auto first = entries_.begin();
    const auto when = first->first.first;
    const auto now = clock_.Steady();
    if (when > now) {
      // A clock moved by hand wakes us by AddWaker; the real one runs out by itself. Capped, as far
      // times overflow.
      changed_.wait_for(mu_,
                        std::min<std::chrono::nanoseconds>(when - now, std::chrono::hours(24)));
      continue;
    }
    std::function<void()> fn = std::move(first->second);
    running_ = first->first.second;
    times_.erase(running_);
    entries_.erase(first);
    mu_.unlock();
    fn();
    fn = nullptr;  // what it holds goes before Cancel returns
    mu_.lock();
    running_ = 0;
    changed_.notify_all();
  }
}

}  // namespace sluice::runtime
