// time.Time as templates see it: an instant of any year with its zone, Go's layouts both ways, and
// the object that carries one. base::Time reaches from 1678 to 2262 only, but toDate "15:04" is in
// the year 0. Private to the library. Values; pure.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/duration.h"
#include "base/status.h"
#include "base/time.h"
#include "gotemplate/function.h"
#include "gotemplate/value.h"
#include "zone.h"

namespace sluice::gotemplate {

struct GoTime {
  int64_t seconds = kYearOne;  // Unix; the default is Go's zero Time
  int32_t nanos = 0;           // [0, 1e9)
  std::shared_ptr<const Zone> zone = Zone::Utc();

  static constexpr int64_t kYearOne = -62135596800;
  // Whole seconds where `t` has a fraction: what follows is lost only where `t` leaves base::Time's
  // range.
  static GoTime From(base::Time t, std::shared_ptr<const Zone> zone);
};

// The clock and calendar of an instant in its zone.
struct Civil {
  int64_t year;
  // month, day and year_day from 1; Sunday is 0
  int month, day, hour, minute, second, weekday, year_day;
};
Civil CivilOf(const GoTime& t);
GoTime FromCivil(int64_t year, int month, int day, int hour, int minute, int second, int32_t nanos,
                 std::shared_ptr<const Zone> zone);
std::string_view MonthName(int month);      // "January"; REQUIRES: 1..12
std::string_view WeekdayName(int weekday);  // "Sunday"; REQUIRES: 0..6

GoTime Add(const GoTime& t, base::Duration d);              // wraps as Go's does
base::Duration Subtract(const GoTime& a, const GoTime& b);  // a - b, saturating
int Compare(const GoTime& a, const GoTime& b);              // -1, 0, 1

// Time.Format. Linear in the layout.
std::string FormatGoTime(const GoTime& t, std::string_view layout);
std::string FormatRfc3339(const GoTime& t);  // with nanoseconds where there are some
std::string ToString(const GoTime& t);       // "2006-01-02 15:04:05.999999999 -0700 MST"

// time.ParseInLocation. Errors in Go's words: `parsing time "x" as "2006": cannot parse "x" as
// "2006"`.
base::Result<GoTime> ParseGoTime(std::string_view layout, std::string_view value,
                                 const std::shared_ptr<const Zone>& zone);

// time.LoadLocation: "", "UTC", "Local" or an IANA name; null where there is none.
std::shared_ptr<const Zone> LoadZone(Environment& environment, std::string_view name);
// "Local"; UTC where the environment's zone is unknown.
std::shared_ptr<const Zone> LocalZone(Environment& environment);

// A local date or time of TOML has no zone; it is written back without one.
enum class TomlTime : uint8_t { kOffset, kLocalDatetime, kLocalDate, kLocalTime };

Value NewTime(Heap& heap, GoTime t, TomlTime toml = TomlTime::kOffset);
const GoTime* TimeOf(const Value& value);  // null unless it is a time
TomlTime TomlTimeOf(const Value& value);   // REQUIRES: a time

namespace internal {

// A piece of a layout. kNone: literal text only.
enum class Std : uint8_t {
  kNone,
  kLongMonth,
  kMonth,
  kNumMonth,
  kZeroMonth,
  kLongWeekday,
  kWeekday,
  kDay,
  kUnderDay,
  kZeroDay,
  kUnderYearDay,
  kZeroYearDay,
  kHour,
  kHour12,
  kZeroHour12,
  kMinute,
  kZeroMinute,
  kSecond,
  kZeroSecond,
  kLongYear,
  kYear,
  kUpperPm,
  kLowerPm,
  kName,
  kIso,
  kIsoSeconds,
  kIsoShort,
  kIsoColon,
  kIsoColonSeconds,
  kNum,
  kNumSeconds,
  kNumShort,
  kNumColon,
  kNumColonSeconds,
  kFraction0,
  kFraction9,
};
struct Chunk {
  std::string_view prefix, text, suffix;  // the literal before it, the element, what follows
  Std std = Std::kNone;
};
Chunk NextChunk(std::string_view layout);  // time.nextStdChunk

}  // namespace internal
}  // namespace sluice::gotemplate
