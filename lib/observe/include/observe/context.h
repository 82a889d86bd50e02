// Context: what a blocking call may use of time and patience: a stop token, a deadline, a logger.
// The first parameter of every function that can block. A cheap value, copied into callbacks and
// threads; thread-safe.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>

#include "base/status.h"
#include "observe/log.h"

namespace sluice::observe {

class Context {
 public:
  using Clock = std::chrono::steady_clock;

  Context() = default;  // never stops, no deadline, discards logs
  explicit Context(Logger log) : log_(std::move(log)) {}

  Context WithStop(std::stop_token stop) const;                 // replaces the token
  Context WithTimeout(std::chrono::nanoseconds timeout) const;  // the earlier deadline wins
  Context WithDeadline(Clock::time_point deadline) const;
  Context WithLogger(Logger log) const;
  Context WithFields(std::vector<LogField> fields) const;

  // Ok, or kCancelled "context canceled", or kDeadlineExceeded "context deadline exceeded" (Go's
  // words: clients see them).
  base::Status Check() const;
  bool done() const { return !Check().ok(); }
  const std::stop_token& stop() const { return stop_; }
  std::optional<Clock::time_point> deadline() const { return deadline_; }
  // Time left, capped by `most`; zero when past.
  std::chrono::nanoseconds Remaining(std::chrono::nanoseconds most) const;
  // Sleeps `d`, or less if stopped or past the deadline; then as Check().
  base::Status Sleep(std::chrono::nanoseconds d) const;
  const Logger& log() const { return log_; }

 private:
  std::stop_token stop_;
  std::optional<Clock::time_point> deadline_;
  Logger log_;
};

}  // namespace sluice::observe
