// WorkQueue: keys of objects to reconcile. A key is in it at most once, and never with two workers:
// one added while it is worked on comes again after Done. Fresh events overtake periodic ones.
// Waiting for time costs no thread (Timer). Thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/duration.h"
#include "kube/object.h"
#include "observe/metrics.h"
#include "observe/mutex.h"
#include "runtime/timer.h"

namespace sluice::runtime {

enum class Priority : uint8_t { kLow, kHigh };

struct WorkQueueOptions {
  std::string name;  // label of the workqueue_* metrics
  base::Duration min_delay = std::chrono::milliseconds(750);
  base::Duration max_delay = std::chrono::minutes(15);
};

class WorkQueue {
 public:
  // Both outlive the queue; registry may be null.
  WorkQueue(WorkQueueOptions options, Timer& timer, observe::Registry* registry);
  ~WorkQueue();
  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;

  void Add(const kube::ObjectKey& key, Priority priority = Priority::kHigh);
  // At that time, unless the key is worked on before; of several times the earliest counts.
  void AddAfter(const kube::ObjectKey& key, base::Duration delay,
                Priority priority = Priority::kLow);
  // AddAfter with the key's exponential back-off: min_delay · 2^n, at most max_delay.
  // It waits for `at_least`, if that is more; no longer than max_delay in any case.
  void AddRateLimited(const kube::ObjectKey& key, base::Duration at_least = {});
  void Forget(const kube::ObjectKey& key);                     // the back-off starts anew
  base::Duration NextDelay(const kube::ObjectKey& key) const;  // what AddRateLimited would wait
  // Drops the key wherever it waits (not from a worker).
  void Remove(const kube::ObjectKey& key);

  // Blocks for a key; nullopt once ShutDown was called. Done must follow with the same key.
  std::optional<kube::ObjectKey> Get();
  void Done(const kube::ObjectKey& key);
  void ShutDown();

  size_t depth() const;    // ready, not with a worker
  size_t waiting() const;  // for their time
  bool idle() const;       // nothing ready, nothing with a worker

 private:
  using SteadyTime = base::Clock::SteadyTime;
  using TimeKey = std::pair<SteadyTime, uint64_t>;
  struct Entry {
    bool ready = false, working = false, again = false;  // again: added while working
    Priority priority = Priority::kLow;                  // of ready or again
    std::optional<TimeKey> time;                         // its place in times_
    Priority time_priority = Priority::kLow;
    uint32_t failures = 0;
    SteadyTime since{};  // ready or working since
  };
  struct Metrics;
  using Entries = std::unordered_map<kube::ObjectKey, Entry>;
  void MakeReady(const kube::ObjectKey& key, Entry& entry, Priority priority) SLUICE_REQUIRES(mu_);
  void AddWaiting(const kube::ObjectKey& key, Entry& entry, base::Duration delay, Priority priority)
      SLUICE_REQUIRES(mu_);
  void ClearTime(Entry& entry) SLUICE_REQUIRES(mu_);
  void Unready(Entry& entry) SLUICE_REQUIRES(mu_);
  std::optional<kube::ObjectKey> PopReady() SLUICE_REQUIRES(mu_);
  void Arm() SLUICE_REQUIRES(mu_);
  void OnTimer();
  void DropIfEmpty(const kube::ObjectKey& key) SLUICE_REQUIRES(mu_);
  void ReportWork();
  base::Duration BackoffOf(uint32_t failures) const;

  const WorkQueueOptions options_;
  Timer& timer_;
  observe::Registry* const registry_;
  std::unique_ptr<Metrics> metrics_;
  mutable observe::Mutex mu_;
  observe::CondVar ready_changed_;
  Entries entries_ SLUICE_GUARDED_BY(mu_);
  // may hold keys gone since
  std::deque<kube::ObjectKey> high_ SLUICE_GUARDED_BY(mu_), low_ SLUICE_GUARDED_BY(mu_);
  std::map<TimeKey, kube::ObjectKey> times_ SLUICE_GUARDED_BY(mu_);
  uint64_t sequence_ SLUICE_GUARDED_BY(mu_) = 0;
  size_t ready_ SLUICE_GUARDED_BY(mu_) = 0, working_ SLUICE_GUARDED_BY(mu_) = 0;
  bool shut_down_ SLUICE_GUARDED_BY(mu_) = false;
  Timer::Id armed_ SLUICE_GUARDED_BY(mu_) = 0;
  SteadyTime armed_at_ SLUICE_GUARDED_BY(mu_){};
  uint64_t collector_ = 0;
};

}  // namespace sluice::runtime
