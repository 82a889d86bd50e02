#include "runtime/work_queue.h"

#include <algorithm>
#include <vector>

namespace sluice::runtime {

using kube::ObjectKey;

namespace {

double Seconds(std::chrono::nanoseconds d) { return std::chrono::duration<double>(d).count(); }

std::vector<double> QueueBuckets() {  // 1e-8 · 10^i
  std::vector<double> out;
  double bound = 1e-8;
  for (int i = 0; i < 12; ++i, bound *= 10) out.push_back(bound);
  return out;
}

}  // namespace

struct WorkQueue::Metrics {
  observe::Gauge &depth_high, &depth_low, &unfinished, &longest;
  observe::Counter &adds, &retries;
  observe::Histogram &queue_duration, &work_duration;

  Metrics(observe::Registry& r, const std::string& name)
      : Metrics(r, observe::Labels{{"name", name}, {"controller", name}}) {}

 private:
  // Priorities are named as controller-runtime numbers them: 0 for events, -100 for the first list
  // and periodic ones.
  static observe::Gauge& Depth(observe::Registry& r, observe::Labels labels, const char* priority) {
    labels["priority"] = priority;
    return r.NewGauge("workqueue_depth", "Current depth of workqueue by workqueue and priority")
        .With(labels);
  }
  Metrics(observe::Registry& r, const observe::Labels& labels)
      : depth_high(Depth(r, labels, "0")),
        depth_low(Depth(r, labels, "-100")),
        unfinished(r.NewGauge("workqueue_unfinished_work_seconds",
                              "How many seconds of work is in progress and hasn't been observed by "
                              "work_duration.")
                       .With(labels)),
        longest(
            r.NewGauge(
                 "workqueue_longest_running_processor_seconds",
                 "How many seconds has the longest running processor for workqueue been running.")
                .With(labels)),
        adds(r.NewCounter("workqueue_adds_total", "Total number of adds handled by workqueue")
                 .With(labels)),
        retries(
            r.NewCounter("workqueue_retries_total", "Total number of retries handled by workqueue")
                .With(labels)),
        queue_duration(
            r.NewHistogram("workqueue_queue_duration_seconds",
                           "How long in seconds an item stays in workqueue before being requested",
                           QueueBuckets())
                .With(labels)),
        work_duration(r.NewHistogram("workqueue_work_duration_seconds",
                                     "How long in seconds processing an item from workqueue takes.",
                                     QueueBuckets())
                          .With(labels)) {}
};

WorkQueue::WorkQueue(WorkQueueOptions options, Timer& timer, observe::Registry* registry)
    : options_(std::move(options)), timer_(timer), registry_(registry) {
  if (registry_ == nullptr) return;
  metrics_ = std::make_unique<Metrics>(*registry_, options_.name);
  collector_ = registry_->AddCollector([this] { ReportWork(); });
}

WorkQueue::~WorkQueue() {
  if (registry_ != nullptr) registry_->RemoveCollector(collector_);
  ShutDown();
}

void WorkQueue::Add(const ObjectKey& key, Priority priority) {
  const observe::MutexLock lock(mu_);
  if (shut_down_) return;
  MakeReady(key, entries_[key], priority);
}

void WorkQueue::AddAfter(const ObjectKey& key, base::Duration delay, Priority priority) {
  const observe::MutexLock lock(mu_);
  if (shut_down_) return;
  AddWaiting(key, entries_[key], delay, priority);
}

void WorkQueue::AddRateLimited(const ObjectKey& key, base::Duration at_least) {
  const observe::MutexLock lock(mu_);
  if (shut_down_) return;
  Entry& entry = entries_[key];
  const base::Duration delay =
      std::max(BackoffOf(entry.failures++), std::min(at_least, options_.max_delay));
  AddWaiting(key, entry, delay, Priority::kLow);
  if (metrics_) metrics_->retries.Add();
}

void WorkQueue::Forget(const ObjectKey& key) {
  const observe::MutexLock lock(mu_);
  const auto it = entries_.find(key);
  if (it == entries_.end()) return;
  it->second.failures = 0;
  DropIfEmpty(key);
}

base::Duration WorkQueue::NextDelay(const ObjectKey& key) const {
  const observe::MutexLock lock(mu_);
  const auto it = entries_.find(key);
  return BackoffOf(it == entries_.end() ? 0 : it->second.failures);
}

void WorkQueue::Remove(const ObjectKey& key) {
  const observe::MutexLock lock(mu_);
  const auto it = entries_.find(key);
  if (it == entries_.end()) return;
  if (it->second.ready) Unready(it->second);
  it->second.again = false;
  it->second.failures = 0;
  ClearTime(it->second);
  DropIfEmpty(key);
}

std::optional<ObjectKey> WorkQueue::Get() {
  const observe::MutexLock lock(mu_);
  for (;;) {
    if (shut_down_) return std::nullopt;
    if (auto key = PopReady()) return key;
    ready_changed_.wait(mu_);
  }
}

std::optional<ObjectKey> WorkQueue::PopReady() {
  for (auto* line : {&high_, &low_}) {
    while (!line->empty()) {
      const ObjectKey key = std::move(line->front());
      line->pop_front();
      const auto it = entries_.find(key);
      const Priority priority = line == &high_ ? Priority::kHigh : Priority::kLow;
      // left since
      if (it == entries_.end() || !it->second.ready || it->second.priority != priority) continue;
      Entry& entry = it->second;
      const auto now = timer_.clock().Steady();
      if (metrics_) metrics_->queue_duration.Observe(Seconds(now - entry.since));
      Unready(entry);
      ClearTime(entry);  // this pass decides anew when the next one is due
      entry.working = true;
      entry.since = now;
      ++working_;
      return key;
    }
  }
  return std::nullopt;
}

void WorkQueue::Done(const ObjectKey& key) {
  const observe::MutexLock lock(mu_);
  const auto it = entries_.find(key);
  if (it == entries_.end() || !it->second.working) return;
  Entry& entry = it->second;
  if (metrics_) metrics_->work_duration.Observe(Seconds(timer_.clock().Steady() - entry.since));
  entry.working = false;
  --working_;
  if (entry.again && !shut_down_) {
    entry.again = false;
    MakeReady(key, entry, entry.priority);
  } else {
    DropIfEmpty(key);
  }
}

void WorkQueue::ShutDown() {
  Timer::Id armed = 0;
  {
    const observe::MutexLock lock(mu_);
    shut_down_ = true;
    armed = std::exchange(armed_, 0);
    ready_changed_.notify_all();
  }
  timer_.Cancel(armed);  // outside the lock: it may wait for OnTimer
}

size_t WorkQueue::depth() const {
  const observe::MutexLock lock(mu_);
  return ready_;
}

size_t WorkQueue::waiting() const {
  const observe::MutexLock lock(mu_);
  return times_.size();
}

bool WorkQueue::idle() const {
  const observe::MutexLock lock(mu_);
  return ready_ == 0 && working_ == 0;
}

void WorkQueue::MakeReady(const ObjectKey& key, Entry& entry, Priority priority) {
  if (entry.working) {
    entry.priority = entry.again ? std::max(entry.priority, priority) : priority;
    if (!entry.again && metrics_) metrics_->adds.Add();
    entry.again = true;
    return;
  }
  if (entry.ready) {
    if (priority <= entry.priority) return;
    Unready(entry);  // overtakes; its old place is skipped when it comes up
  } else {
    entry.since = timer_.clock().Steady();
    if (metrics_) metrics_->adds.Add();
  }
  entry.ready = true;
  entry.priority = priority;
  ++ready_;
  (priority == Priority::kHigh ? high_ : low_).push_back(key);
  if (metrics_) (priority == Priority::kHigh ? metrics_->depth_high : metrics_->depth_low).Add(1);
  ready_changed_.notify_one();
}

void WorkQueue::Unready(Entry& entry) {
  entry.ready = false;
  --ready_;
  if (metrics_)
    (entry.priority == Priority::kHigh ? metrics_->depth_high : metrics_->depth_low).Add(-1);
}

void WorkQueue::AddWaiting(const ObjectKey& key, Entry& entry, base::Duration delay,
                           Priority priority) {
  if (delay.count() <= 0) return MakeReady(key, entry, priority);
  if (entry.ready) return;  // worked on before that
  const auto now = timer_.clock().Steady();
  const auto when = delay >= SteadyTime::max() - now ? SteadyTime::max() : now + delay;
  if (entry.time && entry.time->first <= when) {
    entry.time_priority = std::max(entry.time_priority, priority);
    return;
  }
  ClearTime(entry);
  entry.time = TimeKey{when, ++sequence_};
  entry.time_priority = priority;
  times_.emplace(*entry.time, key);
  Arm();
}

void WorkQueue::ClearTime(Entry& entry) {
  if (entry.time) times_.erase(*entry.time);
  entry.time.reset();
}

void WorkQueue::Arm() {
  if (times_.empty()) return;
  const SteadyTime first = times_.begin()->first.first;
  if (armed_ != 0 && armed_at_ <= first) return;
  if (armed_ != 0) timer_.Drop(armed_);
  armed_at_ = first;
  armed_ = timer_.ScheduleAt(first, [this] { OnTimer(); });
}

void WorkQueue::OnTimer() {
  const observe::MutexLock lock(mu_);
  if (shut_down_) return;
  armed_ = 0;
  const auto now = timer_.clock().Steady();
  while (!times_.empty() && times_.begin()->first.first <= now) {
    const ObjectKey key = times_.begin()->second;
    Entry& entry = entries_[key];
    ClearTime(entry);
    MakeReady(key, entry, entry.time_priority);
  }
  Arm();
}

void WorkQueue::DropIfEmpty(const ObjectKey& key) {
  const auto it = entries_.find(key);
  const Entry& e = it->second;
  if (!e.ready && !e.working && !e.time && e.failures == 0) entries_.erase(it);
}

base::Duration WorkQueue::BackoffOf(uint32_t failures) const {
  base::Duration delay = options_.min_delay;
  for (uint32_t i = 0; i < failures && delay < options_.max_delay; ++i) delay *= 2;
  return std::min(delay, options_.max_delay);
}

void WorkQueue::ReportWork() {
  const observe::MutexLock lock(mu_);
  const auto now = timer_.clock().Steady();
  double sum = 0, longest = 0;
  for (const auto& [key, entry] : entries_) {
    if (!entry.working) continue;
    const double seconds = Seconds(now - entry.since);
    sum += seconds;
    longest = std::max(longest, seconds);
  }
  metrics_->unfinished.Set(sum);
  metrics_->longest.Set(longest);
}

}  // namespace sluice::runtime
