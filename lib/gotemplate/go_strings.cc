#include "go_strings.h"

#include <algorithm>

#include "unicode.h"

namespace sluice::gotemplate::internal {

base::Rune DecodeLastRune(std::string_view text) {
  const size_t size = text.size();
  if (static_cast<unsigned char>(text[size - 1]) < 0x80) return base::DecodeRune(text, size - 1);
  for (size_t n = 2; n <= std::min<size_t>(4, size); ++n) {
    const base::Rune rune = base::DecodeRune(text, size - n);
    if (rune.ok && rune.size == n) return rune;
  }
  return {0xfffd, 1, false};
}

std::string_view TrimUnicodeSpace(std::string_view text) {
  while (!text.empty()) {
    const base::Rune rune = base::DecodeRune(text);
    if (!IsSpace(rune.code)) break;
    text.remove_prefix(rune.size);
  }
  while (!text.empty()) {
    const base::Rune rune = DecodeLastRune(text);
    if (!IsSpace(rune.code)) break;
    text.remove_suffix(rune.size);
  }
  return text;
}

std::string_view TrimCutset(std::string_view text, std::string_view cutset) {
  std::vector<uint32_t> cut;
  for (size_t i = 0; i < cutset.size();) {
    const base::Rune rune = base::DecodeRune(cutset, i);
    cut.push_back(rune.code);
    i += rune.size;
  }
  std::ranges::sort(cut);
  const auto in = [&](const base::Rune& rune) {
    return std::ranges::binary_search(cut, rune.code);
  };
  while (!text.empty()) {
    const base::Rune rune = base::DecodeRune(text);
    if (!in(rune)) break;
    text.remove_prefix(rune.size);
  }
  while (!text.empty()) {
    const base::Rune rune = DecodeLastRune(text);
    if (!in(rune)) break;
    text.remove_suffix(rune.size);
  }
  return text;
}

std::vector<std::string_view> SplitParts(std::string_view text, std::string_view separator,
                                         int64_t n) {
  std::vector<std::string_view> parts;
  if (n == 0) return parts;
  const auto more = [&] { return n < 0 || static_cast<int64_t>(parts.size()) + 1 < n; };
  if (separator.empty()) {
    while (!text.empty()) {
      const size_t size = more() ? base::DecodeRune(text).size : text.size();
      parts.push_back(text.substr(0, size));
      text.remove_prefix(size);
    }
    return parts;
  }
  while (more()) {
    const size_t at = text.find(separator);
    if (at == text.npos) break;
    parts.push_back(text.substr(0, at));
    text.remove_prefix(at + separator.size());
  }
  parts.push_back(text);
  return parts;
}

size_t CountOf(std::string_view text, std::string_view part) {
  size_t count = 0;
  if (part.empty()) {
    for (size_t i = 0; i < text.size(); ++count) i += base::DecodeRune(text, i).size;
    return count + 1;
  }
  for (size_t at = text.find(part); at != text.npos; at = text.find(part, at + part.size()))
    ++count;
  return count;
}

}  // namespace sluice::gotemplate::internal
