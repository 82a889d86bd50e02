#include "coerce.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "base/strings.h"

namespace sluice::gotemplate::internal {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsHexDigit(char c) { return IsDigit(c) || (Lower(c) >= 'a' && Lower(c) <= 'f'); }

// Underscores stand between digits, or after a base prefix.
bool UnderscoresSeparate(std::string_view s) {
  char last = '^';
  if (!s.empty() && (s[0] == '+' || s[0] == '-')) s.remove_prefix(1);
  bool hex = false;
  if (s.size() >= 2 && s[0] == '0' &&
      (Lower(s[1]) == 'b' || Lower(s[1]) == 'o' || Lower(s[1]) == 'x')) {
    last = '0';
    hex = Lower(s[1]) == 'x';
    s.remove_prefix(2);
  }
  for (const char c : s) {
    if (IsDigit(c) || (hex && IsHexDigit(c))) {
      last = '0';
    } else if (c == '_') {
      if (last != '0') return false;
      last = '_';
    } else {
      if (last == '_') return false;
      last = '!';
    }
  }
  return last != '_';
}

std::string WithoutUnderscores(std::string_view s) {
  std::string out(s);
  std::erase(out, '_');
  return out;
}

// "4.000" → "4": only zeros after the last point.
std::string_view TrimZeroDecimal(std::string_view s) {
  bool zero = false;
  for (size_t i = s.size(); i > 0; --i) {
    const char c = s[i - 1];
    if (c == '.' && zero) return s.substr(0, i - 1);
    if (c != '.' && c != '0') return s;
    zero = zero || c == '0';
  }
  return s;
}

struct FloatSyntax {
  bool ok = false;
  bool hex = false;
  // digits before the point, less leading zeros, plus exponent: > 0 for what overflows
  long long magnitude = 0;
};

// strconv's readFloat, without its value.
FloatSyntax ScanFloat(std::string_view s) {
  FloatSyntax f;
  if (s.size() >= 2 && s[0] == '0' && Lower(s[1]) == 'x') {
    f.hex = true;
    s.remove_prefix(2);
  }
  bool digits = false, point = false, leading = true;
  size_t i = 0;
  for (; i < s.size(); ++i) {
    if (s[i] == '.' && !point) {
      point = true;
    } else if (IsDigit(s[i]) || (f.hex && IsHexDigit(s[i]))) {
      digits = true;
      if (s[i] != '0') leading = false;
      if (point ? leading : false) --f.magnitude;
      if (!point && !leading) ++f.magnitude;
    } else {
      break;
    }
  }
  if (!digits) return f;
  if (f.hex) f.magnitude *= 4;
  if (i < s.size() && Lower(s[i]) == (f.hex ? 'p' : 'e')) {
    if (++i == s.size()) return f;
    const bool negative = s[i] == '-';
    if (s[i] == '+' || s[i] == '-') ++i;
    if (i == s.size()) return f;
    long long exponent = 0;
    for (; i < s.size() && IsDigit(s[i]); ++i) {
      if (exponent < 1'000'000) exponent = exponent * 10 + (s[i] - '0');
    }
    f.magnitude += negative ? -exponent : exponent;
  } else if (f.hex) {
    return f;  // a hexadecimal mantissa needs its exponent
  }
  f.ok = i == s.size();
  return f;
}

}  // namespace

std::optional<int64_t> ParseGoInt(std::string_view text) {
  if (text.empty() || !UnderscoresSeparate(text)) return std::nullopt;
  std::string clean;
  if (text.find('_') != text.npos) text = clean = WithoutUnderscores(text);
  const bool negative = text[0] == '-';
  if (text[0] == '-' || text[0] == '+') text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  int base = 10;
  if (text[0] == '0') {
    const char prefix = text.size() >= 3 ? Lower(text[1]) : '\0';
    base = prefix == 'b' ? 2 : prefix == 'o' ? 8 : prefix == 'x' ? 16 : 8;
    text.remove_prefix(prefix == 'b' || prefix == 'o' || prefix == 'x' ? 2 : 1);
    if (text.empty()) return 0;
  }
  uint64_t magnitude = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), magnitude, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  constexpr uint64_t kMax = std::numeric_limits<int64_t>::max();
  if (magnitude > kMax + (negative ? 1 : 0)) return std::nullopt;
  return static_cast<int64_t>(negative ? 0 - magnitude : magnitude);
}

std::optional<double> ParseGoFloat(std::string_view text) {
  std::string_view s = text;
  const bool negative = !s.empty() && s[0] == '-';
  if (!s.empty() && (s[0] == '-' || s[0] == '+')) s.remove_prefix(1);
  if (base::EqualFold(s, "inf") || base::EqualFold(s, "infinity")) {
    return negative ? -std::numeric_limits<double>::infinity()
                    : std::numeric_limits<double>::infinity();
  }
  if (base::EqualFold(text, "nan")) return std::numeric_limits<double>::quiet_NaN();
  std::string clean;
  if (s.find('_') != s.npos) {
    if (!UnderscoresSeparate(s)) return std::nullopt;
    s = clean = WithoutUnderscores(s);
  }
  const FloatSyntax syntax = ScanFloat(s);
  if (!syntax.ok) return std::nullopt;
  double d = 0;
  const auto format = syntax.hex ? std::chars_format::hex : std::chars_format::general;
  if (syntax.hex) s.remove_prefix(2);
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), d, format);
  if (error == std::errc::result_out_of_range) {
    if (syntax.magnitude > 0) return std::nullopt;
    d = 0;
  } else if (error != std::errc() || end != s.data() + s.size()) {
    return std::nullopt;
  }
  if (std::isinf(d)) return std::nullopt;
  return negative ? -d : d;
}

int64_t TruncateToInt64(double d) {
  if (!(d >= -0x1p63 && d < 0x1p63)) return std::numeric_limits<int64_t>::min();
  return static_cast<int64_t>(d);
}

int64_t ToInt64(const Value& value) {
  switch (value.kind()) {
    case Kind::kBool:
      return value.bool_value() ? 1 : 0;
    case Kind::kInt:
    case Kind::kInt64:
      return value.int_value();
    case Kind::kUint8:
    case Kind::kUint32:
    case Kind::kUint64:
      return static_cast<int64_t>(value.uint_value());
    case Kind::kFloat64:
      return TruncateToInt64(value.float_value());
    case Kind::kString:
      return ParseGoInt(TrimZeroDecimal(value.text())).value_or(0);
    default:
      return 0;
  }
}

double ToFloat64(const Value& value) {
  switch (value.kind()) {
    case Kind::kBool:
      return value.bool_value() ? 1 : 0;
    case Kind::kInt:
    case Kind::kInt64:
      return static_cast<double>(value.int_value());
    case Kind::kUint8:
    case Kind::kUint32:
    case Kind::kUint64:
      return static_cast<double>(value.uint_value());
    case Kind::kFloat64:
      return value.float_value();
    case Kind::kString:
      return ParseGoFloat(value.text()).value_or(0);
    default:
      return 0;
  }
}

void AppendStrval(std::string& out, const Value& value) {
  if (value.is_string() || value.kind() == Kind::kBytes) {
    out += value.text();
  } else if (value.kind() == Kind::kObject && value.object().HasString()) {
    out += value.object().String();
  } else {
    AppendGoValue(out, value);
  }
}

std::string Strval(const Value& value) {
  std::string out;
  AppendStrval(out, value);
  return out;
}

Value StrvalValue(Heap& heap, const Value& value) {
  if (value.is_string()) return value;
  if (value.kind() == Kind::kBytes) return Value::String(value.text());
  return heap.CopyString(Strval(value));
}

std::vector<std::string_view> Strslice(Heap& heap, const Value& value) {
  std::vector<std::string_view> texts;
  if (!IsSlice(value)) {
    if (!value.is_nil()) texts.push_back(StrvalValue(heap, value).text());
    return texts;
  }
  const size_t n = SliceLength(value);
  texts.reserve(n);
  for (size_t i = 0; i < n && !heap.exhausted(); ++i) {
    const Value element = SliceElement(value, i);
    if (!element.is_nil()) texts.push_back(StrvalValue(heap, element).text());
  }
  return texts;
}

Value StringList(Heap& heap, const std::vector<std::string_view>& texts) {
  List* list = heap.NewList(texts.size(), types::kStringList);
  for (const std::string_view text : texts) list->Append(heap, Value::String(text));
  return Value::Of(list);
}

bool IsEmpty(const Value& value) {
  switch (value.kind()) {
    case Kind::kNil:
      return true;
    case Kind::kBool:
      return !value.bool_value();
    case Kind::kInt:
    case Kind::kInt64:
      return value.int_value() == 0;
    case Kind::kUint8:
    case Kind::kUint32:
    case Kind::kUint64:
      return value.uint_value() == 0;
    case Kind::kFloat64:
      return value.float_value() == 0;
    case Kind::kComplex128:
      return value.complex_value() == std::complex<double>();
    case Kind::kString:
    case Kind::kBytes:
      return value.text().empty();
    case Kind::kList:
      return value.list().empty();
    case Kind::kMap:
      return value.map().empty();
    case Kind::kObject:
      return value.object().kind_name() == "map" && value.object().size() == 0;
  }
  return false;
}

bool IsSlice(const Value& value) { return value.is_list() || value.kind() == Kind::kBytes; }

size_t SliceLength(const Value& slice) {
  return slice.is_list() ? slice.list().size() : slice.text().size();
}

Value SliceElement(const Value& slice, size_t i) {
  if (slice.is_list()) return slice.list()[i];
  return Value::Uint8(static_cast<uint8_t>(slice.text()[i]));
}

namespace {

// A comparison remembers the pairs it is in or through with, as Go's does, so shared parts are
// compared once and cycles end.
class Comparison {
 public:
  bool Equal(const Value& a, const Value& b, int depth) {
    if (a.kind() != b.kind() || depth > kMaxDepth) return false;
    switch (a.kind()) {
      case Kind::kNil:
        return true;
      case Kind::kBool:
        return a.bool_value() == b.bool_value();
      case Kind::kInt:
      case Kind::kInt64:
        return a.int_value() == b.int_value();
      case Kind::kUint8:
      case Kind::kUint32:
      case Kind::kUint64:
        return a.uint_value() == b.uint_value();
      case Kind::kFloat64:
        return a.float_value() == b.float_value();
      case Kind::kComplex128:
        return a.complex_value() == b.complex_value();
      case Kind::kString:
      case Kind::kBytes:
        return a.text() == b.text();
      case Kind::kList:
        return Equal(a.list(), b.list(), depth);
      case Kind::kMap:
        return a.type() == b.type() && Equal(a.map(), b.map(), depth);
      case Kind::kObject:
        return Equal(a.object(), b.object());
    }
    return false;
  }

 private:
  bool Equal(const List& a, const List& b, int depth) {
    if (&a.type() != &b.type() || a.size() != b.size() || a.is_nil() != b.is_nil()) return false;
    if (&a == &b || Seen(&a, &b)) return true;
    for (size_t i = 0; i < a.size(); ++i) {
      if (!Equal(a[i], b[i], depth + 1)) return false;
    }
    return true;
  }
  bool Equal(const Map& a, const Map& b, int depth) {
    if (a.size() != b.size() || a.is_nil() != b.is_nil()) return false;
    if (&a == &b || Seen(&a, &b)) return true;
    const auto left = a.entries(), right = b.entries();
    for (size_t i = 0; i < left.size(); ++i) {
      if (left[i].key != right[i].key || !Equal(left[i].value, right[i].value, depth + 1))
        return false;
    }
    return true;
  }
  static bool Equal(const Object& a, const Object& b) {
    if (&a == &b) return true;
    return &a.type() == &b.type() && a.HasString() == b.HasString() && a.String() == b.String() &&
           a.GoString() == b.GoString();
  }
  bool Seen(const void* a, const void* b) {
    constexpr size_t kFree = 256;  // most comparisons are small: they need no memory
    if (++containers_ < kFree) return false;
    return !seen_.emplace(a, b).second;
  }

  size_t containers_ = 0;
  std::set<std::pair<const void*, const void*>> seen_;
};

size_t Mix(size_t seed, size_t h) { return (seed ^ h) * 0x9e3779b97f4a7c15u + (seed >> 29); }

size_t HashOf(const Value& value, int depth) {
  const auto kind = static_cast<size_t>(value.kind());
  const auto text = [](std::string_view s) { return std::hash<std::string_view>()(s); };
  switch (value.kind()) {
    case Kind::kBool:
      return Mix(kind, value.bool_value() ? 1 : 0);
    case Kind::kInt:
    case Kind::kInt64:
      return Mix(kind, static_cast<size_t>(value.int_value()));
    case Kind::kUint8:
    case Kind::kUint32:
    case Kind::kUint64:
      return Mix(kind, value.uint_value());
    case Kind::kFloat64:
      return Mix(kind, value.float_value() == 0 ? 0 : std::bit_cast<size_t>(value.float_value()));
    case Kind::kString:
    case Kind::kBytes:
      return Mix(kind, text(value.text()));
    case Kind::kList: {
      size_t h = Mix(kind, value.list().size());
      if (depth > 2) return h;
      for (size_t i = 0; i < std::min<size_t>(value.list().size(), 8); ++i)
        h = Mix(h, HashOf(value.list()[i], depth + 1));
      return h;
    }
    case Kind::kMap: {
      size_t h = Mix(kind, value.map().size());
      if (depth > 2) return h;
      for (const auto& entry :
           value.map().entries().first(std::min<size_t>(value.map().size(), 8))) {
        h = Mix(Mix(h, text(entry.key)), HashOf(entry.value, depth + 1));
      }
      return h;
    }
    default:
      return kind;
  }
}

}  // namespace

bool DeepEqual(const Value& a, const Value& b) { return Comparison().Equal(a, b, 0); }

size_t DeepHash(const Value& value) { return HashOf(value, 0); }

base::Status NilDereference() {
  return base::InvalidArgument("runtime error: invalid memory address or nil pointer dereference");
}

base::Status IndexOutOfRange(int64_t index, size_t length) {
  std::string text = "runtime error: index out of range [" + std::to_string(index) + "]";
  if (index >= 0) text += " with length " + std::to_string(length);
  return base::InvalidArgument(std::move(text));
}

base::Status CheckFits(const Heap& heap, uint64_t n) {
  if (n <= std::numeric_limits<uint32_t>::max() && heap.Fits(n)) return base::OkStatus();
  return base::ResourceExhausted("result is too large: " + std::to_string(n) + " bytes");
}

}  // namespace sluice::gotemplate::internal
