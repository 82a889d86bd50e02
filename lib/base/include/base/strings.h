// Text helpers in the meaning of Go's strings and strconv packages. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace sluice::base {

// Views into `text`: valid while its bytes live.
std::vector<std::string_view> Split(std::string_view text,
                                    std::string_view sep);  // "" → {""}; sep not empty
// at most n parts
std::vector<std::string_view> SplitN(std::string_view text, std::string_view sep, size_t n);
std::vector<std::string_view> Fields(std::string_view text);  // by white space, no empty parts
// before and after the first `sep`; nullopt if absent.
std::optional<std::pair<std::string_view, std::string_view>> Cut(std::string_view text,
                                                                 std::string_view sep);
std::string_view TrimSpace(std::string_view text);  // ASCII white space
std::string_view Trim(std::string_view text, std::string_view cutset);
std::string_view TrimLeft(std::string_view text, std::string_view cutset);
std::string_view TrimRight(std::string_view text, std::string_view cutset);
std::string_view TrimPrefix(std::string_view text, std::string_view prefix);
std::string_view TrimSuffix(std::string_view text, std::string_view suffix);

template <class Range>
std::string Join(const Range& parts, std::string_view sep) {
  std::string out;
  bool first = true;
  for (const auto& part : parts) {
    if (!first) out += sep;
    first = false;
    out += part;
  }
  return out;
}

// Concatenates texts: Cat("a ", name, ": ", std::to_string(n)).
template <class... Parts>
std::string Cat(const Parts&... parts) {
  std::string out;
  out.reserve((std::string_view(parts).size() + ... + 0));
  (out.append(std::string_view(parts)), ...);
  return out;
}

std::string ReplaceAll(std::string_view text, std::string_view from, std::string_view to);
std::string ToLower(std::string_view text);              // ASCII
std::string ToUpper(std::string_view text);              // ASCII
bool EqualFold(std::string_view a, std::string_view b);  // ASCII
bool Contains(std::string_view text, std::string_view part);

std::string QuoteGo(std::string_view text);  // strconv.Quote, fmt's %q
bool IsValidUtf8(std::string_view text);
// The longest prefix of at most `max_bytes` that does not cut a UTF-8 sequence.
std::string_view TruncateUtf8(std::string_view text, size_t max_bytes);
// The first `max_runes` code points; an invalid byte counts as one.
std::string_view TruncateRunes(std::string_view text, size_t max_runes);

// Decimal, whole text, in range; else nullopt.
std::optional<int64_t> ParseInt64(std::string_view text);
std::optional<uint64_t> ParseUint64(std::string_view text);
std::optional<double> ParseDouble(std::string_view text);
std::optional<bool> ParseBool(std::string_view text);  // strconv.ParseBool: 1 t T true TRUE True …

}  // namespace sluice::base
