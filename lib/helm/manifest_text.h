// Texts without the white space around them, as Go's strings.TrimSpace has it. Internal.
#pragma once

#include <string_view>

#include "base/unicode.h"
#include "base/utf8.h"

namespace sluice::helm {

inline std::string_view TrimLeftSpace(std::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    const base::Rune rune = base::DecodeRune(text, i);
    if (!base::IsSpace(rune.code) || !rune.ok) break;
    i += rune.size;
  }
  return text.substr(i);
}

inline std::string_view TrimRightSpace(std::string_view text) {
  while (!text.empty()) {
    size_t start = text.size() - 1;
    while (start > 0 && (static_cast<unsigned char>(text[start]) & 0xc0) == 0x80 &&
           text.size() - start < 4)
      --start;
    const base::Rune rune = base::DecodeRune(text, start);
    if (!rune.ok || start + rune.size != text.size() || !base::IsSpace(rune.code)) break;
    text = text.substr(0, start);
  }
  return text;
}

inline std::string_view TrimGoSpace(std::string_view text) {
  return TrimRightSpace(TrimLeftSpace(text));
}

}  // namespace sluice::helm
