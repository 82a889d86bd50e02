#include "decimal.h"

#include <charconv>
#include <cmath>
#include <cstdlib>

#include "base/strings.h"

namespace sluice::document {
namespace {

template <class T>
Decimal Shortest(T x) {
  Decimal d;
  d.negative = std::signbit(x);
  char buffer[40];
  const auto end =
      std::to_chars(buffer, buffer + sizeof(buffer), std::fabs(x), std::chars_format::scientific)
          .ptr;
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

std::string QuoteByte(unsigned char c) {
  if (c == '\'') return "'\\''";
  if (c == '"') return "'\"'";
  std::string text;
  AppendRune(text, c);
  std::string out = base::QuoteGo(text);
  out.front() = out.back() = '\'';
  return out;
}

}  // namespace sluice::document
