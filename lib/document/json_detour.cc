#include "json_detour.h"

#include <algorithm>
#include <cstring>

#include "decimal.h"

namespace sluice::document {
namespace {

constexpr uint32_t kNextLine = 0x85;

bool IsControl(uint32_t c) {
  return c == 0x7f || (c >= 0x80 && c < 0xa0 && c != kNextLine) || c == 0xfffe || c == 0xffff;
}

// No byte from 0x7f on, eight at a time.
bool IsPlainAscii(std::string_view text) {
  constexpr uint64_t kOnes = 0x0101010101010101u, kTops = 0x8080808080808080u;
  size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    uint64_t word;
    std::memcpy(&word, text.data() + i, 8);
    if (((word | ((word & ~kTops) + kOnes)) & kTops) != 0) return false;
  }
  for (; i < text.size(); ++i) {
    if (static_cast<unsigned char>(text[i]) >= 0x7f) return false;
  }
  return true;
}

}  // namespace

bool NeedsDetour(std::string_view text) {
  if (IsPlainAscii(text)) return false;
  for (size_t i = 0; i < text.size();) {
    const Rune r = DecodeRune(text, i);
    if (!r.ok || r.code == kNextLine || IsControl(r.code)) return true;
    i += r.size;
  }
  return false;
}

base::Result<std::string> DetourOverJson(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    const Rune r = DecodeRune(text, i);
    if (IsControl(r.code)) return base::InvalidArgument("yaml: control characters are not allowed");
    if (r.code != kNextLine) {
      AppendRune(out, r.code);
      i += r.size;
      continue;
    }
    // A run of breaks: blanks around it go; one break is a space, n are n-1 newlines.
    while (!out.empty() && out.back() == ' ') out.pop_back();
    size_t breaks = 0;
    while (i < text.size()) {
      if (text[i] == ' ') {
        ++i;
      } else if (const Rune next = DecodeRune(text, i); next.code == kNextLine) {
        ++breaks;
        i += next.size;
      } else {
        break;
      }
    }
    out.append(breaks == 1 ? 1 : breaks - 1, breaks == 1 ? ' ' : '\n');
  }
  return out;
}

base::Status CheckJsonKey(std::string_view key) {
  size_t lines = 0;
  for (size_t i = key.find("\xc2\x85"); i != key.npos; i = key.find("\xc2\x85", i + 1)) ++lines;
  if (key.size() <= 1024 && lines == 0) return {};
  return base::InvalidArgument("yaml: line " + std::to_string(std::max<size_t>(lines, 1)) +
                               ": did not find expected ',' or '}'");
}

}  // namespace sluice::document
