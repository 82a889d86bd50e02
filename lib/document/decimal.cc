#include "decimal.h"

#include <charconv>
#include <cmath>
#include <cstdlib>

namespace sluice::document {
namespace {

void AppendHex(std::string& out, uint32_t code, int digits) {
  constexpr char kHex[] = "0123456789abcdef";
  for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) out += kHex[(code >> shift) & 0xf];
}

// What strconv.IsPrint says, near enough for messages: controls, BOM, separators and private use are not printable.
bool GoPrintable(uint32_t c) {
  if (c < 0x20 || (c >= 0x7f && c <= 0xa0) || c == 0xad) return false;
  if (c >= 0x2000 && c <= 0x200f) return false;
  if ((c >= 0x2028 && c <= 0x202f) || (c >= 0x205f && c <= 0x206f) || c == 0x3000) return false;
  if (c >= 0xd800 && c <= 0xf8ff) return false;
  return c != 0xfeff && !(c >= 0xfff0 && c <= 0xfffb) && (c & 0xfffe) != 0xfffe && c < 0xe0000;
}

void AppendGoEscaped(std::string& out, uint32_t c, char quote) {
  switch (c) {
    case '\a': out += "\\a"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    case '\v': out += "\\v"; return;
    default: break;
  }
  if (c == '\\' || c == static_cast<unsigned char>(quote)) {
    out += '\\';
    out += static_cast<char>(c);
  } else if (GoPrintable(c)) {
    AppendRune(out, c);
  } else if (c < 0x20 || c == 0x7f) {
    out += "\\x";
    AppendHex(out, c, 2);
  } else if (c < 0x10000) {
    out += "\\u";
    AppendHex(out, c, 4);
  } else {
    out += "\\U";
    AppendHex(out, c, 8);
  }
}

template <class T>
Decimal Shortest(T x) {
  Decimal d;
  d.negative = std::signbit(x);
  char buffer[40];
  const auto end = std::to_chars(buffer, buffer + sizeof(buffer), std::fabs(x), std::chars_format::scientific).ptr;
  const char* p = buffer;
  for (; p != end && *p != 'e'; ++p) {
    if (*p != '.') d.digits[d.size++] = *p;
  }
  int exponent = 0;
  if (p != end) {
    ++p;
    if (*p == '+') ++p;
    std::from_chars(p, end, exponent);
  }
  while (d.size > 1 && d.digits[d.size - 1] == '0') --d.size;
  d.point = exponent + 1;
  return d;
}

// strconv's rule for the shortest form of 'g': exponent notation below 1e-4 and from 1e6 on.
void AppendGeneral(std::string& out, const Decimal& d, bool zero) {
  if (d.negative) out += '-';
  const int exponent = d.point - 1;
  if (zero) {
    out += '0';
  } else if (exponent >= -4 && exponent < 6) {
    AppendFixed(out, d);
  } else {
    out += d.digits[0];
    if (d.size > 1) {
      out += '.';
      out.append(d.digits + 1, static_cast<size_t>(d.size - 1));
    }
    out += exponent < 0 ? "e-" : "e+";
    const int magnitude = std::abs(exponent);
    if (magnitude < 10) out += '0';
    out += std::to_string(magnitude);
  }
}

}  // namespace

Decimal ShortestDecimal(double x) { return Shortest(x); }

void AppendGoFloat(std::string& out, double x) {
  if (std::isnan(x)) {
    out += "NaN";
  } else if (std::isinf(x)) {
    out += x > 0 ? "+Inf" : "-Inf";
  } else {
    AppendGeneral(out, Shortest(x), x == 0);
  }
}

void AppendGoFloat32(std::string& out, float x) { AppendGeneral(out, Shortest(x), x == 0); }

void AppendFixed(std::string& out, const Decimal& d) {
  const auto size = static_cast<size_t>(d.size);
  if (d.point <= 0) {
    out += "0.";
    out.append(static_cast<size_t>(-d.point), '0');
    out.append(d.digits, size);
  } else if (d.point >= d.size) {
    out.append(d.digits, size);
    out.append(static_cast<size_t>(d.point - d.size), '0');
  } else {
    const auto whole = static_cast<size_t>(d.point);
    out.append(d.digits, whole);
    out += '.';
    out.append(d.digits + whole, size - whole);
  }
}

Rune DecodeRune(std::string_view text, size_t i) {
  const auto at = [&](size_t k) { return static_cast<unsigned char>(text[k]); };
  const uint32_t lead = at(i);
  if (lead < 0x80) return {lead, 1, true};
  constexpr Rune kBad{0xfffd, 1, false};
  uint8_t size = 0;
  uint32_t least = 0, code = 0;
  if (lead >= 0xc2 && lead <= 0xdf) {
    size = 2, least = 0x80, code = lead & 0x1f;
  } else if ((lead & 0xf0) == 0xe0) {
    size = 3, least = 0x800, code = lead & 0x0f;
  } else if (lead >= 0xf0 && lead <= 0xf4) {
    size = 4, least = 0x10000, code = lead & 0x07;
  } else {
    return kBad;
  }
  if (i + size > text.size()) return kBad;
  for (size_t k = 1; k < size; ++k) {
    if ((at(i + k) & 0xc0) != 0x80) return kBad;
    code = code << 6 | (at(i + k) & 0x3fu);
  }
  if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return kBad;
  return {code, size, true};
}

void AppendRune(std::string& out, uint32_t code) {
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) code = 0xfffd;
  const auto put = [&](uint32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0 | code >> 6);
    put(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    put(0xe0 | code >> 12);
    put(0x80 | ((code >> 6) & 0x3f));
    put(0x80 | (code & 0x3f));
  } else {
    put(0xf0 | code >> 18);
    put(0x80 | ((code >> 12) & 0x3f));
    put(0x80 | ((code >> 6) & 0x3f));
    put(0x80 | (code & 0x3f));
  }
}

std::string QuoteByte(unsigned char c) {
  if (c == '\'') return "'\\''";
  if (c == '"') return "'\"'";
  std::string out = "'";
  AppendGoEscaped(out, c, '"');
  return out + "'";
}

std::string GoQuote(std::string_view text) {
  std::string out = "\"";
  for (size_t i = 0; i < text.size();) {
    const Rune r = DecodeRune(text, i);
    if (r.ok) {
      AppendGoEscaped(out, r.code, '"');
    } else {
      out += "\\x";
      AppendHex(out, static_cast<unsigned char>(text[i]), 2);
    }
    i += r.size;
  }
  return out + '"';
}

}  // namespace sluice::document
