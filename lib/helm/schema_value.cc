// Types, equality, exact decimal arithmetic and the texts of a validation.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/json_string.h"
#include "base/strings.h"
#include "schema_node.h"

namespace sluice::helm::schema {
namespace {

using base::Cat;

constexpr std::pair<std::string_view, uint8_t> kTypes[] = {
    {"null", kNullType},       {"boolean", kBooleanType}, {"number", kNumberType},
    {"integer", kIntegerType}, {"string", kStringType},   {"array", kArrayType},
    {"object", kObjectType},
};

constexpr std::pair<Draft, std::string_view> kDrafts[] = {
    {Draft::k4, "http://json-schema.org/draft-04/schema"},
    {Draft::k6, "http://json-schema.org/draft-06/schema"},
    {Draft::k7, "http://json-schema.org/draft-07/schema"},
    {Draft::k2019, "https://json-schema.org/draft/2019-09/schema"},
    {Draft::k2020, "https://json-schema.org/draft/2020-12/schema"},
};

std::string_view WithoutScheme(std::string_view url) {
  return url.starts_with("https://") ? url.substr(8) : base::TrimPrefix(url, "http://");
}

// digits × 10^exponent, the shortest that reads back as the number.
struct Decimal {
  uint64_t digits = 0;
  int exponent = 0;
  int count = 1;  // of digits
};

Decimal ToDecimal(const Value& number) {
  char text[64];
  const auto end = number.kind() == Value::Kind::kDouble
                       ? std::to_chars(text, text + sizeof text, std::fabs(number.AsDouble()),
                                       std::chars_format::scientific)
                             .ptr
                   : number.kind() == Value::Kind::kUint
                       ? std::to_chars(text, text + sizeof text, number.AsUint()).ptr
                       : std::to_chars(text, text + sizeof text, std::llabs(number.AsInt())).ptr;
  Decimal out;
  out.count = 0;
  int after_point = 0;
  bool point = false;
  for (const char* p = text; p < end; ++p) {
    if (*p == '.') {
      point = true;
    } else if (*p == 'e') {
      ++p;
      if (*p == '+') ++p;
      std::from_chars(p, end, out.exponent);
      break;
    } else {
      out.digits = out.digits * 10 + static_cast<uint64_t>(*p - '0');
      ++out.count;
      after_point += point ? 1 : 0;
    }
  }
  out.exponent -= after_point;
  return out;
}

__extension__ typedef unsigned __int128 Wide;

std::string Grouped(std::string digits) {
  for (size_t i = digits.size(); i > 3;) {
    i -= 3;
    digits.insert(i, ",");
  }
  return digits;
}

}  // namespace

std::string_view DraftUrl(Draft draft) { return kDrafts[static_cast<size_t>(draft)].second; }

std::optional<Draft> DraftFromUrl(std::string_view url) {
  if (url.ends_with('#')) url.remove_suffix(1);
  url = WithoutScheme(url);
  if (url == "json-schema.org/schema") return Draft::k2020;
  for (const auto& [draft, known] : kDrafts) {
    if (url == WithoutScheme(known)) return draft;
  }
  return std::nullopt;
}

uint8_t TypeFromName(std::string_view name) {
  for (const auto& [known, type] : kTypes) {
    if (known == name) return type;
  }
  return 0;
}

uint8_t TypeOf(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::kNull:
      return kNullType;
    case Value::Kind::kBool:
      return kBooleanType;
    case Value::Kind::kString:
      return kStringType;
    case Value::Kind::kArray:
      return kArrayType;
    case Value::Kind::kObject:
      return kObjectType;
    default:
      return kNumberType;
  }
}

std::string TypeNames(uint8_t types) {
  std::string out;
  for (const auto& [name, type] : kTypes) {
    if ((types & type) == 0) continue;
    if (!out.empty()) out += " or ";
    out += name;
  }
  return out;
}

bool IsInteger(const Value& number) {
  return number.kind() != Value::Kind::kDouble ||
         (std::isfinite(number.AsDouble()) && std::trunc(number.AsDouble()) == number.AsDouble());
}

int CompareNumbers(const Value& a, const Value& b) {
  const auto wide = [](const Value& v) {  // 64 bits of mantissa hold each of them exactly
    return v.kind() == Value::Kind::kInt    ? static_cast<long double>(v.AsInt())
           : v.kind() == Value::Kind::kUint ? static_cast<long double>(v.AsUint())
                                            : static_cast<long double>(v.AsDouble());
  };
  const long double x = wide(a), y = wide(b);
  return x < y ? -1 : x > y ? 1 : 0;
}

bool IsMultipleOf(const Value& number, const Value& of) {
  const Decimal a = ToDecimal(number), b = ToDecimal(of);
  if (a.digits == 0) return true;
  if (b.digits == 0) return false;
  if (a.exponent >= b.exponent) {
    Wide rest = a.digits % b.digits;
    for (int i = a.exponent - b.exponent; i > 0 && rest != 0; --i) rest = rest * 10 % b.digits;
    return rest == 0;
  }
  Wide divisor = b.digits;
  for (int i = b.exponent - a.exponent; i > 0; --i) {
    divisor *= 10;
    if (divisor > a.digits) return false;
  }
  return a.digits % divisor == 0;
}

bool Equals(const Value& a, const Value& b, HelmVersion version) {
  if (a.is_number() && b.is_string() &&
      version == HelmVersion::kV3) {  // its library compares with the text's number
    const auto number = base::ParseDouble(b.AsString());
    return number.has_value() && *number == a.AsDouble();
  }
  if (TypeOf(a) != TypeOf(b)) return false;
  if (a.is_number()) return CompareNumbers(a, b) == 0;
  if (a.size() != b.size()) return false;
  if (a.is_array()) {
    for (size_t i = 0; i < a.size(); ++i) {
      if (!Equals(a.items()[i], b.items()[i], version)) return false;
    }
    return true;
  }
  if (a.is_object()) {
    for (const auto& [key, value] : a.members()) {
      const Value* other = b.Find(key);
      if (other == nullptr || !Equals(value, *other, version)) return false;
    }
    return true;
  }
  return a == b;
}

std::string Quote(std::string_view text) {
  const std::string quoted = base::QuoteGo(text);
  return Cat(
      "'",
      base::ReplaceAll(
          base::ReplaceAll(std::string_view(quoted).substr(1, quoted.size() - 2), "\\\"", "\""),
          "'", "\\'"),
      "'");
}

std::string Display(const Value& primitive) {
  switch (primitive.kind()) {
    case Value::Kind::kNull:
      return "<nil>";
    case Value::Kind::kBool:
      return primitive.AsBool() ? "true" : "false";
    case Value::Kind::kInt:
      return std::to_string(primitive.AsInt());
    case Value::Kind::kUint:
      return std::to_string(primitive.AsUint());
    case Value::Kind::kString:
      return Quote(primitive.AsString());
    case Value::Kind::kDouble: {  // the schema's own text, as far as it can be told
      char text[64];
      const double d = primitive.AsDouble();
      const bool plain = std::fabs(d) < 1e16 && std::trunc(d) == d;
      std::string out(
          text, plain ? std::to_chars(text, text + sizeof text, d, std::chars_format::fixed).ptr
                      : std::to_chars(text, text + sizeof text, d).ptr);
      if (out.find_first_of(".en") == out.npos) out += ".0";
      return out;
    }
    default:
      return "value";
  }
}

std::string CountText(size_t n) { return Grouped(std::to_string(n)); }

std::string NumberText(const Value& number) {
  const Decimal decimal = ToDecimal(number);
  std::string digits = std::to_string(decimal.digits);
  while (digits.size() > 1 && digits.back() == '0') digits.pop_back();
  if (decimal.digits == 0) return "0";
  const int exponent =
      decimal.exponent + static_cast<int>(std::to_string(decimal.digits).size()) - 1;
  std::string out = CompareNumbers(number, Value(0)) < 0 ? "-" : "";
  if (exponent < -4 || exponent >= 6) {
    constexpr std::string_view kSuperscript[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
    out += digits.substr(0, 1);
    if (digits.size() > 1) out += Cat(".", std::string_view(digits).substr(1));
    out += exponent < 0 ? "×10⁻" : "×10";
    const std::string power = std::to_string(std::abs(exponent));
    if (power.size() < 2) out += kSuperscript[0];
    for (const char c : power) out += kSuperscript[static_cast<size_t>(c - '0')];
    return out;
  }
  const auto size = static_cast<int>(digits.size());
  if (exponent < 0)
    return Cat(out, "0.", std::string(static_cast<size_t>(-exponent - 1), '0'), digits);
  if (size <= exponent) digits.append(static_cast<size_t>(exponent + 1 - size), '0');
  const auto whole = static_cast<size_t>(exponent + 1);
  out += Grouped(digits.substr(0, whole));
  if (digits.size() > whole) out += Cat(".", std::string_view(digits).substr(whole));
  return out;
}

base::Result<std::shared_ptr<const re2::RE2>> CompileRegex(std::string_view pattern) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  auto regex =
      std::make_shared<const re2::RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
  if (regex->ok()) return regex;
  constexpr std::pair<re2::RE2::ErrorCode, std::string_view> kWords[] = {
      {re2::RE2::ErrorBadEscape, "invalid escape sequence"},
      {re2::RE2::ErrorBadCharClass, "invalid character class"},
      {re2::RE2::ErrorBadCharRange, "invalid character class range"},
      {re2::RE2::ErrorMissingBracket, "missing closing ]"},
      {re2::RE2::ErrorMissingParen, "missing closing )"},
      {re2::RE2::ErrorTrailingBackslash, "trailing backslash at end of expression"},
      {re2::RE2::ErrorRepeatArgument, "missing argument to repetition operator"},
      {re2::RE2::ErrorRepeatSize, "invalid repeat count"},
      {re2::RE2::ErrorRepeatOp, "invalid nested repetition operator"},
      {re2::RE2::ErrorBadPerlOp, "invalid or unsupported Perl syntax"},
      {re2::RE2::ErrorBadUTF8, "invalid UTF-8"},
      {re2::RE2::ErrorBadNamedCapture, "invalid named capture"},
  };
  std::string_view words = "internal error";
  for (const auto& [code, text] : kWords) {
    if (code == regex->error_code()) words = text;
  }
  const std::string piece = regex->error_code() == re2::RE2::ErrorMissingParen
                                ? std::string(pattern)
                                : regex->error_arg();
  return base::InvalidArgument(Cat("error parsing regexp: ", words, piece.empty() ? "" : ": `",
                                   piece, piece.empty() ? "" : "`"));
}

std::string JoinUrl(std::string_view base, std::string_view reference) {
  const size_t hash = reference.find('#');
  reference = reference.substr(0, hash);
  if (reference.empty()) return std::string(base.substr(0, base.find('#')));
  const size_t colon = reference.find(':');
  if (colon != reference.npos && reference.find_first_of("/?") > colon)
    return std::string(reference);
  const size_t scheme = base.find(':');
  if (scheme == base.npos) return std::string(reference);
  if (base.substr(scheme + 1, 2) != "//")
    return Cat(base.substr(0, scheme + 1), reference);  // urn:a:b
  if (reference.starts_with("//")) return Cat(base.substr(0, scheme + 1), reference);
  size_t path = base.find('/', scheme + 3);
  if (path == base.npos) path = base.size();
  const std::string_view origin = base.substr(0, path);
  std::string_view folder = base.substr(path);
  folder = folder.substr(0, folder.find('?'));
  folder = folder.substr(0, folder.rfind('/') == folder.npos ? 0 : folder.rfind('/'));
  const std::string joined =
      reference.starts_with('/') ? std::string(reference) : Cat(folder, "/", reference);
  std::vector<std::string_view> kept;
  const auto parts = base::Split(std::string_view(joined).substr(0, joined.find('?')), "/");
  for (size_t i = 0; i < parts.size(); ++i) {
    const bool last = i + 1 == parts.size();
    if (parts[i] == "." || parts[i] == "..") {
      if (parts[i] == ".." && kept.size() > 1) kept.pop_back();
      if (last) kept.push_back("");
    } else {
      kept.push_back(parts[i]);
    }
  }
  const size_t query = joined.find('?');
  return Cat(origin, base::Join(kept, "/"), query == joined.npos ? "" : joined.substr(query));
}

}  // namespace sluice::helm::schema
