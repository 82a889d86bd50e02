#include "base/glob.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/utf8.h"

namespace sluice::base {
namespace {

// A pattern is compiled into tokens, and the set of text positions each token can reach is carried
// along: time is pattern × text at worst, whatever the stars.
struct Token {
  enum class Kind : uint8_t {
    kRune,   // exactly `rune`
    kAny,    // '?'
    kClass,  // [...]
    kStar,   // '*'
  } kind;
  uint32_t rune = 0;
  bool negated = false;
  std::vector<std::pair<uint32_t, uint32_t>> ranges = {};
};

// A byte that is no UTF-8 equals itself only.
uint32_t CodeOf(const Rune& r, char byte) {
  return r.ok ? r.code : 0x110000u + static_cast<unsigned char>(byte);
}

// One class member at the front of `rest`, past an escape. False: malformed.
bool ClassRune(std::string_view& rest, uint32_t& rune) {
  if (rest.empty() || rest[0] == '-' || rest[0] == ']') return false;
  if (rest[0] == '\\') {
    rest.remove_prefix(1);
    if (rest.empty()) return false;
  }
  const Rune r = DecodeRune(rest);
  if (!r.ok) return false;
  rune = r.code;
  rest.remove_prefix(r.size);
  return !rest.empty();
}

// `rest` stands behind '['. False leaves the token unusable.
bool ParseClass(std::string_view& rest, Token& token) {
  if (rest.starts_with('^')) {
    token.negated = true;
    rest.remove_prefix(1);
  }
  for (bool first = true;; first = false) {
    if (!rest.empty() && rest[0] == ']' && !first) break;
    uint32_t low = 0;
    if (!ClassRune(rest, low)) return false;
    uint32_t high = low;
    if (rest.size() > 1 && rest[0] == '-') {
      rest.remove_prefix(1);
      if (!ClassRune(rest, high)) return false;
    }
    token.ranges.emplace_back(low, high);
  }
  rest.remove_prefix(1);
  return true;
}

// False: a syntax error.
bool Compile(std::string_view pattern, std::vector<Token>& out) {
  while (!pattern.empty()) {
    const char c = pattern[0];
    if (c == '[') {
      Token token{Token::Kind::kClass};
      pattern.remove_prefix(1);
      if (!ParseClass(pattern, token)) return false;
      out.push_back(std::move(token));
      continue;
    }
    if (c == '*' || c == '?') {
      pattern.remove_prefix(1);
      const bool again = c == '*' && !out.empty() && out.back().kind == Token::Kind::kStar;
      if (!again) out.push_back({c == '*' ? Token::Kind::kStar : Token::Kind::kAny});
      continue;
    }
    if (c == '\\') pattern.remove_prefix(1);
    if (pattern.empty()) return false;
    const Rune r = DecodeRune(pattern);
    out.push_back({Token::Kind::kRune, CodeOf(r, pattern[0])});
    pattern.remove_prefix(r.size);
  }
  return true;
}

bool TakesRune(const Token& token, uint32_t rune) {
  if (token.kind == Token::Kind::kRune) return rune == token.rune;
  if (rune == '/') return false;
  if (token.kind == Token::Kind::kAny) return true;
  const bool in = std::ranges::any_of(
      token.ranges, [&](const auto& range) { return rune >= range.first && rune <= range.second; });
  return in != token.negated;
}

void Step(const Token& token, std::string_view text, const std::vector<bool>& from,
          std::vector<bool>& to) {
  bool open = false;  // a star is under way
  for (size_t i = 0; i <= text.size(); ++i) {
    if (token.kind == Token::Kind::kStar) {
      open = open || from[i];
      to[i] = open;
      if (i < text.size() && text[i] == '/') open = false;
    } else if (from[i] && i < text.size()) {
      const Rune r = DecodeRune(text, i);
      if (TakesRune(token, CodeOf(r, text[i]))) to[i + r.size] = true;
    }
  }
}

bool Match(const std::vector<Token>& tokens, std::string_view text) {
  std::vector<bool> from(text.size() + 1, false);
  from[0] = true;
  for (const Token& token : tokens) {
    std::vector<bool> to(text.size() + 1, false);
    Step(token, text, from, to);
    from.swap(to);
  }
  return from[text.size()];
}

}  // namespace

Result<bool> PathMatch(std::string_view pattern, std::string_view name) {
  // Most patterns are a name or "*.suffix", which need no machine.
  const bool star = pattern.starts_with('*');
  const std::string_view literal = star ? pattern.substr(1) : pattern;
  if (literal.find_first_of("*?[\\") == literal.npos) {
    if (!star) return name == literal;
    return name.ends_with(literal) &&
           name.substr(0, name.size() - literal.size()).find('/') == name.npos;
  }
  std::vector<Token> tokens;
  if (!Compile(pattern, tokens)) return InvalidArgument("syntax error in pattern");
  return Match(tokens, name);
}

Result<bool> FilepathMatch(std::string_view pattern, std::string_view name) {
  auto matched = PathMatch(pattern, name);
  if (matched.ok()) return matched;
  // The end of the well-formed chunks (a chunk begins with its stars).
  size_t good = 0;
  while (good < pattern.size()) {
    size_t end = std::min(pattern.find_first_not_of('*', good), pattern.size());
    for (bool in_class = false; end < pattern.size() && (pattern[end] != '*' || in_class); ++end) {
      if (pattern[end] == '\\')
        ++end;
      else if (pattern[end] == '[')
        in_class = true;
      else if (pattern[end] == ']')
        in_class = false;
    }
    end = std::min(end, pattern.size());
    if (!PathMatch(pattern.substr(good, end - good), "").ok()) break;
    good = end;
  }
  for (size_t size = 0; size <= name.size(); ++size) {
    const auto reached = PathMatch(pattern.substr(0, good), name.substr(0, size));
    if (reached.ok() && *reached) return matched;
  }
  return false;
}

}  // namespace sluice::base
