#include "base/strings.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

#include "base/unicode.h"
#include "base/utf8.h"

namespace sluice::base {
namespace {

constexpr std::string_view kSpace = " \t\n\v\f\r";

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
char Upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

void AppendEscaped(std::string& out, uint32_t r) {
  std::array<char, 16> buf{};
  const char* form = r < 0x80 ? "\\x%02x" : r < 0x10000 ? "\\u%04x" : "\\U%08x";
  std::snprintf(buf.data(), buf.size(), form, r);
  out += buf.data();
}

}  // namespace

std::vector<std::string_view> SplitN(std::string_view text, std::string_view sep, size_t n) {
  std::vector<std::string_view> out;
  if (n == 0) return out;
  SLUICE_CHECK(!sep.empty());
  while (out.size() + 1 < n) {
    const size_t at = text.find(sep);
    if (at == text.npos) break;
    out.push_back(text.substr(0, at));
    text.remove_prefix(at + sep.size());
  }
  out.push_back(text);
  return out;
}

std::vector<std::string_view> Split(std::string_view text, std::string_view sep) {
  return SplitN(text, sep, text.npos);
}

std::vector<std::string_view> Fields(std::string_view text) {
  std::vector<std::string_view> out;
  for (size_t begin = text.find_first_not_of(kSpace); begin != text.npos;) {
    const size_t end = std::min(text.find_first_of(kSpace, begin), text.size());
    out.push_back(text.substr(begin, end - begin));
    begin = text.find_first_not_of(kSpace, end);
  }
  return out;
}

std::optional<std::pair<std::string_view, std::string_view>> Cut(std::string_view text,
                                                                 std::string_view sep) {
  const size_t at = text.find(sep);
  if (at == text.npos) return std::nullopt;
  return std::pair{text.substr(0, at), text.substr(at + sep.size())};
}

std::string_view TrimSpace(std::string_view text) { return Trim(text, kSpace); }
std::string_view Trim(std::string_view text, std::string_view cutset) {
  return TrimLeft(TrimRight(text, cutset), cutset);
}
std::string_view TrimLeft(std::string_view text, std::string_view cutset) {
  text.remove_prefix(std::min(text.find_first_not_of(cutset), text.size()));
  return text;
}
std::string_view TrimRight(std::string_view text, std::string_view cutset) {
  const size_t last = text.find_last_not_of(cutset);
  return text.substr(0, last == text.npos ? 0 : last + 1);
}
std::string_view TrimPrefix(std::string_view text, std::string_view prefix) {
  if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
  return text;
}
std::string_view TrimSuffix(std::string_view text, std::string_view suffix) {
  if (text.ends_with(suffix)) text.remove_suffix(suffix.size());
  return text;
}

std::string ReplaceAll(std::string_view text, std::string_view from, std::string_view to) {
  if (from.empty()) return std::string(text);
  std::string out;
  for (size_t at = text.find(from); at != text.npos; at = text.find(from)) {
    out.append(text.substr(0, at)).append(to);
    text.remove_prefix(at + from.size());
  }
  return out.append(text);
}

std::string ToLower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), Lower);
  return out;
}
std::string ToUpper(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), Upper);
  return out;
}
bool EqualFold(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return Lower(x) == Lower(y); });
}
bool Contains(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

std::string QuoteGo(std::string_view text) {
  std::string out = "\"";
  for (size_t i = 0; i < text.size();) {
    const Rune rune = DecodeRune(text, i);
    const auto byte = static_cast<unsigned char>(text[i]);
    if (!rune.ok) {
      std::array<char, 8> buf{};
      std::snprintf(buf.data(), buf.size(), "\\x%02x", byte);
      out += buf.data();
    } else if (rune.code == '"' || rune.code == '\\') {
      out.append(1, '\\').append(1, text[i]);
    } else if (IsPrint(rune.code)) {
      out += text.substr(i, rune.size);
    } else if (const size_t at = std::string_view("\a\b\f\n\r\t\v").find(text[i]);
               rune.size == 1 && at < 7) {
      out.append(1, '\\').append(1, "abfnrtv"[at]);
    } else {
      AppendEscaped(out, rune.code);
    }
    i += rune.size;
  }
  return out + '"';
}

bool IsValidUtf8(std::string_view text) {
  while (!text.empty()) {
    const Rune rune = DecodeRune(text);
    if (!rune.ok) return false;
    text.remove_prefix(rune.size);
  }
  return true;
}

std::string_view TruncateUtf8(std::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  size_t end = max_bytes;
  for (int i = 0; i < 3 && end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80; ++i)
    --end;
  return text.substr(0, end);
}

std::string_view TruncateRunes(std::string_view text, size_t max_runes) {
  size_t at = 0;
  for (; max_runes > 0 && at < text.size(); --max_runes) at += DecodeRune(text, at).size;
  return text.substr(0, at);
}

namespace {

template <class T>
std::optional<T> ParseNumber(std::string_view text) {
  T value{};
  if (text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || text[0] == '+') return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<int64_t> ParseInt64(std::string_view text) {
  if (text.starts_with("+-")) return std::nullopt;
  return ParseNumber<int64_t>(text);
}
std::optional<uint64_t> ParseUint64(std::string_view text) {
  if (text.starts_with('+')) return std::nullopt;
  return ParseNumber<uint64_t>(text);
}
std::optional<double> ParseDouble(std::string_view text) {
  if (text.starts_with("+-")) return std::nullopt;
  return ParseNumber<double>(text);
}

std::optional<bool> ParseBool(std::string_view text) {
  for (const std::string_view t : {"1", "t", "T", "true", "TRUE", "True"}) {
    if (text == t) return true;
  }
  for (const std::string_view f : {"0", "f", "F", "false", "FALSE", "False"}) {
    if (text == f) return false;
  }
  return std::nullopt;
}

}  // namespace sluice::base
