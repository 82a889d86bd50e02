// One UTF-8 sequence off the front of a text, by the rules of Unicode (no overlong form, no surrogate). Pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace sluice::base {

struct Rune {
  uint32_t value;
  size_t length;  // bytes; 1 when invalid
  bool valid;
};

// REQUIRES: text not empty
inline Rune DecodeRune(std::string_view text) {
  const auto at = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto tail = [&](size_t i) { return i < text.size() && (at(i) & 0xc0) == 0x80; };
  const uint32_t b = at(0);
  if (b < 0x80) return {b, 1, true};
  if (b >= 0xc2 && b < 0xe0 && tail(1)) return {(b & 0x1fu) << 6 | (at(1) & 0x3fu), 2, true};
  if (b >= 0xe0 && b < 0xf0 && tail(1) && tail(2)) {
    const uint32_t r = (b & 0x0fu) << 12 | (at(1) & 0x3fu) << 6 | (at(2) & 0x3fu);
    if (r >= 0x800 && (r < 0xd800 || r > 0xdfff)) return {r, 3, true};
  }
  if (b >= 0xf0 && b < 0xf5 && tail(1) && tail(2) && tail(3)) {
    const uint32_t r = (b & 0x07u) << 18 | (at(1) & 0x3fu) << 12 | (at(2) & 0x3fu) << 6 | (at(3) & 0x3fu);
    if (r >= 0x10000 && r <= 0x10ffff) return {r, 4, true};
  }
  return {b, 1, false};
}

}  // namespace sluice::base
