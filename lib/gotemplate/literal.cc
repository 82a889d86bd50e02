// Numbers and quoted strings as Go writes them.
#include <charconv>
#include <optional>

#include "base/strings.h"
#include "base/utf8.h"
#include "coerce.h"
#include "parser.h"

namespace sluice::gotemplate::internal {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = static_cast<char>(c | 0x20);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// One character of a quoted text, moved past; nullopt where it is malformed. `rune`: it stands for
// a code point, not a byte.
std::optional<uint32_t> UnquoteCharacter(std::string_view& s, char quote, bool& rune) {
  rune = false;
  if (s.empty() || s[0] == quote) return std::nullopt;
  const auto first = static_cast<unsigned char>(s[0]);
  if (first >= 0x80) {
    const base::Rune decoded = base::DecodeRune(s);
    s.remove_prefix(decoded.size);
    rune = true;
    return decoded.code;
  }
  s.remove_prefix(1);
  if (first != '\\') return first;
  if (s.empty()) return std::nullopt;
  const char c = s[0];
  s.remove_prefix(1);
  if (const size_t at = std::string_view("abfnrtv\\").find(c); at != std::string_view::npos) {
    return static_cast<uint32_t>("\a\b\f\n\r\t\v\\"[at]);
  }
  if (c == quote) return static_cast<uint32_t>(c);
  const size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : c >= '0' && c <= '7' ? 2 : 0;
  if (digits == 0 || s.size() < digits) return std::nullopt;
  const bool octal = c >= '0' && c <= '7';
  uint32_t value = octal ? static_cast<uint32_t>(c - '0') : 0;
  for (size_t i = 0; i < digits; ++i) {
    const int digit = HexDigit(s[i]);
    if (digit < 0 || (octal && digit > 7)) return std::nullopt;
    value = value * (octal ? 8 : 16) + static_cast<uint32_t>(digit);
  }
  s.remove_prefix(digits);
  if (octal || c == 'x') return value > 255 ? std::nullopt : std::optional(value);
  if (value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) return std::nullopt;
  rune = true;
  return value;
}

// strconv.ParseUint(text, 0, 64); what fits an int64 is the caller's.
std::optional<uint64_t> ParseLargeUint(std::string_view text) {
  int base = 10;
  if (text.size() > 1 && text[0] == '0') {
    const char c = static_cast<char>(text[1] | 0x20);
    base = c == 'x' ? 16 : c == 'b' ? 2 : 8;
    text.remove_prefix(c == 'x' || c == 'b' || c == 'o' ? 2 : 1);
  }
  std::string digits(text);
  std::erase(digits, '_');  // where they may stand was seen to by the float or is seen to below
  uint64_t value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  if (text.starts_with('-') || text.ends_with('_') || base::Contains(text, "__"))
    return std::nullopt;
  return value;
}

// As amd64 converts.
uint64_t TruncateToUint64(double d) {
  constexpr double kHalf = 9223372036854775808.0;
  if (d < kHalf) return static_cast<uint64_t>(TruncateToInt64(d));
  return static_cast<uint64_t>(TruncateToInt64(d - kHalf)) ^ (uint64_t{1} << 63);
}

void TakeIntegers(NumberNode& n, double d) {
  n.as_int = TruncateToInt64(d);
  n.is_int = static_cast<double>(n.as_int) == d;
  n.as_uint = TruncateToUint64(d);
  n.is_uint = static_cast<double>(n.as_uint) == d;
}

void TakeComplex(NumberNode& n, std::complex<double> c) {
  n.is_complex = true;
  n.as_complex = c;
  n.is_float = c.imag() == 0;
  if (!n.is_float) return;
  n.as_float = c.real();
  TakeIntegers(n, c.real());
}

bool ParseCharacter(NumberNode& n, std::string& error) {
  std::string_view rest = n.text.substr(1);
  bool rune = false;
  const auto code = UnquoteCharacter(rest, '\'', rune);
  if (!code) {
    error = "invalid syntax";
    return false;
  }
  if (rest != "'") {
    error = base::Cat("malformed character constant: ", n.text);
    return false;
  }
  n.is_int = n.is_uint = n.is_float = true;
  n.as_int = *code;
  n.as_uint = *code;
  n.as_float = *code;
  return true;
}

// "1+2i": the sign between the parts is one that no exponent begins with.
bool ParsePair(NumberNode& n, std::string& error) {
  const std::string_view text = n.text.substr(0, n.text.size() - 1);
  size_t sign = text.size();
  for (size_t i = 1; i < text.size(); ++i) {
    const char before = static_cast<char>(text[i - 1] | 0x20);
    const bool hex =
        base::Contains(text.substr(0, i), "x") || base::Contains(text.substr(0, i), "X");
    if ((text[i] == '+' || text[i] == '-') && before != 'p' && (before != 'e' || hex)) {
      sign = i;
      break;
    }
  }
  const auto real = ParseGoFloat(text.substr(0, sign)), imaginary = ParseGoFloat(text.substr(sign));
  if (!real || !imaginary) {
    error = "syntax error scanning complex number";
    return false;
  }
  TakeComplex(n, {*real, *imaginary});
  return true;
}

bool ParseReal(NumberNode& n, std::string& error) {
  if (const auto i = ParseGoInt(n.text)) {
    n.is_int = n.is_float = true;
    n.as_int = *i;
    n.as_float = static_cast<double>(*i);
    n.is_uint = n.text[0] != '+' && n.text[0] != '-';
    if (n.is_uint || *i == 0) n.is_uint = true, n.as_uint = static_cast<uint64_t>(*i);
    return true;
  }
  if (const auto u = ParseLargeUint(n.text)) {
    n.is_uint = n.is_float = true;
    n.as_uint = *u;
    n.as_float = static_cast<double>(*u);
    return true;
  }
  const auto f = ParseGoFloat(n.text);
  if (!f) {
    error = base::Cat("illegal number syntax: ", base::QuoteGo(n.text));
    return false;
  }
  if (n.text.find_first_of(".eEpP") == n.text.npos) {
    error = base::Cat("integer overflow: ", base::QuoteGo(n.text));
    return false;
  }
  n.is_float = true;
  n.as_float = *f;
  TakeIntegers(n, *f);
  return true;
}

}  // namespace

bool Unquote(std::string_view quoted, std::string& text) {
  if (quoted.size() < 2) return false;
  const char quote = quoted[0];
  std::string_view rest = quoted.substr(1, quoted.size() - 2);
  text.clear();
  if (quote == '`') {
    text = rest;
    std::erase(text, '\r');
    return true;
  }
  while (!rest.empty()) {
    bool rune = false;
    const auto code = UnquoteCharacter(rest, quote, rune);
    if (!code) return false;
    if (rune) {
      base::AppendRune(text, *code);
    } else {
      text += static_cast<char>(*code);
    }
  }
  return true;
}

bool ParseNumber(TokenKind kind, NumberNode& n, std::string& error) {
  if (kind == TokenKind::kCharConstant) return ParseCharacter(n, error);
  if (kind == TokenKind::kComplex) return ParsePair(n, error);
  if (n.text.ends_with('i')) {
    if (const auto f = ParseGoFloat(n.text.substr(0, n.text.size() - 1))) {
      TakeComplex(n, {0, *f});
      return true;
    }
  }
  return ParseReal(n, error);
}

}  // namespace sluice::gotemplate::internal
