// Fakes of clock.h for tests: time moves only by Advance; numbers and ids follow a seed.
// Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "base/clock.h"

namespace sluice::base {

class FakeClock final : public Clock {
 public:
  explicit FakeClock(Time start = FromUnixSeconds(1'767'225'600))
      : now_(start) {}  // 2026-01-01T00:00:00Z
  Time Now() const override;
  SteadyTime Steady() const override;
  uint64_t AddWaker(std::function<void()> wake) override;
  void RemoveWaker(uint64_t id) override;
  void Advance(std::chrono::nanoseconds d);  // both clocks, then the wakers, on this thread

 private:
  mutable std::mutex mu_;
  Time now_;
  SteadyTime steady_{std::chrono::hours(1)};
  std::mutex wakers_mu_;  // a waker may take locks under which others read the clock: so not mu_
  uint64_t next_id_ = 1;
  std::map<uint64_t, std::function<void()>> wakers_;
};

class FakeRandom final : public Random {
 public:
  explicit FakeRandom(uint64_t seed = 1) : state_(seed) {}
  uint64_t Next() override;

 private:
  std::mutex mu_;
  uint64_t state_;
};

class FakeUuids final : public UuidSource {
 public:
  std::string NewUuid() override;  // 00000000-0000-4000-8000-000000000001, …2

 private:
  std::mutex mu_;
  uint64_t next_ = 1;
};

}  // namespace sluice::base
