// Shortest decimal digits of doubles, shared by the writers. Private to the library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/utf8.h"
#include "document/number.h"

namespace sluice::document {

// x = 0.d1d2d3… × 10^point, the shortest digits that read back as x. REQUIRES: finite
struct Decimal {
  bool negative = false;
  int size = 0;  // ≥ 1
  int point = 0;
  char digits[20] = {};
};
Decimal ShortestDecimal(double x);

void AppendFixed(std::string& out, const Decimal& d);  // plain notation, without the sign

using base::AppendRune;
using base::DecodeRune;
using base::Rune;

// strconv.Unquote's sibling: a byte as Go's error messages quote it: 'x', '\n', '\''.
std::string QuoteByte(unsigned char c);

}  // namespace sluice::document
