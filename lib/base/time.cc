#include "base/time.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/strings.h"

namespace sluice::base {
namespace {

using std::chrono::days;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using std::chrono::sys_days;

constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct Civil {
  int year, month, day, hour, minute, second, weekday;
  int64_t nanos;
};

Civil ToCivil(Time t) {
  const auto day = std::chrono::floor<days>(t);
  const std::chrono::year_month_day ymd(day);
  const auto rest = t - day;
  const auto secs = std::chrono::floor<seconds>(rest);
  const auto s = static_cast<int>(secs.count());
  return {static_cast<int>(ymd.year()),
          static_cast<int>(static_cast<unsigned>(ymd.month())),
          static_cast<int>(static_cast<unsigned>(ymd.day())),
          s / 3600,
          s / 60 % 60,
          s % 60,
          static_cast<int>(std::chrono::weekday(day).c_encoding()),
          nanoseconds(rest - secs).count()};
}

// "2026-02-03T10:11:12" and the first `digits` of the fraction.
std::string Format(Time t, int digits) {
  const Civil c = ToCivil(t);
  std::array<char, 64> buf{};
  std::snprintf(buf.data(), buf.size(), "%04d-%02d-%02dT%02d:%02d:%02d", c.year, c.month, c.day,
                c.hour, c.minute, c.second);
  std::string out = buf.data();
  if (digits > 0) {
    std::snprintf(buf.data(), buf.size(), ".%09lld", static_cast<long long>(c.nanos));
    out.append(buf.data(), static_cast<size_t>(digits) + 1);
  }
  return out;
}

// Reads exactly `n` digits at the front; -1 if there are fewer.
int Digits(std::string_view& text, size_t n) {
  if (text.size() < n) return -1;
  int value = 0;
  for (size_t i = 0; i < n; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(n);
  return value;
}

bool Literal(std::string_view& text, char c) {
  if (text.empty() || text[0] != c) return false;
  text.remove_prefix(1);
  return true;
}

Status Invalid(std::string_view text) {
  return InvalidArgument(Cat("invalid time ", QuoteGo(TruncateUtf8(text, 64))));
}

bool InRange(int year, int month, int day, int hour, int minute, int second) {
  if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) return false;
  if (year < 1678 || year > 2261) return false;  // what nanoseconds in 64 bits hold
  const std::chrono::year_month_day ymd{std::chrono::year(year),
                                        std::chrono::month(static_cast<unsigned>(month)),
                                        std::chrono::day(static_cast<unsigned>(day))};
  return ymd.ok();
}

Time FromCivil(int year, int month, int day, int hour, int minute, int second) {
  const std::chrono::year_month_day ymd{std::chrono::year(year),
                                        std::chrono::month(static_cast<unsigned>(month)),
                                        std::chrono::day(static_cast<unsigned>(day))};
  return Time(sys_days(ymd)) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         seconds(second);
}

// A numeric offset "+01:00" or "Z" at the front; false if neither.
bool Offset(std::string_view& text, seconds& offset) {
  if (Literal(text, 'Z')) {
    offset = seconds(0);
    return true;
  }
  const bool negative = !text.empty() && text[0] == '-';
  if (!negative && (text.empty() || text[0] != '+')) return false;
  text.remove_prefix(1);
  const int hour = Digits(text, 2);
  if (hour < 0 || hour > 23 || !Literal(text, ':')) return false;
  const int minute = Digits(text, 2);
  if (minute < 0 || minute > 59) return false;
  offset = seconds((hour * 60 + minute) * 60 * (negative ? -1 : 1));
  return true;
}

}  // namespace

Result<Time> ParseRfc3339(std::string_view text) {
  std::string_view rest = text;
  const int year = Digits(rest, 4);
  if (year < 0 || !Literal(rest, '-')) return Invalid(text);
  const int month = Digits(rest, 2);
  if (month < 0 || !Literal(rest, '-')) return Invalid(text);
  const int day = Digits(rest, 2);
  if (day < 0 || !Literal(rest, 'T')) return Invalid(text);
  const int hour = Digits(rest, 2);
  if (hour < 0 || !Literal(rest, ':')) return Invalid(text);
  const int minute = Digits(rest, 2);
  if (minute < 0 || !Literal(rest, ':')) return Invalid(text);
  const int second = Digits(rest, 2);
  if (second < 0 || !InRange(year, month, day, hour, minute, second)) return Invalid(text);
  int64_t nanos = 0;
  if (Literal(rest, '.')) {
    int64_t unit = 100'000'000;
    size_t n = 0;
    for (; n < rest.size() && rest[n] >= '0' && rest[n] <= '9'; ++n, unit /= 10)
      nanos += (rest[n] - '0') * unit;
    if (n == 0) return Invalid(text);
    rest.remove_prefix(n);
  }
  seconds offset{};
  if (!Offset(rest, offset) || !rest.empty()) return Invalid(text);
  return FromCivil(year, month, day, hour, minute, second) + nanoseconds(nanos) - offset;
}

std::string FormatRfc3339(Time t) { return Format(t, 0) + "Z"; }
std::string FormatRfc3339Micro(Time t) { return Format(t, 6) + "Z"; }
std::string FormatIso8601Millis(Time t) { return Format(t, 3) + "Z"; }

std::string FormatRfc3339Nano(Time t) {
  std::string out = Format(t, 9);
  while (out.back() == '0') out.pop_back();
  if (out.back() == '.') out.pop_back();
  // The seconds keep their zeros: only the fraction is trimmed.
  if (out.size() < 19) out = Format(t, 0);
  return out + "Z";
}

std::string FormatRfc1123(Time t, std::string_view zone) {
  const Civil c = ToCivil(t);
  std::array<char, 64> buf{};
  std::snprintf(buf.data(), buf.size(), "%s, %02d %s %04d %02d:%02d:%02d ", kDays[c.weekday], c.day,
                kMonths[c.month - 1], c.year, c.hour, c.minute, c.second);
  return buf.data() + std::string(zone);
}

Result<Time> ParseHttpDate(std::string_view text) {
  const auto parts = Fields(text);
  if (parts.size() != 6 || (parts[5] != "GMT" && parts[5] != "UTC")) return Invalid(text);
  std::string_view day_text = parts[1], year_text = parts[3], clock = parts[4];
  int month = 0;
  for (int i = 0; i < 12; ++i) {
    if (parts[2] == kMonths[i]) month = i + 1;
  }
  const int day = Digits(day_text, day_text.size() == 1 ? 1 : 2), year = Digits(year_text, 4);
  const int hour = Digits(clock, 2);
  if (hour < 0 || !Literal(clock, ':')) return Invalid(text);
  const int minute = Digits(clock, 2);
  if (minute < 0 || !Literal(clock, ':')) return Invalid(text);
  const int second = Digits(clock, 2);
  if (second < 0 || !clock.empty() || !InRange(year, month, day, hour, minute, second))
    return Invalid(text);
  return FromCivil(year, month, day, hour, minute, second);
}

Time FromUnixSeconds(int64_t s) {
  constexpr int64_t kRoom = 7 * 86400;  // for what is added to it: fractions, offsets, a few days
  constexpr int64_t kMost = std::chrono::floor<seconds>(Time::max().time_since_epoch()).count();
  return Time(seconds(std::clamp(s, -kMost + kRoom, kMost - kRoom)));
}
int64_t ToUnixSeconds(Time t) { return std::chrono::floor<seconds>(t.time_since_epoch()).count(); }

}  // namespace sluice::base
