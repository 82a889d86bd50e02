#include "base/duration.h"

#include <cstdint>
#include <limits>
#include <utility>

#include "base/strings.h"

namespace sluice::base {
namespace {

constexpr std::pair<std::string_view, uint64_t> kUnits[] = {
    {"ns", 1},          {"us", 1'000},        {"\u00b5s", 1'000},  // micro sign
    {"\u03bcs", 1'000},                                            // Greek mu
    {"ms", 1'000'000},  {"s", 1'000'000'000}, {"m", 60'000'000'000}, {"h", 3'600'000'000'000}};
constexpr uint64_t kLimit = uint64_t{1} << 63;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

Status Invalid(std::string_view text) {
  return InvalidArgument(Cat("time: invalid duration ", QuoteGo(TruncateUtf8(text, 128))));
}

// Consumes leading digits; false if the value leaves 63 bits.
bool LeadingInt(std::string_view& rest, uint64_t& value) {
  value = 0;
  while (!rest.empty() && IsDigit(rest[0])) {
    if (value > kLimit / 10) return false;
    value = value * 10 + static_cast<uint64_t>(rest[0] - '0');
    if (value > kLimit) return false;
    rest.remove_prefix(1);
  }
  return true;
}

// Consumes fraction digits; those beyond the precision of 63 bits are dropped.
void LeadingFraction(std::string_view& rest, uint64_t& value, double& scale) {
  value = 0;
  scale = 1;
  bool overflow = false;
  while (!rest.empty() && IsDigit(rest[0])) {
    const auto digit = static_cast<uint64_t>(rest[0] - '0');
    rest.remove_prefix(1);
    if (overflow) continue;
    if (value > (kLimit - 1) / 10 || value * 10 + digit > kLimit) {
      overflow = true;
      continue;
    }
    value = value * 10 + digit;
    scale *= 10;
  }
}

const std::pair<std::string_view, uint64_t>* FindUnit(std::string_view name) {
  for (const auto& unit : kUnits) {
    if (unit.first == name) return &unit;
  }
  return nullptr;
}

}  // namespace

Result<Duration> ParseDuration(std::string_view text) {
  std::string_view rest = text;
  bool negative = false;
  if (!rest.empty() && (rest[0] == '-' || rest[0] == '+')) {
    negative = rest[0] == '-';
    rest.remove_prefix(1);
  }
  if (rest == "0") return Duration(0);
  if (rest.empty()) return Invalid(text);
  uint64_t total = 0;
  while (!rest.empty()) {
    if (rest[0] != '.' && !IsDigit(rest[0])) return Invalid(text);
    uint64_t value = 0, fraction = 0;
    double scale = 1;
    const size_t before = rest.size();
    if (!LeadingInt(rest, value)) return Invalid(text);
    bool digits = rest.size() != before;
    if (!rest.empty() && rest[0] == '.') {
      rest.remove_prefix(1);
      const size_t point = rest.size();
      LeadingFraction(rest, fraction, scale);
      digits = digits || rest.size() != point;
    }
    if (!digits) return Invalid(text);
    size_t length = 0;
    while (length < rest.size() && rest[length] != '.' && !IsDigit(rest[length])) ++length;
    const std::string_view name = rest.substr(0, length);
    if (name.empty()) {
      return InvalidArgument(
          Cat("time: missing unit in duration ", QuoteGo(TruncateUtf8(text, 128))));
    }
    const auto* unit = FindUnit(name);
    if (unit == nullptr) {
      return InvalidArgument(Cat("time: unknown unit ", QuoteGo(TruncateUtf8(name, 32)),
                                 " in duration ", QuoteGo(TruncateUtf8(text, 128))));
    }
    rest.remove_prefix(length);
    if (value > kLimit / unit->second) return Invalid(text);
    value *= unit->second;
    if (fraction > 0) {
      value += static_cast<uint64_t>(static_cast<double>(fraction) *
                                     (static_cast<double>(unit->second) / scale));
      if (value > kLimit) return Invalid(text);
    }
    total += value;
    if (total > kLimit) return Invalid(text);
  }
  if (negative) return Duration(static_cast<int64_t>(0 - total));
  if (total > kLimit - 1) return Invalid(text);
  return Duration(static_cast<int64_t>(total));
}

namespace {

// "1.5" for value/10^digits, trailing zeros and a bare point dropped.
std::string Decimal(uint64_t value, int digits) {
  std::string fraction;
  for (int i = 0; i < digits; ++i) {
    const char digit = static_cast<char>('0' + value % 10);
    value /= 10;
    if (!fraction.empty() || digit != '0') fraction.insert(fraction.begin(), digit);
  }
  std::string out = std::to_string(value);
  if (!fraction.empty()) out += "." + fraction;
  return out;
}

}  // namespace

std::string FormatDuration(Duration d) {
  const int64_t count = d.count();
  if (count == 0) return "0s";
  const bool negative = count < 0;
  const uint64_t u = negative ? 0 - static_cast<uint64_t>(count) : static_cast<uint64_t>(count);
  std::string out = negative ? "-" : "";
  if (u < 1'000) return out + std::to_string(u) + "ns";
  if (u < 1'000'000) return out + Decimal(u, 3) + "\u00b5s";
  if (u < 1'000'000'000) return out + Decimal(u, 6) + "ms";
  const uint64_t minutes = u / 60'000'000'000;
  if (minutes >= 60) out += std::to_string(minutes / 60) + "h";
  if (minutes > 0) out += std::to_string(minutes % 60) + "m";
  return out + Decimal(u % 60'000'000'000, 9) + "s";
}

Duration RoundDuration(Duration d, Duration unit) {
  if (unit.count() <= 0) return d;
  const int64_t rest = d.count() % unit.count();
  const int64_t up = unit.count() - (rest < 0 ? -rest : rest);
  const int64_t magnitude = rest < 0 ? -rest : rest;
  if (magnitude < up) return Duration(d.count() - rest);
  constexpr auto kMax = std::numeric_limits<int64_t>::max(),
                 kMin = std::numeric_limits<int64_t>::min();
  if (d.count() >= 0) return Duration(d.count() > kMax - up ? kMax : d.count() + up);
  return Duration(d.count() < kMin + up ? kMin : d.count() - up);
}

}  // namespace sluice::base
