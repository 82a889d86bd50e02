#include "go_time.h"

#include <chrono>
#include <limits>

#include "base/strings.h"

namespace sluice::gotemplate {
namespace {

using internal::Chunk;
using internal::Std;

constexpr int64_t kDay = 86400, kSecond = 1'000'000'000;
constexpr std::string_view kMonths[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};
constexpr std::string_view kWeekdays[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                          "Thursday", "Friday", "Saturday"};

int64_t FloorDivide(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }
int64_t WrappingAdd(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}

// Days since 1970 of a date of the proleptic Gregorian calendar, and back: years begin in March, so
// the leap day comes last.
int64_t DaysFromCivil(int64_t year, int month, int day) {
  year -= month <= 2 ? 1 : 0;
  const int64_t era = FloorDivide(year, 400);
  const int64_t of_era = year - era * 400;
  const int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

void CivilFromDays(int64_t days, Civil& out) {
  const int64_t shifted = days + 719468;
  const int64_t era = FloorDivide(shifted, 146097);
  const int64_t of_era = shifted - era * 146097;
  const int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  const auto of_year = static_cast<int>(of_era - (365 * year + year / 4 - year / 100));
  const int month = (5 * of_year + 2) / 153;
  out.day = of_year - (153 * month + 2) / 5 + 1;
  out.month = month < 10 ? month + 3 : month - 9;
  out.year = year + era * 400 + (out.month <= 2 ? 1 : 0);
  out.year_day = static_cast<int>(days - DaysFromCivil(out.year, 1, 1)) + 1;
  out.weekday = static_cast<int>(((days + 4) % 7 + 7) % 7);
}

void AppendInt(std::string& out, int64_t n, size_t width) {
  if (n < 0) out += '-';
  const std::string digits =
      std::to_string(n < 0 ? 0 - static_cast<uint64_t>(n) : static_cast<uint64_t>(n));
  if (digits.size() < width) out.append(width - digits.size(), '0');
  out += digits;
}

// ".000" keeps its zeros, ".999" drops those at the end.
void AppendFraction(std::string& out, int32_t nanos, const Chunk& chunk) {
  const bool trim = chunk.std == Std::kFraction9;
  const size_t n = chunk.text.size() - 1;
  if (trim && nanos == 0) return;
  const size_t start = out.size();
  out += chunk.text[0];
  AppendInt(out, nanos, 9);
  if (n < 9) out.resize(start + 1 + n);
  if (!trim) return;
  while (out.back() == '0') out.pop_back();
  if (out.size() == start + 1) out.pop_back();
}

bool IsIso(Std std) { return std >= Std::kIso && std <= Std::kIsoColonSeconds; }

void AppendOffset(std::string& out, int offset, Std std) {
  if (offset == 0 && IsIso(std)) {
    out += 'Z';
    return;
  }
  const int minutes = offset / 60;
  out += minutes < 0 ? '-' : '+';
  const int zone = minutes < 0 ? -minutes : minutes;
  // What is less than a minute west counts as east; its seconds keep their sign, as Go prints them.
  const int seconds = minutes < 0 ? -offset : offset;
  AppendInt(out, zone / 60, 2);
  const bool colon = std == Std::kIsoColon || std == Std::kNumColon ||
                     std == Std::kIsoColonSeconds || std == Std::kNumColonSeconds;
  if (colon) out += ':';
  if (std != Std::kNumShort && std != Std::kIsoShort) AppendInt(out, zone % 60, 2);
  if (std == Std::kIsoSeconds || std == Std::kNumSeconds || std == Std::kNumColonSeconds ||
      std == Std::kIsoColonSeconds) {
    if (std == Std::kNumColonSeconds || std == Std::kIsoColonSeconds) out += ':';
    AppendInt(out, seconds % 60, 2);
  }
}

void AppendPadded(std::string& out, int n, int width) {
  for (int limit = 10; --width > 0; limit *= 10) {
    if (n < limit) out += ' ';
  }
  AppendInt(out, n, 0);
}

int Hour12(int hour) { return hour % 12 == 0 ? 12 : hour % 12; }

void AppendChunk(std::string& out, const Chunk& chunk, const Civil& c, const ZoneSpan& span,
                 int32_t nanos) {
  switch (chunk.std) {
    case Std::kNone:
      break;
    case Std::kYear:
      AppendInt(out, (c.year < 0 ? -c.year : c.year) % 100, 2);
      break;
    case Std::kLongYear:
      AppendInt(out, c.year, 4);
      break;
    case Std::kMonth:
      out += MonthName(c.month).substr(0, 3);
      break;
    case Std::kLongMonth:
      out += MonthName(c.month);
      break;
    case Std::kNumMonth:
      AppendInt(out, c.month, 0);
      break;
    case Std::kZeroMonth:
      AppendInt(out, c.month, 2);
      break;
    case Std::kWeekday:
      out += WeekdayName(c.weekday).substr(0, 3);
      break;
    case Std::kLongWeekday:
      out += WeekdayName(c.weekday);
      break;
    case Std::kDay:
      AppendInt(out, c.day, 0);
      break;
    case Std::kUnderDay:
      AppendPadded(out, c.day, 2);
      break;
    case Std::kZeroDay:
      AppendInt(out, c.day, 2);
      break;
    case Std::kUnderYearDay:
      AppendPadded(out, c.year_day, 3);
      break;
    case Std::kZeroYearDay:
      AppendInt(out, c.year_day, 3);
      break;
    case Std::kHour:
      AppendInt(out, c.hour, 2);
      break;
    case Std::kHour12:
      AppendInt(out, Hour12(c.hour), 0);
      break;
    case Std::kZeroHour12:
      AppendInt(out, Hour12(c.hour), 2);
      break;
    case Std::kMinute:
      AppendInt(out, c.minute, 0);
      break;
    case Std::kZeroMinute:
      AppendInt(out, c.minute, 2);
      break;
    case Std::kSecond:
      AppendInt(out, c.second, 0);
      break;
    case Std::kZeroSecond:
      AppendInt(out, c.second, 2);
      break;
    case Std::kUpperPm:
      out += c.hour >= 12 ? "PM" : "AM";
      break;
    case Std::kLowerPm:
      out += c.hour >= 12 ? "pm" : "am";
      break;
    case Std::kName:
      if (span.name.empty()) {
        AppendOffset(out, span.offset, Std::kNum);
      } else {
        out += span.name;
      }
      break;
    case Std::kFraction0:
    case Std::kFraction9:
      AppendFraction(out, nanos, chunk);
      break;
    default:
      AppendOffset(out, span.offset, chunk.std);
  }
}

}  // namespace

std::string_view MonthName(int month) { return kMonths[month - 1]; }
std::string_view WeekdayName(int weekday) { return kWeekdays[weekday]; }

GoTime GoTime::From(base::Time t, std::shared_ptr<const Zone> zone) {
  const int64_t seconds = base::ToUnixSeconds(t);
  return {seconds,
          static_cast<int32_t>((t.time_since_epoch() - std::chrono::seconds(seconds)).count()),
          std::move(zone)};
}

Civil CivilOf(const GoTime& t) {
  const int64_t local = WrappingAdd(t.seconds, t.zone->Lookup(t.seconds).offset);
  const int64_t days = FloorDivide(local, kDay);
  const auto rest = static_cast<int>(static_cast<uint64_t>(local) -
                                     static_cast<uint64_t>(days) * static_cast<uint64_t>(kDay));
  Civil c{};
  CivilFromDays(days, c);
  c.hour = rest / 3600;
  c.minute = rest / 60 % 60;
  c.second = rest % 60;
  return c;
}

GoTime FromCivil(int64_t year, int month, int day, int hour, int minute, int second, int32_t nanos,
                 std::shared_ptr<const Zone> zone) {
  int64_t unix_seconds =
      DaysFromCivil(year, month, day) * kDay + hour * 3600 + minute * 60 + second;
  // The offset at the local time taken for UTC is a guess, right unless a transition is near.
  ZoneSpan span = zone->Lookup(unix_seconds);
  if (span.offset != 0) {
    const int64_t utc = unix_seconds - span.offset;
    if (utc < span.start || utc >= span.end) span = zone->Lookup(utc);
    unix_seconds -= span.offset;
  }
  return {unix_seconds, nanos, std::move(zone)};
}

GoTime Add(const GoTime& t, base::Duration d) {
  GoTime sum = t;
  sum.seconds = WrappingAdd(t.seconds, d.count() / kSecond);
  int64_t nanos = t.nanos + d.count() % kSecond;
  if (nanos >= kSecond) {
    sum.seconds = WrappingAdd(sum.seconds, 1);
    nanos -= kSecond;
  } else if (nanos < 0) {
    sum.seconds = WrappingAdd(sum.seconds, -1);
    nanos += kSecond;
  }
  sum.nanos = static_cast<int32_t>(nanos);
  return sum;
}

base::Duration Subtract(const GoTime& a, const GoTime& b) {
  int64_t seconds = 0, nanos = 0;
  if (__builtin_sub_overflow(a.seconds, b.seconds, &seconds) ||
      __builtin_mul_overflow(seconds, kSecond, &nanos) ||
      __builtin_add_overflow(nanos, int64_t{a.nanos} - b.nanos, &nanos)) {
    return base::Duration(a.seconds < b.seconds ? std::numeric_limits<int64_t>::min()
                                                : std::numeric_limits<int64_t>::max());
  }
  return base::Duration(nanos);
}

int Compare(const GoTime& a, const GoTime& b) {
  if (a.seconds != b.seconds) return a.seconds < b.seconds ? -1 : 1;
  return a.nanos == b.nanos ? 0 : a.nanos < b.nanos ? -1 : 1;
}

std::string FormatGoTime(const GoTime& t, std::string_view layout) {
  const Civil civil = CivilOf(t);
  const ZoneSpan span = t.zone->Lookup(t.seconds);
  std::string out;
  while (!layout.empty()) {
    const Chunk chunk = internal::NextChunk(layout);
    out += chunk.prefix;
    AppendChunk(out, chunk, civil, span, t.nanos);
    layout = chunk.suffix;
  }
  return out;
}

std::string FormatRfc3339(const GoTime& t) {
  return FormatGoTime(t, "2006-01-02T15:04:05.999999999Z07:00");
}
std::string ToString(const GoTime& t) {
  return FormatGoTime(t, "2006-01-02 15:04:05.999999999 -0700 MST");
}

namespace {

std::shared_ptr<const Zone> ReadZone(Environment& environment, std::string_view name,
                                     std::string_view label) {
  if (base::Contains(name, "..") || name[0] == '/' || name[0] == '\\' ||
      name.find('\0') != name.npos)
    return nullptr;
  auto zone = Zone::FromTzif(environment.ZoneFile(name), label);
  return zone.ok() ? *zone : nullptr;
}

}  // namespace

std::shared_ptr<const Zone> LoadZone(Environment& environment, std::string_view name) {
  if (name.empty() || name == "UTC") return Zone::Utc();
  if (name == "Local") return LocalZone(environment);
  return ReadZone(environment, name, name);
}

std::shared_ptr<const Zone> LocalZone(Environment& environment) {
  const std::string_view name = environment.TimeZone();
  if (name.empty() || name == "UTC" || name == "Local") return Zone::LocalUtc();
  std::shared_ptr<const Zone> zone = ReadZone(environment, name, "Local");
  return zone ? zone : Zone::LocalUtc();
}

}  // namespace sluice::gotemplate
