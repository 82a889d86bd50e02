// Pieces of Go's strings package that base/strings.h has only for ASCII, or not at all. Pure; views
// into the arguments.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/utf8.h"

namespace sluice::gotemplate::internal {

// The text with each code point r replaced by f(r); an ill-formed byte is U+FFFD, as strings.Map
// and []rune make it.
template <class F>
std::string MapRunes(std::string_view text, F f) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const base::Rune rune = base::DecodeRune(text, i);
    base::AppendRune(out, f(rune.code));
    i += rune.size;
  }
  return out;
}

base::Rune DecodeLastRune(std::string_view text);  // REQUIRES: not empty
std::string_view TrimUnicodeSpace(std::string_view text);
std::string_view TrimCutset(std::string_view text, std::string_view cutset);
// strings.SplitN: n < 0 all parts, 0 none, else at most n; an empty separator parts after every
// code point.
std::vector<std::string_view> SplitParts(std::string_view text, std::string_view separator,
                                         int64_t n);
// How often strings.Count finds it: an empty one stands before, between and after the code points.
size_t CountOf(std::string_view text, std::string_view part);

}  // namespace sluice::gotemplate::internal
