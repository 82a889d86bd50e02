#include "observe/context.h"

#include <algorithm>
#include <condition_variable>
#include <utility>

#include "observe/mutex.h"

namespace sluice::observe {

Context Context::WithStop(std::stop_token stop) const {
  Context c = *this;
  c.stop_ = std::move(stop);
  return c;
}

Context Context::WithTimeout(std::chrono::nanoseconds timeout) const {
  return WithDeadline(Clock::now() + std::chrono::duration_cast<Clock::duration>(timeout));
}

Context Context::WithDeadline(Clock::time_point deadline) const {
  Context c = *this;
  c.deadline_ = deadline_ ? std::min(*deadline_, deadline) : deadline;
  return c;
}

Context Context::WithLogger(Logger log) const {
  Context c = *this;
  c.log_ = std::move(log);
  return c;
}

Context Context::WithFields(std::vector<LogField> fields) const {
  return WithLogger(log_.With(std::move(fields)));
}

base::Status Context::Check() const {
  if (stop_.stop_requested()) return base::Cancelled("context canceled");
  if (deadline_ && Clock::now() >= *deadline_)
    return base::DeadlineExceeded("context deadline exceeded");
  return base::OkStatus();
}

std::chrono::nanoseconds Context::Remaining(std::chrono::nanoseconds most) const {
  if (!deadline_) return most;
  const auto left = std::chrono::nanoseconds(*deadline_ - Clock::now());
  return std::clamp(left, std::chrono::nanoseconds(0), most);
}

base::Status Context::Sleep(std::chrono::nanoseconds d) const {
  std::mutex mu;
  std::condition_variable_any wake;
  std::unique_lock lock(mu);
  // The predicate never holds: only the stop token or the time ends the wait.
  wake.wait_for(lock, stop_, Remaining(d), [] { return false; });
  return Check();
}

}  // namespace sluice::observe
