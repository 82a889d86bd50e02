// The objects behind time.Time, time.Month, time.Weekday and time.Duration with the fields and
// methods that templates can call.
#include <array>
#include <cmath>
#include <optional>

#include "base/duration.h"
#include "base/strings.h"
#include "document/value.h"
#include "go_time.h"

namespace sluice::gotemplate {
namespace {

constexpr Type kTimeType = {"time.Time", Kind::kObject};
constexpr Type kMonthType = {"time.Month", Kind::kObject};
constexpr Type kWeekdayType = {"time.Weekday", Kind::kObject};
constexpr Type kDurationType = {"time.Duration", Kind::kObject};

// An integer type whose String method names the number.
class NamedInt : public Object {
 public:
  NamedInt(const Type& type, int64_t number, std::string name)
      : type_(type), name_(std::move(name)), data_(number) {}
  const Type& type() const override { return type_; }
  std::string_view kind_name() const override { return "int"; }
  bool HasString() const override { return true; }
  std::string String() const override { return name_; }
  std::string GoString() const override { return std::to_string(data_.AsInt()); }
  bool Truth() const override { return data_.AsInt() != 0; }
  const document::Value* Data() const override { return &data_; }
  bool FieldsAreMethods() const override { return true; }
  bool Field(Heap& heap, std::string_view name, Value& out) const override {
    if (name != "String") return false;
    out = heap.CopyString(name_);
    return true;
  }

 private:
  const Type& type_;
  const std::string name_;
  const document::Value data_;
};

class DurationObject : public Object {
 public:
  explicit DurationObject(base::Duration d) : duration_(d), data_(int64_t{d.count()}) {}
  const Type& type() const override { return kDurationType; }
  std::string_view kind_name() const override { return "int64"; }
  bool HasString() const override { return true; }
  std::string String() const override { return base::FormatDuration(duration_); }
  bool Truth() const override { return duration_.count() != 0; }
  const document::Value* Data() const override { return &data_; }

  bool FieldsAreMethods() const override { return true; }
  bool Field(Heap& heap, std::string_view name, Value& out) const override {
    const int64_t n = duration_.count();
    // Whole units and the rest apart, as Go adds them.
    const auto in = [n](int64_t unit) {
      return Value::Float(static_cast<double>(n / unit) +
                          static_cast<double>(n % unit) / static_cast<double>(unit));
    };
    if (name == "Hours") {
      out = in(3'600'000'000'000);
    } else if (name == "Minutes") {
      out = in(60'000'000'000);
    } else if (name == "Seconds") {
      out = in(1'000'000'000);
    } else if (name == "Milliseconds") {
      out = Value::Int64(n / 1'000'000);
    } else if (name == "Microseconds") {
      out = Value::Int64(n / 1'000);
    } else if (name == "Nanoseconds") {
      out = Value::Int64(n);
    } else if (name == "String") {
      out = heap.CopyString(String());
    } else {
      return false;
    }
    return true;
  }

 private:
  const base::Duration duration_;
  const document::Value data_;
};

class TimeObject : public Object {
 public:
  TimeObject(GoTime t, TomlTime toml)
      : time_(std::move(t)), toml_(toml), data_(FormatRfc3339(time_)) {}

  const GoTime& time() const { return time_; }
  TomlTime toml() const { return toml_; }
  const Type& type() const override { return kTimeType; }
  bool HasString() const override { return true; }
  std::string String() const override { return ToString(time_); }
  std::string GoString() const override;
  const document::Value* Data() const override { return &data_; }

  bool FieldsAreMethods() const override { return true; }
  bool Field(Heap& heap, std::string_view name, Value& out) const override;
  std::string_view Method(std::string_view name) const override;
  base::Result<Value> CallMethod(std::string_view name, Call& call) override;

 private:
  const GoTime time_;
  const TomlTime toml_;
  const document::Value data_;  // what JSON and YAML show
};

// What %#v prints.
std::string TimeObject::GoString() const {
  const Civil c = CivilOf(time_);
  std::string out = "time.Date(" + std::to_string(c.year) + ", time.";
  out += MonthName(c.month);
  for (const int64_t n : {int64_t{c.day}, int64_t{c.hour}, int64_t{c.minute}, int64_t{c.second},
                          int64_t{time_.nanos}}) {
    out += ", " + std::to_string(n);
  }
  const std::string& zone = time_.zone->label();
  if (zone == "UTC" || zone == "Local") return base::Cat(out, ", time.", zone, ")");
  return base::Cat(out, ", time.Location(", base::QuoteGo(zone), "))");
}

Value Scaled(const GoTime& t, int64_t per_second) {
  const auto product = static_cast<uint64_t>(t.seconds) * static_cast<uint64_t>(per_second);
  return Value::Int64(static_cast<int64_t>(
      product + static_cast<uint64_t>(t.nanos / (1'000'000'000 / per_second))));
}

std::optional<int> CivilField(const Civil& c, std::string_view name) {
  if (name == "Day") return c.day;
  if (name == "YearDay") return c.year_day;
  if (name == "Hour") return c.hour;
  if (name == "Minute") return c.minute;
  if (name == "Second") return c.second;
  return std::nullopt;
}

bool TimeObject::Field(Heap& heap, std::string_view name, Value& out) const {
  const Civil c = CivilOf(time_);
  const auto named = [&](const Type& type, int n, std::string_view text) {
    out = Value::Of(heap.NewObject<NamedInt>(type, n, std::string(text)));
  };
  if (const auto number = CivilField(c, name)) {
    out = Value::Int(*number);
  } else if (name == "Year") {
    out = Value::Int(c.year);
  } else if (name == "Month") {
    named(kMonthType, c.month, MonthName(c.month));
  } else if (name == "Weekday") {
    named(kWeekdayType, c.weekday, WeekdayName(c.weekday));
  } else if (name == "Nanosecond") {
    out = Value::Int(time_.nanos);
  } else if (name == "Unix") {
    out = Value::Int64(time_.seconds);
  } else if (name == "UnixMilli") {
    out = Scaled(time_, 1'000);
  } else if (name == "UnixMicro") {
    out = Scaled(time_, 1'000'000);
  } else if (name == "UnixNano") {
    out = Scaled(time_, 1'000'000'000);
  } else if (name == "UTC") {
    out = NewTime(heap, {time_.seconds, time_.nanos, Zone::Utc()});
  } else if (name == "String") {
    out = heap.CopyString(String());
  } else if (name == "IsZero") {
    out = Value::Bool(time_.seconds == GoTime::kYearOne && time_.nanos == 0);
  } else {
    return false;
  }
  return true;
}

std::string_view TimeObject::Method(std::string_view name) const {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kMethods = {{
      {"AddDate", "III>T"},
      {"After", "T>B"},
      {"Before", "T>B"},
      {"Compare", "T>I"},
      {"Equal", "T>B"},
      {"Format", "S>S"},
      {"Sub", "T>{time.Duration}"},
      {"Add", "{time.Duration}>T"},
      {"Local", ">T"},
  }};
  for (const auto& [method, signature] : kMethods) {
    if (method == name) return signature;
  }
  return {};
}

// Months overflow into years, days into months; the clock stays.
GoTime AddDate(const GoTime& t, int64_t years, int64_t months, int64_t days) {
  constexpr int64_t kMost = 1'000'000'000;  // years enough; what is beyond wraps around in Go
  const auto bound = [](int64_t n) { return n > kMost ? kMost : n < -kMost ? -kMost : n; };
  const Civil c = CivilOf(t);
  const int64_t month = c.month - 1 + bound(months);
  const int64_t carry = month / 12 - (month % 12 < 0 ? 1 : 0);
  GoTime moved = FromCivil(c.year + bound(years) + carry, static_cast<int>(month - carry * 12) + 1,
                           1, 0, 0, 0, t.nanos, Zone::Utc());
  moved.seconds += (c.day - 1 + bound(days)) * 86400;
  const Civil d = CivilOf(moved);
  return FromCivil(d.year, d.month, d.day, c.hour, c.minute, c.second, t.nanos, t.zone);
}

base::Result<Value> TimeObject::CallMethod(std::string_view name, Call& call) {
  Heap& heap = call.heap;
  if (name == "Format") return call.String(FormatGoTime(time_, call[0].text()));
  if (name == "AddDate")
    return NewTime(heap,
                   AddDate(time_, call[0].int_value(), call[1].int_value(), call[2].int_value()));
  if (name == "Local")
    return NewTime(heap, {time_.seconds, time_.nanos, LocalZone(call.environment)});
  if (name == "Add")
    return NewTime(heap, gotemplate::Add(time_, base::Duration(call[0].object().Data()->AsInt())));
  const GoTime* other = TimeOf(call[0]);
  if (other == nullptr) return base::InvalidArgument("not a time");
  if (name == "Sub") return Value::Of(heap.NewObject<DurationObject>(Subtract(time_, *other)));
  const int order = gotemplate::Compare(time_, *other);
  if (name == "Compare") return Value::Int(order);
  return Value::Bool(name == "Before" ? order < 0 : name == "After" ? order > 0 : order == 0);
}

}  // namespace

Value NewTime(Heap& heap, GoTime t, TomlTime toml) {
  return Value::Of(heap.NewObject<TimeObject>(std::move(t), toml));
}

const GoTime* TimeOf(const Value& value) {
  if (value.kind() != Kind::kObject || &value.object().type() != &kTimeType) return nullptr;
  return &static_cast<const TimeObject&>(value.object()).time();
}

TomlTime TomlTimeOf(const Value& value) {
  return static_cast<const TimeObject&>(value.object()).toml();
}

}  // namespace sluice::gotemplate
