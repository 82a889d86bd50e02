// sprig's date functions (spec §7.7).
#include <algorithm>
#include <array>

#include "base/duration.h"
#include "base/strings.h"
#include "go_time.h"
#include "gotemplate/function.h"

namespace sluice::gotemplate {
namespace {

using base::Duration;
using base::Result;

GoTime Now(Call& call) { return GoTime::From(call.environment.Now(), LocalZone(call.environment)); }

// A time, or seconds since 1970 as int or int64; whatever else means now.
GoTime TimeFrom(Call& call, const Value& value) {
  if (const GoTime* time = TimeOf(value)) return *time;
  if (value.is_signed()) return {value.int_value(), 0, LocalZone(call.environment)};
  return Now(call);
}

Result<Value> DateInZone(Call& call, std::string_view layout, const Value& date,
                         std::string_view zone_name) {
  GoTime time = TimeFrom(call, date);
  time.zone = LoadZone(call.environment, zone_name);
  if (!time.zone) time.zone = Zone::Utc();
  return call.String(FormatGoTime(time, layout));
}

constexpr std::string_view kHtmlLayout = "2006-01-02";

Result<Value> DateFunction(Call& call) {
  return DateInZone(call, call[0].text(), call[1], "Local");
}
Result<Value> DateInZoneFunction(Call& call) {
  return DateInZone(call, call[0].text(), call[1], call[2].text());
}
Result<Value> HtmlDate(Call& call) { return DateInZone(call, kHtmlLayout, call[0], "Local"); }
Result<Value> HtmlDateInZone(Call& call) {
  return DateInZone(call, kHtmlLayout, call[0], call[1].text());
}

GoTime TimeArgument(const Value& value) {
  const GoTime* time = TimeOf(value);
  return time != nullptr ? *time : GoTime();
}

Result<Value> MustDateModify(Call& call) {
  SLUICE_TRY(const Duration by, base::ParseDuration(call[0].text()));
  return NewTime(call.heap, Add(TimeArgument(call[1]), by));
}

Result<Value> DateModify(Call& call) {
  const auto by = base::ParseDuration(call[0].text());
  if (!by.ok()) return call[1];
  return NewTime(call.heap, Add(TimeArgument(call[1]), *by));
}

Result<Value> Ago(Call& call) {
  const Duration since = Subtract(Now(call), TimeFrom(call, call[0]));
  return call.String(base::FormatDuration(base::RoundDuration(since, std::chrono::seconds(1))));
}

Duration Seconds(int64_t n) {
  return Duration(static_cast<int64_t>(static_cast<uint64_t>(n) * 1'000'000'000u));
}

// strconv.ParseInt in base 10: what is out of range is the nearest there is, what is malformed 0.
int64_t DecimalOrZero(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return 0;
  }
  if (const auto n = base::ParseInt64(text)) return *n;
  const std::string_view digits = base::TrimPrefix(text, "-");
  if (digits.empty() || digits.find_first_not_of("0123456789") != digits.npos) return 0;
  return text.starts_with('-') ? INT64_MIN : INT64_MAX;
}

Result<Value> DurationText(Call& call) {
  const Value& value = call[0];
  int64_t seconds = 0;
  if (value.kind() == Kind::kInt64) seconds = value.int_value();
  if (value.is_string()) seconds = DecimalOrZero(value.text());
  return call.String(base::FormatDuration(Seconds(seconds)));
}

Result<Value> DurationRound(Call& call) {
  const Value& value = call[0];
  Duration duration{0};
  if (value.is_string()) {
    duration = base::ParseDuration(value.text()).value_or(Duration(0));
  } else if (value.kind() == Kind::kInt64) {
    duration = Duration(value.int_value());
  } else if (const GoTime* time = TimeOf(value)) {
    duration = Subtract(Now(call), *time);
  }
  const int64_t count = duration.count();
  const uint64_t magnitude =
      count < 0 ? 0 - static_cast<uint64_t>(count) : static_cast<uint64_t>(count);
  constexpr uint64_t kHour = 3'600'000'000'000;
  constexpr std::pair<uint64_t, std::string_view> kUnits[] = {
      {kHour * 24 * 365, "y"}, {kHour * 24 * 30, "mo"}, {kHour * 24, "d"}, {kHour, "h"},
      {kHour / 60, "m"},       {kHour / 3600, "s"}};
  for (const auto& [unit, name] : kUnits) {
    if (magnitude > unit) return call.String(base::Cat(std::to_string(magnitude / unit), name));
  }
  return Value::String("0s");
}

Result<Value> MustToDate(Call& call) {
  SLUICE_TRY(GoTime time, ParseGoTime(call[0].text(), call[1].text(), LocalZone(call.environment)));
  return NewTime(call.heap, std::move(time));
}

Result<Value> ToDate(Call& call) {
  auto time = ParseGoTime(call[0].text(), call[1].text(), LocalZone(call.environment));
  return NewTime(call.heap, time.ok() ? std::move(*time) : GoTime());
}

Result<Value> NowFunction(Call& call) { return NewTime(call.heap, Now(call)); }
Result<Value> UnixEpoch(Call& call) {
  return call.String(std::to_string(TimeArgument(call[0]).seconds));
}

constexpr auto kFunctions = std::to_array<Function>({
    {"ago", "A>S", Ago},
    {"date", "SA>S", DateFunction},
    {"dateInZone", "SAS>S", DateInZoneFunction},
    {"dateModify", "ST>T", DateModify},
    {"date_in_zone", "SAS>S", DateInZoneFunction},
    {"date_modify", "ST>T", DateModify},
    {"duration", "A>S", DurationText},
    {"durationRound", "A>S", DurationRound},
    {"htmlDate", "A>S", HtmlDate},
    {"htmlDateInZone", "AS>S", HtmlDateInZone},
    {"mustDateModify", "ST>T", MustDateModify},
    {"mustToDate", "SS>T", MustToDate},
    {"must_date_modify", "ST>T", MustDateModify},
    {"now", ">T", NowFunction},
    {"toDate", "SS>T", ToDate},
    {"unixEpoch", "T>S", UnixEpoch},
});
static_assert(std::ranges::is_sorted(kFunctions, {}, &Function::name));

}  // namespace

std::span<const Function> DateFunctions() { return kFunctions; }

}  // namespace sluice::gotemplate
