// White space as Go's unicode.IsSpace has it. Internal.
#pragma once

#include <string_view>

#include "base/utf8.h"

namespace sluice::helm {

inline bool IsGoSpace(uint32_t code) {
  return (code >= 9 && code <= 13) || code == ' ' || code == 0x85 || code == 0xa0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200a) ||
         code == 0x2028 || code == 0x2029 || code == 0x202f || code == 0x205f || code == 0x3000;
}

inline std::string_view TrimLeftSpace(std::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    const base::Rune rune = base::DecodeRune(text, i);
    if (!IsGoSpace(rune.code) || !rune.ok) break;
    i += rune.size;
  }
  return text.substr(i);
}

inline std::string_view TrimRightSpace(std::string_view text) {
  while (!text.empty()) {
    size_t start = text.size() - 1;
    while (start > 0 && (static_cast<unsigned char>(text[start]) & 0xc0) == 0x80 && text.size() - start < 4) --start;
    const base::Rune rune = base::DecodeRune(text, start);
    if (!rune.ok || start + rune.size != text.size() || !IsGoSpace(rune.code)) break;
    text = text.substr(0, start);
  }
  return text;
}

inline std::string_view TrimGoSpace(std::string_view text) { return TrimRightSpace(TrimLeftSpace(text)); }

}  // namespace sluice::helm
