#include "test_support/eventually.h"

#include <poll.h>

namespace sluice::test_support {
namespace {

constexpr int kPollMillis = 10;

// Runs `stop` until it returns true or the time is over; whether it did.
bool PollUntil(std::chrono::milliseconds timeout, const std::function<bool()>& stop) {
  const auto end = std::chrono::steady_clock::now() + timeout;
  while (true) {
    if (stop()) return true;
    if (std::chrono::steady_clock::now() >= end) return false;
    poll(nullptr, 0, kPollMillis);
  }
}

}  // namespace

bool Eventually(std::chrono::milliseconds timeout, const std::function<bool()>& predicate) {
  return PollUntil(timeout, predicate);
}

bool Throughout(std::chrono::milliseconds period, const std::function<bool()>& predicate) {
  return !PollUntil(period, [&] { return !predicate(); });
}

}  // namespace sluice::test_support
