// Points in time and their texts: RFC 3339 as the Kubernetes API has it, and the HTTP and log
// forms. UTC throughout. Pure functions.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/status.h"

namespace sluice::base {

using Time = std::chrono::time_point<std::chrono::system_clock, std::chrono::nanoseconds>;

// "2026-02-03T10:11:12Z", fractions and "+01:00" offsets accepted; a malformed text is
// kInvalidArgument.
Result<Time> ParseRfc3339(std::string_view text);
std::string FormatRfc3339(Time t);        // 2026-02-03T10:11:12Z          metav1.Time
std::string FormatRfc3339Micro(Time t);   // 2026-02-03T10:11:12.000000Z   metav1.MicroTime (Leases)
std::string FormatRfc3339Nano(Time t);    // trailing zeros trimmed        Go's time.RFC3339Nano
std::string FormatIso8601Millis(Time t);  // 2026-02-03T10:11:12.345Z     log lines
// "Tue, 03 Feb 2026 10:11:12 GMT"; zone "UTC" gives Go's time.RFC1123.
std::string FormatRfc1123(Time t, std::string_view zone = "GMT");
Result<Time> ParseHttpDate(std::string_view text);  // the RFC 1123 form, GMT or UTC

// What lies beyond the years 1678 to 2261 is taken for their ends: a certificate that says 9999 has
// not run out.
Time FromUnixSeconds(int64_t seconds);
int64_t ToUnixSeconds(Time t);  // floor

}  // namespace sluice::base
