// Time zones as Go's time package has them: a name and offset for every instant, read from a TZif
// file (RFC 8536) or fixed. Private to the library. Immutable, thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace sluice::gotemplate {

// What holds at an instant, and from when until when (Unix seconds; end is excluded).
struct ZoneSpan {
  std::string_view name;  // "CET", "" = none; lives as long as the zone
  int offset = 0;         // seconds east of UTC
  int64_t start = INT64_MIN, end = INT64_MAX;
};

class Zone {
 public:
  static std::shared_ptr<const Zone> Utc();
  static std::shared_ptr<const Zone> LocalUtc();  // a machine's whose local time is UTC
  static std::shared_ptr<const Zone> Fixed(std::string_view name, int offset);
  // Fails where Go's LoadLocationFromTZData does: kInvalidArgument.
  static base::Result<std::shared_ptr<const Zone>> FromTzif(std::string_view bytes,
                                                            std::string_view label);

  // Location.String: "UTC", "Local", or what it was asked for by.
  const std::string& label() const { return label_; }

  ZoneSpan Lookup(int64_t unix_seconds) const;
  // The offset of an abbreviation, best the one in effect at `unix_seconds`, which is a local time
  // taken for UTC.
  std::optional<int> OffsetOf(std::string_view name, int64_t unix_seconds) const;

 private:
  struct Kind {
    std::string name;
    int offset = 0;
    bool dst = false;
  };
  struct Transition {
    int64_t when;
    uint8_t kind;
  };
  // A POSIX TZ string ("CET-1CEST,M3.5.0,M10.5.0/3"): what holds after the last transition.
  struct Rule {
    enum class Form : uint8_t { kJulian, kDayOfYear, kMonthWeekDay } form = Form::kJulian;
    int day = 0, week = 0, month = 0, time = 0;
  };
  struct Extension {
    Kind standard, summer;
    bool has_summer = false;
    Rule begin, end;
  };
  friend class TzifReader;
  friend class PosixRuleReader;
  static int64_t RuleSeconds(int year, const Rule& rule, int offset);
  size_t FirstKind() const;
  ZoneSpan Extended(int64_t last, int64_t unix_seconds) const;

  std::string label_;
  std::vector<Kind> kinds_;
  std::vector<Transition> transitions_;
  std::optional<Extension> extension_;
};

}  // namespace sluice::gotemplate
