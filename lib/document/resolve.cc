#include "resolve.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>

#include "decimal.h"
#include "document/yaml_emitter.h"

namespace sluice::document {
namespace {

using base::Result;

enum class Hint : uint8_t { kNone, kSign, kDigit, kWord, kDot };

constexpr auto kHints = [] {
  std::array<Hint, 256> table{};
  table['+'] = table['-'] = Hint::kSign;
  for (const char c : std::string_view("0123456789"))
    table[static_cast<unsigned char>(c)] = Hint::kDigit;
  for (const char c : std::string_view("yYnNtTfFoO~<"))
    table[static_cast<unsigned char>(c)] = Hint::kWord;
  table['.'] = Hint::kDot;
  return table;
}();

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool OneOf(std::string_view text, std::initializer_list<std::string_view> words) {
  for (const std::string_view word : words) {
    if (text == word) return true;
  }
  return false;
}

// The words that resolve as they stand: booleans, nulls, infinities, "<<".
std::optional<Resolved> ResolveWord(std::string_view s, YamlDialect dialect) {
  constexpr std::string_view kFirst = "~nNtTfF<yYoO.+-";
  if (s.size() > 5 || (!s.empty() && kFirst.find(s[0]) == kFirst.npos)) return std::nullopt;
  constexpr double kInf = std::numeric_limits<double>::infinity();
  switch (s.empty() ? '~' : s[0]) {
    case '~':
    case 'n':
    case 'N':
      if (OneOf(s, {"", "~", "null", "Null", "NULL"})) return Resolved{Tag::kNull, Value()};
      break;
    case 't':
    case 'T':
      if (OneOf(s, {"true", "True", "TRUE"})) return Resolved{Tag::kBool, Value(true)};
      break;
    case 'f':
    case 'F':
      if (OneOf(s, {"false", "False", "FALSE"})) return Resolved{Tag::kBool, Value(false)};
      break;
    case '<':
      if (s == "<<") return Resolved{Tag::kMerge, Value(s)};
      break;
    case '.':
      if (OneOf(s, {".nan", ".NaN", ".NAN"}))
        return Resolved{Tag::kFloat, Value(std::numeric_limits<double>::quiet_NaN())};
      if (OneOf(s, {".inf", ".Inf", ".INF"})) return Resolved{Tag::kFloat, Value(kInf)};
      break;
    case '+':
      if (OneOf(s, {"+.inf", "+.Inf", "+.INF"})) return Resolved{Tag::kFloat, Value(kInf)};
      break;
    case '-':
      if (OneOf(s, {"-.inf", "-.Inf", "-.INF"})) return Resolved{Tag::kFloat, Value(-kInf)};
      break;
    default:
      break;
  }
  if (dialect == YamlDialect::kGoYaml2 && IsOldBool(s)) {
    return Resolved{Tag::kBool, Value(OneOf(s, {"y", "Y", "yes", "Yes", "YES", "on", "On", "ON"}))};
  }
  return std::nullopt;
}

// strconv.ParseInt, then ParseUint, of digits in one base, with an optional sign.
std::optional<Value> ParseInBase(std::string_view s, int radix) {
  const bool negative = !s.empty() && s[0] == '-';
  const bool is_signed = negative || (!s.empty() && s[0] == '+');
  if (is_signed) s.remove_prefix(1);
  if (s.empty() || s[0] == '-' || s[0] == '+') return std::nullopt;
  uint64_t u = 0;
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), u, radix);
  if (error != std::errc() || end != s.data() + s.size()) return std::nullopt;
  constexpr uint64_t kMax = static_cast<uint64_t>(INT64_MAX);
  if (negative) {
    if (u > kMax + 1) return std::nullopt;
    return Value(static_cast<int64_t>(~u + 1));
  }
  if (u > kMax && is_signed) return std::nullopt;  // ParseUint takes no sign
  return Value(u);
}

// Base 0: 0x, 0o, 0b, and a leading 0 for octal.
std::optional<Value> ParseInteger(std::string_view s) {
  const size_t sign = !s.empty() && (s[0] == '-' || s[0] == '+') ? 1 : 0;
  const std::string_view digits = s.substr(sign);
  if (digits.size() < 2 || digits[0] != '0') return ParseInBase(s, 10);
  const char marker = static_cast<char>(digits[1] | 0x20);
  const int radix = marker == 'x' ? 16 : marker == 'o' ? 8 : marker == 'b' ? 2 : 0;
  std::string plain(s.substr(0, sign));
  const std::string_view rest = digits.substr(radix == 0 ? 1 : 2);
  if (rest.empty() || rest[0] == '-' || rest[0] == '+') return std::nullopt;
  plain += rest;
  return ParseInBase(plain, radix == 0 ? 8 : radix);
}

// [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
bool LooksFloat(std::string_view s) {
  size_t i = 0;
  const auto digits = [&] {
    const size_t begin = i;
    while (i < s.size() && IsDigit(s[i])) ++i;
    return i - begin;
  };
  if (i < s.size() && (s[i] == '-' || s[i] == '+')) ++i;
  if (i < s.size() && s[i] == '.') {
    ++i;
    if (digits() == 0) return false;
  } else {
    if (digits() == 0) return false;
    if (i < s.size() && s[i] == '.') {
      ++i;
      digits();
    }
  }
  if (i < s.size() && (s[i] == 'e' || s[i] == 'E')) {
    ++i;
    if (i < s.size() && (s[i] == '-' || s[i] == '+')) ++i;
    if (digits() == 0) return false;
  }
  return i == s.size();
}

std::optional<Value> ParseFloat(std::string_view s) {
  if (!LooksFloat(s)) return std::nullopt;
  std::string_view unsigned_text = s[0] == '+' ? s.substr(1) : s;
  double d = 0;
  const auto parsed =
      std::from_chars(unsigned_text.data(), unsigned_text.data() + unsigned_text.size(), d);
  if (parsed.ec == std::errc::result_out_of_range) {
    d = std::strtod(std::string(unsigned_text).c_str(), nullptr);
    if (std::isinf(d)) return std::nullopt;  // strconv calls that an error: a string then
  }
  return Value(d);
}

std::optional<Resolved> ResolveNumber(std::string_view text, YamlDialect dialect) {
  std::string stripped;
  std::string_view s = text;
  if (text.find('_') != text.npos) {
    for (const char c : text) {
      if (c != '_') stripped += c;
    }
    s = stripped;
  }
  if (auto i = ParseInteger(s)) return Resolved{Tag::kInt, std::move(*i)};
  if (auto f = ParseFloat(s)) return Resolved{Tag::kFloat, std::move(*f)};
  // Left over from Go's days without base prefixes; still takes a sign after the prefix.
  const bool negative = s.starts_with('-');
  const std::string_view body = negative ? s.substr(1) : s;
  const bool binary = body.starts_with("0b"),
             octal = dialect == YamlDialect::kGoYaml3 && body.starts_with("0o");
  if (binary || octal) {
    const std::string digits = (negative ? "-" : "") + std::string(body.substr(2));
    if (auto i = ParseInBase(digits, binary ? 2 : 8)) return Resolved{Tag::kInt, std::move(*i)};
  }
  return std::nullopt;
}

Resolved Resolve(std::string_view text, YamlDialect dialect, bool timestamps) {
  const Hint hint = text.empty() ? Hint::kWord : kHints[static_cast<unsigned char>(text[0])];
  if (hint != Hint::kNone) {
    if (auto word = ResolveWord(text, dialect)) return std::move(*word);
    if (hint == Hint::kDot) {
      if (auto f = ParseFloat(text)) return {Tag::kFloat, std::move(*f)};
    } else if (hint != Hint::kWord) {
      if (timestamps) {
        if (std::string time = ParseTimestamp(text); !time.empty())
          return {Tag::kTimestamp, Value(time)};
      }
      if (auto number = ResolveNumber(text, dialect)) return std::move(*number);
    }
  }
  return {Tag::kStr, Value(text)};
}

}  // namespace

bool MayResolve(std::string_view text) {
  return text.empty() || kHints[static_cast<unsigned char>(text[0])] != Hint::kNone;
}

Resolved ResolvePlain(std::string_view text, YamlDialect dialect) {
  return Resolve(text, dialect, true);
}

Tag ResolveTag(std::string_view text, YamlDialect dialect) {
  if (!MayResolve(text)) return Tag::kStr;
  const Hint hint = text.empty() ? Hint::kWord : kHints[static_cast<unsigned char>(text[0])];
  if (hint == Hint::kWord && text.size() > 5) return Tag::kStr;
  return Resolve(text, dialect, true).tag;
}

Result<Resolved> ResolveTagged(Tag tag, std::string_view text, YamlDialect dialect) {
  switch (tag) {
    case Tag::kNone:
      return Resolve(text, dialect, true);
    case Tag::kStr:
      return Resolved{Tag::kStr, Value(text)};
    case Tag::kBool:
    case Tag::kInt:
    case Tag::kFloat:
    case Tag::kNull:
    case Tag::kTimestamp:
      break;
    case Tag::kBinary: {
      std::string bytes;
      if (!DecodeBase64(text, bytes))
        return base::InvalidArgument("yaml: !!binary value contains invalid base64 data");
      return Resolved{Tag::kBinary, Value(bytes)};
    }
    default:
      return Resolved{tag, Value(text)};
  }
  Resolved r = Resolve(text, dialect, tag == Tag::kTimestamp);
  if (r.tag == tag) return r;
  if (tag == Tag::kFloat && r.tag == Tag::kInt && r.value.kind() == Value::Kind::kInt) {
    return Resolved{Tag::kFloat, Value(r.value.AsDouble())};
  }
  return base::InvalidArgument("yaml: cannot decode " + std::string(TagName(r.tag)) + " `" +
                               std::string(text) + "` as a " + std::string(TagName(tag)));
}

bool IsOldBool(std::string_view s) {
  return s.size() <= 3 && OneOf(s, {"y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "n", "N", "no",
                                    "No", "NO", "off", "Off", "OFF"});
}

bool IsBase60(std::string_view s) {
  // ^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$
  size_t i = 0;
  if (i < s.size() && (s[i] == '-' || s[i] == '+')) ++i;
  if (i >= s.size() || !IsDigit(s[i])) return false;
  while (i < s.size() && (IsDigit(s[i]) || s[i] == '_')) ++i;
  size_t groups = 0;
  while (i < s.size() && s[i] == ':') {
    ++i;
    if (i >= s.size() || !IsDigit(s[i])) return false;
    if (s[i] <= '5' && i + 1 < s.size() && IsDigit(s[i + 1])) ++i;
    ++i;
    ++groups;
  }
  if (groups == 0) return false;
  if (i < s.size() && s[i] == '.') {
    ++i;
    while (i < s.size() && (IsDigit(s[i]) || s[i] == '_')) ++i;
  }
  return i == s.size();
}

bool IsYaml11Scalar(std::string_view text) { return IsOldBool(text) || IsBase60(text); }

}  // namespace sluice::document
