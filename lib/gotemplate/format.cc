// Scalars by flags, width and precision.
#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

#include "base/strings.h"
#include "base/unicode.h"
#include "base/utf8.h"
#include "printf.h"

namespace sluice::gotemplate::internal {
namespace {

constexpr size_t kMaxText = size_t{256} << 20;

size_t CountRunes(std::string_view text) {
  size_t n = 0;
  for (size_t i = 0; i < text.size(); ++n) i += base::DecodeRune(text, i).size;
  return n;
}

void AppendHexDigits(std::string& out, uint32_t code, int digits) {
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4)
    out += "0123456789abcdef"[(code >> shift) & 15];
}

// One code point of a %q or %+q.
void AppendEscaped(std::string& out, uint32_t code, char quote, bool ascii) {
  if (code == static_cast<unsigned char>(quote) || code == '\\') {
    out.append(1, '\\').append(1, static_cast<char>(code));
  } else if (code < 0x80 ? base::IsPrint(code) : !ascii && base::IsPrint(code)) {
    base::AppendRune(out, code);
  } else if (const size_t at = std::string_view("\a\b\f\n\r\t\v").find(static_cast<char>(code));
             code < 0x80 && at < 7) {
    out.append(1, '\\').append(1, "abfnrtv"[at]);
  } else if (code < 0x80) {
    out += "\\x";
    AppendHexDigits(out, code, 2);
  } else if (code < 0x10000) {
    out += "\\u";
    AppendHexDigits(out, code, 4);
  } else {
    out += "\\U";
    AppendHexDigits(out, code, 8);
  }
}

std::string QuoteAscii(std::string_view text) {
  std::string out = "\"";
  for (size_t i = 0; i < text.size();) {
    const base::Rune rune = base::DecodeRune(text, i);
    if (rune.ok) {
      AppendEscaped(out, rune.code, '"', true);
    } else {
      out += "\\x";
      AppendHexDigits(out, static_cast<unsigned char>(text[i]), 2);
    }
    i += rune.size;
  }
  return out + '"';
}

bool CanBackquote(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const base::Rune rune = base::DecodeRune(text, i);
    if (!rune.ok || rune.code == 0xfeff || rune.code == '`' || rune.code == 0x7f ||
        (rune.code < ' ' && rune.code != '\t'))
      return false;
    i += rune.size;
  }
  return true;
}

void AppendExponent(std::string& out, int exponent) {
  out += exponent < 0 ? '-' : '+';
  const int n = std::abs(exponent);
  if (n < 10) out += '0';
  out += std::to_string(n);
}

// %b: the mantissa in decimal and a power of two.
void AppendBinary(std::string& out, double v) {
  const auto bits = std::bit_cast<uint64_t>(v);
  int exponent = static_cast<int>(bits >> 52 & 0x7ff);
  uint64_t mantissa = bits & ((uint64_t{1} << 52) - 1);
  if (exponent == 0) {
    ++exponent;
  } else {
    mantissa |= uint64_t{1} << 52;
  }
  exponent -= 1023 + 52;
  out += std::to_string(mantissa);
  out += 'p';
  if (exponent >= 0) out += '+';
  out += std::to_string(exponent);
}

// %x: 0x1.8p+01, the first digit 1 also for the smallest numbers.
void AppendHexadecimal(std::string& out, double v, bool upper, int precision) {
  int exponent = 0;
  uint64_t mantissa = 0;  // its leading one is bit 60
  if (v != 0) {
    const double fraction = std::frexp(v, &exponent);  // [0.5, 1)
    mantissa = static_cast<uint64_t>(std::ldexp(fraction, 53)) << 8;
    --exponent;
  }
  if (precision >= 0 && precision < 15) {
    const int shift = precision * 4;
    const uint64_t extra = (mantissa << shift) & ((uint64_t{1} << 60) - 1);
    mantissa >>= 60 - shift;
    if ((extra | (mantissa & 1)) > uint64_t{1} << 59) ++mantissa;
    mantissa <<= 60 - shift;
    if ((mantissa & (uint64_t{1} << 61)) != 0) {
      mantissa >>= 1;
      ++exponent;
    }
  }
  const char* digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
  out += upper ? "0X" : "0x";
  out += static_cast<char>('0' + (mantissa >> 60 & 1));
  mantissa <<= 4;
  if (precision < 0 ? mantissa != 0 : precision > 0) {
    out += '.';
    for (int i = 0; precision < 0 ? mantissa != 0 : i < precision; ++i, mantissa <<= 4)
      out += digits[mantissa >> 60];
  }
  out += upper ? 'P' : 'p';
  AppendExponent(out, exponent);
}

}  // namespace

void AppendFloat(std::string& out, double v, char verb, int precision) {
  if (!std::isfinite(v)) {
    out += std::isnan(v) ? "NaN" : v > 0 ? "+Inf" : "-Inf";
    return;
  }
  if (std::signbit(v)) out += '-';
  v = std::fabs(v);
  const bool upper = verb >= 'A' && verb <= 'Z';
  const size_t begin = out.size();
  const char lower = static_cast<char>(verb | 0x20);
  if (verb == 'b') return AppendBinary(out, v);
  if (lower == 'x') return AppendHexadecimal(out, v, upper, precision);
  if (lower == 'g' && precision < 0) {
    AppendGoFloat(out, v);
  } else {
    const auto format = lower == 'e'   ? std::chars_format::scientific
                        : lower == 'f' ? std::chars_format::fixed
                                       : std::chars_format::general;
    std::string digits(static_cast<size_t>(std::max(precision, 0)) + 400, '\0');
    const auto result =
        precision < 0
            ? std::to_chars(digits.data(), digits.data() + digits.size(), v, format)
            : std::to_chars(digits.data(), digits.data() + digits.size(), v, format, precision);
    out.append(digits.data(), result.ptr);
  }
  if (upper) std::replace(out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(), 'e', 'E');
}

void Formatter::Padding(int n) {
  if (n > 0 && out_.size() < kMaxText)
    out_.append(static_cast<size_t>(n), f_.zero && !f_.minus ? '0' : ' ');
}

void Formatter::Pad(std::string_view text) {
  if (!f_.has_width || f_.width == 0) {
    out_ += text;
    return;
  }
  const int padding = f_.width - static_cast<int>(std::min<size_t>(CountRunes(text), 1 << 24));
  if (!f_.minus) Padding(padding);
  out_ += text;
  if (f_.minus) Padding(padding);
}

std::string_view Formatter::Cut(std::string_view text) const {
  return f_.has_precision ? base::TruncateRunes(text, static_cast<size_t>(f_.precision)) : text;
}

void Formatter::Integer(uint64_t u, bool negative, int base, char32_t verb, bool upper) {
  size_t digits = 0;
  if (f_.has_precision) {
    digits = static_cast<size_t>(f_.precision);
    if (digits == 0 && u == 0) {  // nothing but padding, never of zeros
      const bool zero = std::exchange(f_.zero, false);
      Padding(f_.width);
      f_.zero = zero;
      return;
    }
  } else if (f_.zero && !f_.minus && f_.has_width) {
    digits = static_cast<size_t>(std::max(0, f_.width - (negative || f_.plus || f_.space ? 1 : 0)));
  }
  std::array<char, 66> room;
  const auto result = std::to_chars(room.data(), room.data() + room.size(), u, base);
  std::string text(room.data(), result.ptr);
  if (upper) text = base::ToUpper(text);
  if (text.size() < digits) text.insert(0, digits - text.size(), '0');
  if (f_.sharp && base == 2) text.insert(0, "0b");
  if (f_.sharp && base == 8 && text[0] != '0') text.insert(0, "0");
  if (f_.sharp && base == 16) text.insert(0, upper ? "0X" : "0x");
  if (verb == 'O') text.insert(0, "0o");
  if (negative) {
    text.insert(0, "-");
  } else if (f_.plus) {
    text.insert(0, "+");
  } else if (f_.space) {
    text.insert(0, " ");
  }
  const bool zero = std::exchange(f_.zero, false);
  Pad(text);
  f_.zero = zero;
}

// The sharp flag: a decimal point always, and for %g the zeros that were trimmed. `number` begins
// with its sign.
void Formatter::KeepZeros(std::string& number, char verb, int precision) const {
  int digits = 0;
  if (verb == 'g' || verb == 'G' || verb == 'x') digits = precision < 0 ? 6 : precision;
  std::string tail;
  bool point = false, nonzero = false;
  for (size_t i = 1; i < number.size(); ++i) {
    const char c = number[i];
    if (c == '.') {
      point = true;
    } else if (c == 'p' || c == 'P' || ((c == 'e' || c == 'E') && verb != 'x' && verb != 'X')) {
      tail = number.substr(i);
      number.resize(i);
    } else {
      nonzero = nonzero || c != '0';
      if (nonzero) --digits;
    }
  }
  if (!point) {
    if (number.size() == 2 && number[1] == '0') --digits;
    number += '.';
  }
  if (digits > 0) number.append(static_cast<size_t>(digits), '0');
  number += tail;
}

void Formatter::Float(double v, char verb, int precision) {
  if (f_.has_precision) precision = f_.precision;
  std::string number;
  AppendFloat(number, v, verb, precision);
  if (number[0] != '-' && number[0] != '+') number.insert(0, "+");
  if (f_.space && number[0] == '+' && !f_.plus) number[0] = ' ';
  if (number[1] == 'I' || number[1] == 'N') {
    const bool zero = std::exchange(f_.zero, false);
    Pad(std::string_view(number).substr(number[1] == 'N' && !f_.space && !f_.plus ? 1 : 0));
    f_.zero = zero;
    return;
  }
  if (f_.sharp && verb != 'b') KeepZeros(number, verb, precision);
  if (!f_.plus && number[0] == '+') return Pad(std::string_view(number).substr(1));
  if (f_.zero && !f_.minus && f_.has_width && f_.width > static_cast<int>(number.size())) {
    out_ += number[0];
    Padding(f_.width - static_cast<int>(number.size()));
    out_.append(number, 1);
    return;
  }
  Pad(number);
}

void Formatter::Quoted(std::string_view text) {
  text = Cut(text);
  if (f_.sharp && CanBackquote(text)) return Pad(base::Cat("`", text, "`"));
  Pad(f_.plus ? QuoteAscii(text) : base::QuoteGo(text));
}

void Formatter::Hex(std::string_view bytes, bool upper) {
  if (f_.has_precision) bytes = bytes.substr(0, static_cast<size_t>(f_.precision));
  const char* digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
  const std::string_view prefix = !f_.sharp ? "" : upper ? "0X" : "0x";
  std::string text;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (f_.space && i > 0) text += ' ';
    if (i == 0 || f_.space) text += prefix;
    const auto c = static_cast<unsigned char>(bytes[i]);
    text.append(1, digits[c >> 4]).append(1, digits[c & 15]);
  }
  Pad(text);
}

void Formatter::Character(uint64_t code) {
  std::string text;
  base::AppendRune(text, code > 0x10ffff ? 0xfffd : static_cast<uint32_t>(code));
  Pad(text);
}

void Formatter::QuotedCharacter(uint64_t code) {
  auto rune = code > 0x10ffff ? 0xfffd : static_cast<uint32_t>(code);
  if (rune >= 0xd800 && rune < 0xe000) rune = 0xfffd;
  std::string text = "'";
  AppendEscaped(text, rune, '\'', f_.plus);
  Pad(text + '\'');
}

void Formatter::Unicode(uint64_t code) {
  std::array<char, 17> room;
  const auto result = std::to_chars(room.data(), room.data() + room.size(), code, 16);
  std::string text =
      base::ToUpper(std::string_view(room.data(), static_cast<size_t>(result.ptr - room.data())));
  const size_t digits =
      f_.has_precision && f_.precision > 4 ? static_cast<size_t>(f_.precision) : 4;
  if (text.size() < digits) text.insert(0, digits - text.size(), '0');
  text.insert(0, "U+");
  if (f_.sharp && code <= 0x10ffff && base::IsPrint(static_cast<uint32_t>(code))) {
    text += " '";
    base::AppendRune(text, static_cast<uint32_t>(code));
    text += '\'';
  }
  const bool zero = std::exchange(f_.zero, false);
  Pad(text);
  f_.zero = zero;
}

}  // namespace sluice::gotemplate::internal
