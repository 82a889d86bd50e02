#include "base/fake_clock.h"

#include <array>
#include <cstdio>
#include <vector>

namespace sluice::base {

Time FakeClock::Now() const {
  const std::scoped_lock lock(mu_);
  return now_;
}

Clock::SteadyTime FakeClock::Steady() const {
  const std::scoped_lock lock(mu_);
  return steady_;
}

uint64_t FakeClock::AddWaker(std::function<void()> wake) {
  const std::scoped_lock lock(wakers_mu_);
  wakers_.emplace(next_id_, std::move(wake));
  return next_id_++;
}

void FakeClock::RemoveWaker(uint64_t id) {
  const std::scoped_lock lock(wakers_mu_);
  wakers_.erase(id);
}

void FakeClock::Advance(std::chrono::nanoseconds d) {
  {
    const std::scoped_lock lock(mu_);
    now_ += d;
    steady_ += std::chrono::duration_cast<std::chrono::steady_clock::duration>(d);
  }
  // Under the lock: after RemoveWaker returns, that one never runs again.
  const std::scoped_lock lock(wakers_mu_);
  for (const auto& [id, wake] : wakers_) wake();
}

uint64_t FakeRandom::Next() {  // splitmix64
  const std::scoped_lock lock(mu_);
  uint64_t z = (state_ += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

std::string FakeUuids::NewUuid() {
  const std::scoped_lock lock(mu_);
  std::array<char, 48> buf{};
  std::snprintf(buf.data(), buf.size(), "00000000-0000-4000-8000-%012llx",
                static_cast<unsigned long long>(next_++));
  return buf.data();
}

}  // namespace sluice::base
