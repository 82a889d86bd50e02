#include "zone.h"

#include <algorithm>
#include <chrono>

namespace sluice::gotemplate {
namespace {

constexpr int kHour = 3600;
constexpr int64_t kDay = 86400;
constexpr size_t kMaxFile = 1 << 20;

bool IsLeap(int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }
constexpr int kDaysBefore[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};
int DaysIn(int month, int64_t year) {
  return month == 2 && IsLeap(year) ? 29 : kDaysBefore[month] - kDaysBefore[month - 1];
}

base::Status BadData() { return base::InvalidArgument("malformed time zone information"); }

}  // namespace

// Reads the string behind the transitions. Every function returns false where the text is
// malformed.
class PosixRuleReader {
 public:
  explicit PosixRuleReader(std::string_view text) : text_(text) {}

  bool Read(Zone::Extension& out) {
    if (!Name(out.standard.name) || !Offset(out.standard.offset)) return false;
    out.standard.offset = -out.standard.offset;
    if (text_.empty() || text_[0] == ',') return true;
    out.has_summer = out.summer.dst = true;
    if (!Name(out.summer.name)) return false;
    out.summer.offset = out.standard.offset + kHour;
    if (!text_.empty() && text_[0] != ',') {
      if (!Offset(out.summer.offset)) return false;
      out.summer.offset = -out.summer.offset;
    }
    if (text_.empty()) text_ = ",M3.2.0,M11.1.0";
    if (text_[0] != ',' && text_[0] != ';') return false;
    text_.remove_prefix(1);
    return Rule(out.begin) && Skip(',') && Rule(out.end) && text_.empty();
  }

 private:
  bool Skip(char c) {
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }

  bool Name(std::string& out) {
    if (Skip('<')) {
      const size_t end = text_.find('>');
      if (end == text_.npos) return false;
      out = text_.substr(0, end);
      text_.remove_prefix(end + 1);
      return true;
    }
    const size_t end = std::min(text_.find_first_of("0123456789,-+"), text_.size());
    if (end < 3) return false;
    out = text_.substr(0, end);
    text_.remove_prefix(end);
    return true;
  }

  bool Number(int& out, int least, int most) {
    size_t i = 0;
    out = 0;
    for (; i < text_.size() && text_[i] >= '0' && text_[i] <= '9'; ++i) {
      out = out * 10 + (text_[i] - '0');
      if (out > most) return false;
    }
    text_.remove_prefix(i);
    return i > 0 && out >= least;
  }

  bool Offset(int& out) {
    bool negative = false;
    if (!Skip('+')) negative = Skip('-');
    int n = 0;
    if (!Number(n, 0, 24 * 7)) return false;
    out = n * kHour;
    for (const int unit : {60, 1}) {
      if (!Skip(':')) break;
      if (!Number(n, 0, 59)) return false;
      out += n * unit;
    }
    if (negative) out = -out;
    return true;
  }

  bool Rule(Zone::Rule& out) {
    using Form = Zone::Rule::Form;
    if (Skip('J')) {
      out.form = Form::kJulian;
      if (!Number(out.day, 1, 365)) return false;
    } else if (Skip('M')) {
      out.form = Form::kMonthWeekDay;
      if (!Number(out.month, 1, 12) || !Skip('.') || !Number(out.week, 1, 5) || !Skip('.') ||
          !Number(out.day, 0, 6))
        return false;
    } else {
      out.form = Form::kDayOfYear;
      if (!Number(out.day, 0, 365)) return false;
    }
    out.time = 2 * kHour;
    return !Skip('/') || Offset(out.time);
  }

  std::string_view text_;
};

class TzifReader {
 public:
  explicit TzifReader(std::string_view bytes) : rest_(bytes) {}

  bool Read(Zone& zone) {
    std::string_view header = Take(20);
    if (header.size() != 20 || !header.starts_with("TZif") ||
        (header[4] != 0 && header[4] != '2' && header[4] != '3'))
      return false;
    const bool wide = header[4] != 0;
    Counts n = ReadCounts();
    if (wide) {
      // The same data in 32 bits comes first, and another header.
      Take(n.times * 5 + n.kinds * 6 + n.chars + n.leaps * 8 + n.standard + n.utc + 20);
      n = ReadCounts();
    }
    const size_t size = wide ? 8 : 4;
    const std::string_view times = Take(n.times * size), indices = Take(n.times),
                           kinds = Take(n.kinds * 6), chars = Take(n.chars);
    Take(n.leaps * (size + 4) + n.standard + n.utc);
    if (failed_ || n.kinds == 0) return false;
    if (!Kinds(kinds, chars, zone)) return false;
    for (size_t i = 0; i < n.times; ++i) {
      const auto index = static_cast<uint8_t>(indices[i]);
      if (index >= zone.kinds_.size()) return false;
      const int64_t when = wide ? static_cast<int64_t>(BigEndian(times.substr(i * 8, 8)))
                                : static_cast<int32_t>(BigEndian(times.substr(i * 4, 4)));
      zone.transitions_.push_back({when, index});
    }
    if (zone.transitions_.empty()) zone.transitions_.push_back({INT64_MIN, 0});
    if (rest_.size() > 2 && rest_.front() == '\n' && rest_.back() == '\n') {
      Zone::Extension extension;
      if (PosixRuleReader(rest_.substr(1, rest_.size() - 2)).Read(extension))
        zone.extension_ = std::move(extension);
    }
    return true;
  }

 private:
  struct Counts {
    size_t utc = 0, standard = 0, leaps = 0, times = 0, kinds = 0, chars = 0;
  };

  std::string_view Take(size_t n) {
    if (n > rest_.size()) {
      failed_ = true;
      n = rest_.size();
    }
    const std::string_view piece = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return piece;
  }

  static uint64_t BigEndian(std::string_view bytes) {
    uint64_t n = 0;
    for (const char c : bytes) n = n << 8 | static_cast<unsigned char>(c);
    return n;
  }

  size_t Count() { return static_cast<size_t>(BigEndian(Take(4))); }
  Counts ReadCounts() {
    Counts n;
    for (size_t* field : {&n.utc, &n.standard, &n.leaps, &n.times, &n.kinds, &n.chars})
      *field = Count();
    return n;
  }

  static bool Kinds(std::string_view kinds, std::string_view chars, Zone& zone) {
    for (size_t i = 0; i + 6 <= kinds.size(); i += 6) {
      const auto name = static_cast<uint8_t>(kinds[i + 5]);
      if (name >= chars.size()) return false;
      Zone::Kind kind;
      kind.offset = static_cast<int32_t>(BigEndian(kinds.substr(i, 4)));
      kind.dst = kinds[i + 4] != 0;
      kind.name = chars.substr(name, chars.find('\0', name) - name);
      zone.kinds_.push_back(std::move(kind));
    }
    return true;
  }

  std::string_view rest_;
  bool failed_ = false;
};

std::shared_ptr<const Zone> Zone::Utc() {
  static const std::shared_ptr<const Zone> utc = Fixed("UTC", 0);
  return utc;
}

std::shared_ptr<const Zone> Zone::LocalUtc() {
  static const std::shared_ptr<const Zone> local = [] {
    auto zone = std::make_shared<Zone>(*Utc());
    zone->label_ = "Local";
    return zone;
  }();
  return local;
}

std::shared_ptr<const Zone> Zone::Fixed(std::string_view name, int offset) {
  auto zone = std::make_shared<Zone>();
  zone->label_ = name;
  zone->kinds_.push_back({std::string(name), offset, false});
  zone->transitions_.push_back({INT64_MIN, 0});
  return zone;
}

base::Result<std::shared_ptr<const Zone>> Zone::FromTzif(std::string_view bytes,
                                                         std::string_view label) {
  auto zone = std::make_shared<Zone>();
  zone->label_ = label;
  if (bytes.size() > kMaxFile || !TzifReader(bytes).Read(*zone)) return BadData();
  return std::shared_ptr<const Zone>(std::move(zone));
}

// The kind before the first transition, by the rules of tzcode's localtime.
size_t Zone::FirstKind() const {
  if (std::ranges::none_of(transitions_, [](const Transition& t) { return t.kind == 0; })) return 0;
  if (!transitions_.empty() && kinds_[transitions_[0].kind].dst) {
    for (size_t i = transitions_[0].kind; i-- > 0;) {
      if (!kinds_[i].dst) return i;
    }
  }
  const auto standard = std::ranges::find(kinds_, false, &Kind::dst);
  return standard == kinds_.end() ? 0 : static_cast<size_t>(standard - kinds_.begin());
}

ZoneSpan Zone::Lookup(int64_t unix_seconds) const {
  const auto span = [](const Kind& kind, int64_t start, int64_t end) {
    return ZoneSpan{kind.name, kind.offset, start, end};
  };
  const auto next = std::ranges::upper_bound(transitions_, unix_seconds, {}, &Transition::when);
  if (next == transitions_.begin())
    return span(kinds_[FirstKind()], INT64_MIN, transitions_.front().when);
  const Transition& current = *(next - 1);
  if (next == transitions_.end() && extension_) return Extended(current.when, unix_seconds);
  return span(kinds_[current.kind], current.when,
              next == transitions_.end() ? INT64_MAX : next->when);
}

// Seconds from the start of the year, in UTC, at which the rule takes effect.
int64_t Zone::RuleSeconds(int year, const Rule& rule, int offset) {
  int64_t days = 0;
  switch (rule.form) {
    case Rule::Form::kJulian:
      days = rule.day - 1 + (IsLeap(year) && rule.day >= 60 ? 1 : 0);
      break;
    case Rule::Form::kDayOfYear:
      days = rule.day;
      break;
    case Rule::Form::kMonthWeekDay: {
      const std::chrono::year_month_day first{std::chrono::year(year),
                                              std::chrono::month(static_cast<unsigned>(rule.month)),
                                              std::chrono::day(1)};
      const auto weekday =
          static_cast<int>(std::chrono::weekday(std::chrono::sys_days(first)).c_encoding());
      int day = (rule.day - weekday + 7) % 7;
      for (int i = 1; i < rule.week && day + 7 < DaysIn(rule.month, year); ++i) day += 7;
      days = day + kDaysBefore[rule.month - 1] + (IsLeap(year) && rule.month > 2 ? 1 : 0);
      break;
    }
  }
  return days * kDay + rule.time - offset;
}

ZoneSpan Zone::Extended(int64_t last, int64_t unix_seconds) const {
  const Extension& e = *extension_;
  const auto span = [](const Kind& kind, int64_t start, int64_t end) {
    return ZoneSpan{kind.name, kind.offset, start, end};
  };
  if (!e.has_summer) return span(e.standard, last, INT64_MAX);
  // The calendar repeats every 400 years: so far from now only the rule's shape matters.
  constexpr int64_t kEra = 146097 * kDay;
  const int64_t era = unix_seconds / kEra;
  const int64_t in_era = unix_seconds - era * kEra;
  const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(
      std::chrono::sys_seconds(std::chrono::seconds(in_era)))};
  const std::chrono::sys_days january{date.year() / std::chrono::January / 1};
  const int64_t since =
      in_era - std::chrono::duration_cast<std::chrono::seconds>(january.time_since_epoch()).count();
  const int64_t year_start = unix_seconds - since;
  const int year = static_cast<int>(date.year());
  int64_t begin = RuleSeconds(year, e.begin, e.standard.offset),
          end = RuleSeconds(year, e.end, e.summer.offset);
  const Kind* outer = &e.standard;
  const Kind* inner = &e.summer;
  if (end < begin) {  // the southern half
    std::swap(begin, end);
    std::swap(outer, inner);
  }
  if (since < begin) return span(*outer, year_start, begin + year_start);
  if (since >= end) return span(*outer, end + year_start, year_start + 365 * kDay);
  return span(*inner, begin + year_start, end + year_start);
}

std::optional<int> Zone::OffsetOf(std::string_view name, int64_t unix_seconds) const {
  for (const Kind& kind : kinds_) {
    if (kind.name != name) continue;
    if (const ZoneSpan span = Lookup(unix_seconds - kind.offset); span.name == name)
      return span.offset;
  }
  for (const Kind& kind : kinds_) {
    if (kind.name == name) return kind.offset;
  }
  return std::nullopt;
}

}  // namespace sluice::gotemplate
