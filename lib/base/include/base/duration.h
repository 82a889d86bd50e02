// Durations in Go's words, as custom resources, flags and messages have them: "1m30s",
// "968.028625ms". Pure functions.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/status.h"

namespace sluice::base {

using Duration = std::chrono::nanoseconds;

// time.ParseDuration: [+-] then numbers with units ns, us (or µs), ms, s, m, h; "0" alone needs
// none. Errors as Go prints them: `time: invalid duration "x"`, `time: missing unit in duration
// "1"`, `time: unknown unit "d" in duration "1d"`.
Result<Duration> ParseDuration(std::string_view text);
// time.Duration.String: "1h0m0s", "1m30s", "1.5s", "968.028625ms", "0s".
std::string FormatDuration(Duration d);
// time.Duration.Round: to the nearest multiple of `unit`, halves away from zero; unit <= 0 leaves d
// alone.
Duration RoundDuration(Duration d, Duration unit);

}  // namespace sluice::base
