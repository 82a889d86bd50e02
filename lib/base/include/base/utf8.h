// One UTF-8 sequence at a time, by the rules of Unicode (no overlong form, no surrogate). Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::base {

// As Go's utf8.DecodeRune: an ill-formed byte is {U+FFFD, 1, false}.
struct Rune {
  uint32_t code;
  uint8_t size;  // bytes
  bool ok;
};

// REQUIRES: i < text.size()
inline Rune DecodeRune(std::string_view text, size_t i = 0) {
  const auto at = [&](size_t k) { return static_cast<unsigned char>(text[i + k]); };
  const auto tail = [&](size_t k) { return k < text.size() - i && (at(k) & 0xc0) == 0x80; };
  const uint32_t b = at(0);
  if (b < 0x80) return {b, 1, true};
  if (b >= 0xc2 && b < 0xe0 && tail(1)) return {(b & 0x1fu) << 6 | (at(1) & 0x3fu), 2, true};
  if (b >= 0xe0 && b < 0xf0 && tail(1) && tail(2)) {
    const uint32_t r = (b & 0x0fu) << 12 | (at(1) & 0x3fu) << 6 | (at(2) & 0x3fu);
    if (r >= 0x800 && (r < 0xd800 || r > 0xdfff)) return {r, 3, true};
  }
  if (b >= 0xf0 && b < 0xf5 && tail(1) && tail(2) && tail(3)) {
    const uint32_t r =
        (b & 0x07u) << 18 | (at(1) & 0x3fu) << 12 | (at(2) & 0x3fu) << 6 | (at(3) & 0x3fu);
    if (r >= 0x10000 && r <= 0x10ffff) return {r, 4, true};
  }
  return {0xfffd, 1, false};
}

void AppendRune(std::string& out, uint32_t code);  // surrogates and beyond Unicode: U+FFFD

}  // namespace sluice::base
