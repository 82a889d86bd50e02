// Layouts: their elements, and time.ParseInLocation.
#include <algorithm>
#include <array>
#include <optional>

#include "base/strings.h"
#include "base/utf8.h"
#include "go_time.h"

namespace sluice::gotemplate {
namespace internal {
namespace {

struct Element {
  std::string_view text;
  Std std;
};

// By first letter; where several fit, the first one listed is it.
constexpr Element kElements[] = {
    {"January", Std::kLongMonth},
    {"Jan", Std::kMonth},
    {"Monday", Std::kLongWeekday},
    {"Mon", Std::kWeekday},
    {"MST", Std::kName},
    {"01", Std::kZeroMonth},
    {"02", Std::kZeroDay},
    {"03", Std::kZeroHour12},
    {"04", Std::kZeroMinute},
    {"05", Std::kZeroSecond},
    {"06", Std::kYear},
    {"002", Std::kZeroYearDay},
    {"15", Std::kHour},
    {"1", Std::kNumMonth},
    {"2006", Std::kLongYear},
    {"2", Std::kDay},
    {"_2", Std::kUnderDay},
    {"__2", Std::kUnderYearDay},
    {"3", Std::kHour12},
    {"4", Std::kMinute},
    {"5", Std::kSecond},
    {"PM", Std::kUpperPm},
    {"pm", Std::kLowerPm},
    {"-070000", Std::kNumSeconds},
    {"-07:00:00", Std::kNumColonSeconds},
    {"-0700", Std::kNum},
    {"-07:00", Std::kNumColon},
    {"-07", Std::kNumShort},
    {"Z070000", Std::kIsoSeconds},
    {"Z07:00:00", Std::kIsoColonSeconds},
    {"Z0700", Std::kIso},
    {"Z07:00", Std::kIsoColon},
    {"Z07", Std::kIsoShort},
};

// The element that stands at the front of `rest`.
Element ElementAt(std::string_view rest) {
  if (rest[0] == '.' || rest[0] == ',') {
    if (rest.size() < 2 || (rest[1] != '0' && rest[1] != '9')) return {"", Std::kNone};
    const size_t end = std::min(rest.find_first_not_of(rest[1], 1), rest.size());
    if (end < rest.size() && rest[end] >= '0' && rest[end] <= '9') return {"", Std::kNone};
    return {rest.substr(0, end), rest[1] == '0' ? Std::kFraction0 : Std::kFraction9};
  }
  for (const Element& e : kElements) {
    if (e.text[0] != rest[0] || !rest.starts_with(e.text)) continue;
    // "Month" and "Janus" are words of their own.
    const bool word = e.std == Std::kMonth || e.std == Std::kWeekday;
    if (word && rest.size() > 3 && rest[3] >= 'a' && rest[3] <= 'z') continue;
    return e;
  }
  return {"", Std::kNone};
}

}  // namespace

Chunk NextChunk(std::string_view layout) {
  constexpr std::string_view kFirst = "JM0123456789_Pp-Z.,";
  for (size_t i = layout.find_first_of(kFirst); i != layout.npos;
       i = layout.find_first_of(kFirst, i + 1)) {
    if (layout.substr(i).starts_with("_2006")) continue;  // an underscore and the year
    const Element e = ElementAt(layout.substr(i));
    if (e.std == Std::kNone) continue;
    return {layout.substr(0, i), layout.substr(i, e.text.size()), layout.substr(i + e.text.size()),
            e.std};
  }
  return {layout, {}, {}, Std::kNone};
}

}  // namespace internal

namespace {

using base::Result;
using base::Status;
using internal::Chunk;
using internal::Std;

constexpr int kDaysBefore[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};

bool IsLeap(int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }
int DaysIn(int month, int64_t year) {
  return month == 2 && IsLeap(year) ? 29 : kDaysBefore[month] - kDaysBefore[month - 1];
}
bool IsDigit(std::string_view s, size_t i) { return i < s.size() && s[i] >= '0' && s[i] <= '9'; }

// The time package's own quoting: what is not printable ASCII by its bytes.
std::string Quote(std::string_view s) {
  std::string out = "\"";
  for (const char c : base::TruncateUtf8(s, 256)) {
    const auto u = static_cast<unsigned char>(c);
    if (u >= 0x80 || u < ' ') {
      constexpr std::string_view kHex = "0123456789abcdef";
      out += "\\x";
      out += kHex[u >> 4];
      out += kHex[u & 15];
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out + '"';
}

// The digits at the front; nullopt where there are more than 63 bits hold.
std::optional<int64_t> LeadingInt(std::string_view& s) {
  uint64_t n = 0;
  constexpr uint64_t kLimit = uint64_t{1} << 63;
  while (IsDigit(s, 0)) {
    if (n > kLimit / 10) return std::nullopt;
    n = n * 10 + static_cast<uint64_t>(s[0] - '0');
    if (n > kLimit) return std::nullopt;
    s.remove_prefix(1);
  }
  return static_cast<int64_t>(n);
}

std::optional<int64_t> Atoi(std::string_view s) {
  const bool negative = s.starts_with('-');
  if (negative || s.starts_with('+')) s.remove_prefix(1);
  const auto n = LeadingInt(s);
  if (!n || !s.empty()) return std::nullopt;
  return negative ? -*n : *n;
}

bool EqualFoldAscii(char a, char b) {
  return a == b || ((a | 0x20) == (b | 0x20) && (a | 0x20) >= 'a' && (a | 0x20) <= 'z');
}

class LayoutReader {
 public:
  LayoutReader(std::string_view layout, std::string_view value,
               const std::shared_ptr<const Zone>& zone)
      : layout_(layout), all_layout_(layout), value_(value), all_value_(value), local_(zone) {}

  Result<GoTime> Read() {
    for (;;) {
      const Chunk chunk = internal::NextChunk(layout_);
      if (!Skip(chunk.prefix)) return CannotParse(chunk.prefix, value_);
      if (chunk.std == Std::kNone) {
        if (!value_.empty()) return Wrong(base::Cat("extra text: ", Quote(value_)));
        break;
      }
      layout_ = chunk.suffix;
      const std::string_view hold = value_;
      const bool good = Field(chunk);
      if (!out_of_range_.empty()) return Wrong(base::Cat(out_of_range_, " out of range"));
      if (!good) return CannotParse(chunk.text, hold);
    }
    SLUICE_TRY(Settle());
    return Finish();
  }

 private:
  Status CannotParse(std::string_view element, std::string_view value) const {
    return base::InvalidArgument(base::Cat("parsing time ", Quote(all_value_), " as ",
                                           Quote(all_layout_), ": cannot parse ", Quote(value),
                                           " as ", Quote(element)));
  }
  Status Wrong(std::string_view why) const {
    return base::InvalidArgument(base::Cat("parsing time ", Quote(all_value_), ": ", why));
  }

  // Literal text; runs of spaces match each other.
  bool Skip(std::string_view prefix) {
    while (!prefix.empty()) {
      if (prefix[0] == ' ') {
        if (!value_.empty() && value_[0] != ' ') return false;
        prefix = base::TrimLeft(prefix, " ");
        value_ = base::TrimLeft(value_, " ");
        continue;
      }
      if (value_.empty() || value_[0] != prefix[0]) return false;
      prefix.remove_prefix(1);
      value_.remove_prefix(1);
    }
    return true;
  }

  // One or two digits; two where `fixed`.
  bool Number(int& out, bool fixed) {
    if (!IsDigit(value_, 0)) return false;
    if (!IsDigit(value_, 1)) {
      if (fixed) return false;
      out = value_[0] - '0';
      value_.remove_prefix(1);
      return true;
    }
    out = (value_[0] - '0') * 10 + (value_[1] - '0');
    value_.remove_prefix(2);
    return true;
  }

  bool Clock(int& out, bool fixed, int least_wrong, std::string_view name) {
    if (!Number(out, fixed)) return false;
    if (out >= least_wrong) out_of_range_ = name;
    return true;
  }

  template <class NameOf>
  bool Name(int& out, int count, NameOf name_of) {
    for (int i = 0; i < count; ++i) {
      const std::string_view name = name_of(i);
      if (value_.size() < name.size() ||
          !std::equal(name.begin(), name.end(), value_.begin(), EqualFoldAscii))
        continue;
      value_.remove_prefix(name.size());
      out = i;
      return true;
    }
    return false;
  }

  bool Take(size_t n, std::string_view& out) {
    if (value_.size() < n) return false;
    out = value_.substr(0, n);
    value_.remove_prefix(n);
    return true;
  }

  bool Field(const Chunk& chunk) {
    int ignored = 0;
    switch (chunk.std) {
      case Std::kNone:
        return true;
      case Std::kYear:
        return ShortYear();
      case Std::kLongYear:
        return LongYear();
      case Std::kMonth:
        return Name(month_, 12, [](int i) { return MonthName(i + 1).substr(0, 3); }) &&
               ++month_ > 0;
      case Std::kLongMonth:
        return Name(month_, 12, [](int i) { return MonthName(i + 1); }) && ++month_ > 0;
      case Std::kNumMonth:
      case Std::kZeroMonth:
        if (!Number(month_, chunk.std == Std::kZeroMonth)) return false;
        if (month_ <= 0 || month_ > 12) out_of_range_ = "month";
        return true;
      case Std::kWeekday:
        return Name(ignored, 7, [](int i) { return WeekdayName(i).substr(0, 3); });
      case Std::kLongWeekday:
        return Name(ignored, 7, [](int i) { return WeekdayName(i); });
      case Std::kUnderDay:
        if (value_.starts_with(' ')) value_.remove_prefix(1);
        return Number(day_, false);
      case Std::kDay:
        return Number(day_, false);
      case Std::kZeroDay:
        return Number(day_, true);
      case Std::kUnderYearDay:
      case Std::kZeroYearDay:
        return YearDay(chunk.std == Std::kZeroYearDay);
      case Std::kHour:
        return Clock(hour_, false, 24, "hour");
      case Std::kHour12:
        return Clock(hour_, false, 13, "hour");
      case Std::kZeroHour12:
        return Clock(hour_, true, 13, "hour");
      case Std::kMinute:
        return Clock(minute_, false, 60, "minute");
      case Std::kZeroMinute:
        return Clock(minute_, true, 60, "minute");
      case Std::kSecond:
      case Std::kZeroSecond:
        return Second(chunk.std == Std::kZeroSecond);
      case Std::kUpperPm:
        return Half("AM", "PM");
      case Std::kLowerPm:
        return Half("am", "pm");
      case Std::kName:
        return ZoneName();
      case Std::kFraction0:
        return Fraction(chunk.text.size());
      case Std::kFraction9:
        return LooseFraction();
      default:
        return Offset(chunk.std);
    }
  }

  bool ShortYear() {
    std::string_view text;
    if (!Take(2, text)) return false;
    const auto year = Atoi(text);
    if (!year) return false;
    year_ = *year + (*year >= 69 ? 1900 : 2000);
    return true;
  }

  bool LongYear() {
    std::string_view text;
    if (!IsDigit(value_, 0) || !Take(4, text)) return false;
    const auto year = Atoi(text);
    year_ = year.value_or(0);
    return year.has_value();
  }

  bool YearDay(bool fixed) {
    if (!fixed) {
      for (int i = 0; i < 2 && value_.starts_with(' '); ++i) value_.remove_prefix(1);
    }
    size_t i = 0;
    int n = 0;
    for (; i < 3 && IsDigit(value_, i); ++i) n = n * 10 + (value_[i] - '0');
    if (i == 0 || (fixed && i != 3)) return false;
    value_.remove_prefix(i);
    year_day_ = n;
    return true;
  }

  bool Half(std::string_view am, std::string_view pm) {
    std::string_view text;
    if (!Take(2, text)) return false;
    if (text == pm) {
      pm_ = true;
    } else if (text == am) {
      am_ = true;
    } else {
      return false;
    }
    return true;
  }

  bool Second(bool fixed) {
    if (!Clock(second_, fixed, 60, "second")) return false;
    // A fraction may follow that the layout does not speak of.
    if (!out_of_range_.empty() || value_.size() < 2 || (value_[0] != '.' && value_[0] != ',') ||
        !IsDigit(value_, 1))
      return true;
    const Std next = internal::NextChunk(layout_).std;
    return next == Std::kFraction0 || next == Std::kFraction9 || LooseFraction();
  }

  // A separator and digits, `n` bytes; more than nine digits are cut.
  bool Fraction(size_t n) {
    std::string_view text;
    if (!Take(n, text) || (text[0] != '.' && text[0] != ',')) return false;
    text = text.substr(0, 10);
    const auto parsed = Atoi(text.substr(1));
    if (!parsed) return false;
    if (*parsed < 0) {
      out_of_range_ = "fractional second";
      return true;
    }
    int64_t nanos = *parsed;
    for (size_t digits = text.size(); digits < 10; ++digits) nanos *= 10;
    nanos_ = static_cast<int32_t>(nanos);
    return true;
  }

  bool LooseFraction() {
    if (value_.size() < 2 || (value_[0] != '.' && value_[0] != ',') || !IsDigit(value_, 1))
      return true;
    size_t n = 1;
    while (IsDigit(value_, n)) ++n;
    return Fraction(n);
  }

  bool TwoDigits(std::string_view text, int& out) const {
    if (!IsDigit(text, 0) || !IsDigit(text, 1)) return false;
    out = (text[0] - '0') * 10 + (text[1] - '0');
    return true;
  }

  // "Z", or the sign and two digits each of hours, minutes and seconds as the element has them.
  bool Offset(Std std) {
    if (std >= Std::kIso && std <= Std::kIsoColonSeconds && value_.starts_with('Z')) {
      value_.remove_prefix(1);
      zone_ = Zone::Utc();
      return true;
    }
    const bool seconds_too = std == Std::kIsoSeconds || std == Std::kNumSeconds ||
                             std == Std::kIsoColonSeconds || std == Std::kNumColonSeconds;
    const bool colons = std == Std::kIsoColon || std == Std::kNumColon ||
                        std == Std::kIsoColonSeconds || std == Std::kNumColonSeconds;
    const bool hours_only = std == Std::kNumShort || std == Std::kIsoShort;
    const size_t step = colons ? 3 : 2;
    const size_t size = 3 + (hours_only ? 0 : step) + (seconds_too ? step : 0);
    std::string_view text = value_;
    if (text.size() < size || (colons && text[3] != ':') ||
        (colons && seconds_too && text[6] != ':'))
      return false;
    value_.remove_prefix(size);
    int hours = 0, minutes = 0, seconds = 0;
    bool good = TwoDigits(text.substr(1), hours);
    if (good && !hours_only) good = TwoDigits(text.substr(1 + step, 2), minutes);
    if (good && seconds_too) good = TwoDigits(text.substr(1 + 2 * step, 2), seconds);
    if (hours > 24) out_of_range_ = "time zone offset hour";
    if (minutes > 60) out_of_range_ = "time zone offset minute";
    if (seconds > 60) out_of_range_ = "time zone offset second";
    offset_ = (hours * 60 + minutes) * 60 + seconds;
    if (text[0] == '-') offset_ = -*offset_;
    return good && (text[0] == '-' || text[0] == '+');
  }

  bool ZoneName() {
    if (value_.starts_with("UTC")) {
      zone_ = Zone::Utc();
      value_.remove_prefix(3);
      return true;
    }
    const size_t n = ZoneNameLength();
    if (n == 0) return false;
    zone_name_ = value_.substr(0, n);
    value_.remove_prefix(n);
    return true;
  }

  // "+03": a sign and a number up to 23; 0 where there is none.
  static size_t SignedOffsetLength(std::string_view s) {
    if (!s.starts_with('-') && !s.starts_with('+')) return 0;
    std::string_view rest = s.substr(1);
    const auto n = LeadingInt(rest);
    if (!n || *n > 23 || *n < 0 || rest.size() == s.size() - 1) return 0;
    return s.size() - rest.size();
  }

  size_t ZoneNameLength() const {
    if (value_.size() < 3) return 0;
    if (value_.starts_with("ChST") || value_.starts_with("MeST")) return 4;
    if (value_.starts_with("GMT")) return 3 + SignedOffsetLength(value_.substr(3));
    if (value_[0] == '+' || value_[0] == '-') return SignedOffsetLength(value_);
    size_t upper = 0;
    while (upper < 6 && upper < value_.size() && value_[upper] >= 'A' && value_[upper] <= 'Z')
      ++upper;
    if (upper == 3) return 3;
    if (upper == 4) return value_[3] == 'T' || value_.starts_with("WITA") ? 4 : 0;
    return upper == 5 && value_[4] == 'T' ? 5 : 0;
  }

  // The day of the year and that of the month must agree, whichever were given.
  Status Settle() {
    if (pm_ && hour_ < 12) {
      hour_ += 12;
    } else if (am_ && hour_ == 12) {
      hour_ = 0;
    }
    if (year_day_ < 0) {
      if (month_ < 0) month_ = 1;
      if (day_ < 0) day_ = 1;
    } else {
      SLUICE_TRY(SettleYearDay());
    }
    if (day_ < 1 || day_ > DaysIn(month_, year_)) return Wrong("day out of range");
    return {};
  }

  Status SettleYearDay() {
    int month = 0, day = 0, of_year = year_day_;
    if (IsLeap(year_)) {
      if (of_year == 60) {
        month = 2;
        day = 29;
      } else if (of_year > 60) {
        --of_year;
      }
    }
    if (of_year < 1 || of_year > 365) return Wrong("day-of-year out of range");
    if (month == 0) {
      month = (of_year - 1) / 31 + 1;
      if (kDaysBefore[month] < of_year) ++month;
      day = of_year - kDaysBefore[month - 1];
    }
    if (month_ >= 0 && month_ != month) return Wrong("day-of-year does not match month");
    month_ = month;
    if (day_ >= 0 && day_ != day) return Wrong("day-of-year does not match day");
    day_ = day;
    return {};
  }

  GoTime In(std::shared_ptr<const Zone> zone) const {
    return FromCivil(year_, month_, day_, hour_, minute_, second_, nanos_, std::move(zone));
  }

  GoTime Finish() const {
    if (zone_) return In(zone_);
    if (offset_ && *offset_ != -1) {
      GoTime t = In(Zone::Utc());
      t.seconds -= *offset_;
      const ZoneSpan span = local_->Lookup(t.seconds);
      t.zone = span.offset == *offset_ && (zone_name_.empty() || span.name == zone_name_)
                   ? local_
                   : Zone::Fixed(zone_name_, *offset_);
      return t;
    }
    if (zone_name_.empty()) return In(local_);
    GoTime t = In(Zone::Utc());
    if (const auto offset = local_->OffsetOf(zone_name_, t.seconds)) {
      t.seconds -= *offset;
      t.zone = local_;
      return t;
    }
    int offset = 0;
    if (zone_name_.size() > 3 && zone_name_.starts_with("GMT"))
      offset = static_cast<int>(Atoi(zone_name_.substr(3)).value_or(0)) * 3600;
    t.zone = Zone::Fixed(zone_name_, offset);
    return t;
  }

  std::string_view layout_;
  const std::string_view all_layout_;
  std::string_view value_;
  const std::string_view all_value_;
  const std::shared_ptr<const Zone>& local_;
  std::string_view out_of_range_;
  int64_t year_ = 0;
  int month_ = -1, day_ = -1, year_day_ = -1, hour_ = 0, minute_ = 0, second_ = 0;
  int32_t nanos_ = 0;
  bool am_ = false, pm_ = false;
  std::shared_ptr<const Zone> zone_;
  std::optional<int> offset_;
  std::string_view zone_name_;
};

}  // namespace

Result<GoTime> ParseGoTime(std::string_view layout, std::string_view value,
                           const std::shared_ptr<const Zone>& zone) {
  return LayoutReader(layout, value, zone).Read();
}

}  // namespace sluice::gotemplate
