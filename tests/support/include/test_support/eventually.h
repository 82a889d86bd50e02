// Eventually(30s, predicate): true as soon as the predicate holds, false if it does not within the
// time. For the state of other processes, which offers nothing to wait on. Returns at once when it
// holds already.
#pragma once

#include <chrono>
#include <functional>

namespace sluice::test_support {

bool Eventually(std::chrono::milliseconds timeout, const std::function<bool()>& predicate);

// The opposite claim, for "and then nothing happens": true if the predicate holds throughout
// `period`.
bool Throughout(std::chrono::milliseconds period, const std::function<bool()>& predicate);

}  // namespace sluice::test_support
