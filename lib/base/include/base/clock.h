// Clock, Random and UuidSource: time and chance as interfaces, so that tests decide them.
// Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "base/time.h"

namespace sluice::base {

class Clock {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;

  virtual ~Clock() = default;
  virtual Time Now() const = 0;           // wall clock
  virtual SteadyTime Steady() const = 0;  // monotonic
  // A clock that is moved by hand calls `wake` after each move, so that a thread which waits with a
  // time-out looks again; the system clock never calls it. Returns an id for RemoveWaker. `wake`
  // must only notify.
  virtual uint64_t AddWaker(std::function<void()> wake) = 0;
  virtual void RemoveWaker(uint64_t id) = 0;
};

class Random {
 public:
  virtual ~Random() = default;
  virtual uint64_t Next() = 0;  // uniform over all 64 bits
  double NextUnit();            // uniform in [0, 1)
};

class UuidSource {
 public:
  virtual ~UuidSource() = default;
  virtual std::string NewUuid() = 0;  // version 4, lower case
};

// The real ones: process-wide, stateless, from the kernel.
Clock& SystemClock();
Random& SystemRandom();  // cryptographically strong
UuidSource& SystemUuids();

}  // namespace sluice::base
