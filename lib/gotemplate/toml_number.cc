// Numbers and dates of TOML.
#include <algorithm>
#include <cmath>

#include "base/strings.h"
#include "coerce.h"
#include "toml_scan.h"

namespace sluice::gotemplate {
namespace {

using base::Result;
using toml::IsDigit;
using toml::IsOneOf;
using toml::Quoted;
using toml::QuotedRune;
using toml::Rune;

bool IsHex(uint32_t r) { return IsDigit(r) || ((r | 0x20) >= 'a' && (r | 0x20) <= 'f'); }

bool HasLeadingZero(std::string_view s) {
  if (s.size() > 1 && s[0] == '0' && s[1] != 'b' && s[1] != 'o' && s[1] != 'x') return true;
  return s.size() > 2 && (s[0] == '-' || s[0] == '+') && s[1] == '0';
}

bool UnderscoresOk(std::string_view s) {
  for (const std::string_view word : {"nan", "+nan", "-nan", "inf", "-inf", "+inf"}) {
    if (s == word) return true;
  }
  bool accept = false;
  for (const char c : s) {
    if (c == '_' && !accept) return false;
    accept = IsHex(static_cast<unsigned char>(c));
  }
  return accept;
}

bool PeriodsOk(std::string_view s) {
  bool period = false;
  for (const char c : s) {
    if (period && !IsDigit(static_cast<unsigned char>(c))) return false;
    period = c == '.';
  }
  return !period;
}

// Sign, digits with at most one point, exponent: what fails nevertheless is too large.
bool ParsesAsFloat(std::string_view s) {
  if (s.starts_with('+') || s.starts_with('-')) s.remove_prefix(1);
  const size_t e = std::min(s.find_first_of("eE"), s.size());
  const std::string_view mantissa = s.substr(0, e);
  if (mantissa.find_first_not_of("0123456789.") != s.npos ||
      std::ranges::count(mantissa, '.') > 1 || mantissa.find_first_of("0123456789") == s.npos)
    return false;
  if (e == s.size()) return true;
  std::string_view exponent = s.substr(e + 1);
  if (exponent.starts_with('+') || exponent.starts_with('-')) exponent.remove_prefix(1);
  return !exponent.empty() && exponent.find_first_not_of("0123456789") == s.npos;
}

// Go's parser takes numbers without leading zeros: the separators then stand elsewhere.
bool MissesLeadingZero(std::string_view text, std::string_view layout) {
  for (size_t i = 0; i < layout.size(); ++i) {
    const char c = layout[i];
    if (c == '.' || c == 'Z') return false;
    if (!IsDigit(static_cast<unsigned char>(c)) && (i >= text.size() || text[i] != c)) return true;
  }
  return false;
}

std::shared_ptr<const Zone> ZoneOf(TomlTime kind, Environment& environment) {
  const std::shared_ptr<const Zone> local = LocalZone(environment);
  if (kind == TomlTime::kOffset) return local;
  const int offset = local->Lookup(base::ToUnixSeconds(environment.Now())).offset;
  return Zone::Fixed(kind == TomlTime::kLocalDatetime ? "datetime-local"
                     : kind == TomlTime::kLocalDate   ? "date-local"
                                                      : "time-local",
                     offset);
}

}  // namespace

Result<bool> TomlScanner::InfinityOrNan() {
  for (const std::string_view rest : {"nf", "an"}) {
    SLUICE_TRY(const bool first, Accept(rest[0]));
    if (!first) continue;
    width_ = 1;
    SLUICE_TRY(const bool second, Accept(rest[1]));
    width_ = 1;
    if (second) return true;
  }
  width_ = 1;
  return false;
}

Result<Value> TomlScanner::SignedNumber() {
  const size_t start = at_ - 1;
  SLUICE_TRY(const uint32_t r, Next());
  if (r == 'i' || r == 'n') {
    for (const char c : std::string_view(r == 'i' ? "nf" : "an")) {
      SLUICE_TRY(const bool good, Accept(c));
      if (!good) return FailHere(base::Cat("invalid float: '", From(start), "'"));
    }
    return Float(From(start));
  }
  if (r == '0') {
    SLUICE_TRY(const uint32_t p, Peek());
    if (IsOneOf(p, "box")) {
      return FailHere(
          base::Cat("cannot use sign with non-decimal numbers: '", From(start), Rune(p), "'"));
    }
  }
  if (r == '.') return FailHere("floats must start with a digit, not '.'");
  if (!IsDigit(r)) return FailHere(base::Cat("expected a digit but got ", QuotedRune(r)));
  return Decimal(start);
}

Result<Value> TomlScanner::NumberOrDate(Heap& heap, Environment& environment) {
  const size_t start = at_;
  SLUICE_TRY(const uint32_t zero, Next());
  if (zero == '0') {
    SLUICE_TRY(const uint32_t r, Next());
    if (IsOneOf(r, "box")) return BasedInteger(start, r);
    if (r == '_') return Decimal(start);
    if (IsOneOf(r, ".eE")) return FloatFrom(start);
    if (!IsDigit(r)) {
      Back();
      return Integer(From(start));
    }
  }
  SLUICE_TRY(TakeWhile(IsDigit));
  SLUICE_TRY(const uint32_t r, Next());
  if (r == '-' || r == ':') {
    SLUICE_TRY(TakeWhile([](uint32_t c) { return IsDigit(c) || IsOneOf(c, "-:Tt .Zz+"); }));
    return Date(base::TrimSpace(From(start)), heap, environment);
  }
  if (r == '_') return Decimal(start);
  if (IsOneOf(r, ".eE")) return FloatFrom(start);
  Back();
  return Integer(From(start));
}

Result<Value> TomlScanner::Decimal(size_t start) {
  SLUICE_TRY(TakeWhile([](uint32_t c) { return IsDigit(c) || c == '_'; }));
  SLUICE_TRY(const uint32_t r, Next());
  if (IsOneOf(r, ".eE")) return FloatFrom(start);
  Back();
  return Integer(From(start));
}

Result<Value> TomlScanner::FloatFrom(size_t start) {
  SLUICE_TRY(TakeWhile([](uint32_t c) { return IsDigit(c) || IsOneOf(c, "_.-+eE"); }));
  return Float(From(start));
}

Result<Value> TomlScanner::BasedInteger(size_t start, uint32_t base) {
  const std::string_view digits = base == 'b'   ? "01_"
                                  : base == 'o' ? "01234567_"
                                                : "0123456789abcdefABCDEF_";
  const std::string_view name = base == 'b'   ? "not a binary"
                                : base == 'o' ? "not an octal"
                                              : "not a hexadecimal";
  SLUICE_TRY(const uint32_t first, Peek());
  if (!IsOneOf(first, digits) || first == '_') {
    const std::string shown = first == kEof ? std::string(1, '\0') : Rune(first);
    return FailHere(base::Cat(name, " number: '", From(start), shown, "'"));
  }
  SLUICE_TRY(TakeWhile([digits](uint32_t c) { return IsOneOf(c, digits); }));
  return Integer(From(start));
}

Result<Value> TomlScanner::Integer(std::string_view text) const {
  if (!UnderscoresOk(text))
    return FailHere(
        base::Cat("Invalid integer ", Quoted(text), ": underscores must be surrounded by digits"));
  if (HasLeadingZero(text))
    return FailHere(base::Cat("Invalid integer ", Quoted(text), ": cannot have leading zeroes"));
  if (const auto n = internal::ParseGoInt(text)) return Value::Int64(*n);
  return FailHere(base::Cat(text, " is out of range for int64"));
}

Result<Value> TomlScanner::Float(std::string_view text) const {
  bool first = true, leading_zero = false;
  for (size_t i = 0; i < text.size();) {
    const size_t end = std::min(text.find_first_of(".eE", i), text.size());
    const std::string_view part = text.substr(i, end - i);
    i = end + 1;
    if (part.empty()) continue;
    if (!UnderscoresOk(part))
      return FailHere(
          base::Cat("Invalid float ", Quoted(text), ": underscores must be surrounded by digits"));
    leading_zero = leading_zero || (first && HasLeadingZero(part));
    first = false;
  }
  if (leading_zero)
    return FailHere(base::Cat("Invalid float ", Quoted(text), ": cannot have leading zeroes"));
  if (!PeriodsOk(text))
    return FailHere(
        base::Cat("Invalid float ", Quoted(text), ": '.' must be followed by one or more digits"));
  std::string digits(text);
  std::erase(digits, '_');
  if (digits == "+nan" || digits == "-nan" || digits == "nan") {
    return Value::Float(std::copysign(std::nan(""), digits[0] == '-' ? -1.0 : 1.0));
  }
  if (const auto d = internal::ParseGoFloat(digits)) return Value::Float(*d);
  const bool number =
      digits.find_first_not_of("0123456789.eE+-") == digits.npos && ParsesAsFloat(digits);
  return FailHere(number ? base::Cat(text, " is out of range for float64")
                         : base::Cat("Invalid float value: ", Quoted(text)));
}

Result<Value> TomlScanner::Date(std::string_view given, Heap& heap,
                                Environment& environment) const {
  std::string text(given);
  for (char& c : text) c = c == 'z' ? 'Z' : c == 't' || c == ' ' ? 'T' : c;
  struct Form {
    std::string_view layout;
    TomlTime kind;
  };
  constexpr Form kForms[] = {{"2006-01-02T15:04:05.999999999Z07:00", TomlTime::kOffset},
                             {"2006-01-02T15:04:05.999999999", TomlTime::kLocalDatetime},
                             {"2006-01-02", TomlTime::kLocalDate},
                             {"15:04:05.999999999", TomlTime::kLocalTime},
                             {"2006-01-02T15:04Z07:00", TomlTime::kOffset},
                             {"2006-01-02T15:04", TomlTime::kLocalDatetime},
                             {"15:04", TomlTime::kLocalTime}};
  const size_t forms = v4_ ? std::size(kForms) : 4;
  for (size_t i = 0; i < forms; ++i) {
    const Form& form = kForms[i];
    auto time = ParseGoTime(form.layout, text, ZoneOf(form.kind, environment));
    if (!time.ok()) continue;
    if (MissesLeadingZero(text, form.layout)) break;
    return NewTime(heap, std::move(*time), form.kind);
  }
  return FailHere(base::Cat("invalid datetime: ", Quoted(text)));
}

}  // namespace sluice::gotemplate
