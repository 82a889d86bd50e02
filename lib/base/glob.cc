#include "base/glob.h"

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
    kRune,     // exactly `rune`
    kAny,      // '?'
    kClass,    // [...]
    kStar,     // '*'
    kFolders,  // "**/": nothing, or any number of "name/"
    kRest,     // "/**" at the end: anything below
  } kind;
  uint32_t rune = 0;
  bool negated = false;
  std::vector<std::pair<uint32_t, uint32_t>> ranges = {};
};

struct Rules {
  bool pathname, double_star, case_fold;
  bool lenient;  // fnmatch: a malformed class is plain text, '!' negates too
};

uint32_t Fold(uint32_t r, bool fold) { return fold && r >= 'A' && r <= 'Z' ? r + 32 : r; }

// A byte that is no UTF-8 equals itself only.
uint32_t CodeOf(const Rune& r, char byte) {
  return r.ok ? r.code : 0x110000u + static_cast<unsigned char>(byte);
}

// One class member at the front of `rest`, past an escape. False: malformed.
bool ClassRune(std::string_view& rest, uint32_t& rune, bool lenient) {
  if (rest.empty() || (!lenient && (rest[0] == '-' || rest[0] == ']'))) return false;
  if (rest[0] == '\\') {
    rest.remove_prefix(1);
    if (rest.empty()) return false;
  }
  const Rune r = DecodeRune(rest);
  if (!r.ok) return false;
  rune = r.code;
  rest.remove_prefix(r.size);
  return lenient || !rest.empty();
}

// `rest` stands behind '['. False leaves the token unusable.
bool ParseClass(std::string_view& rest, Token& token, const Rules& rules) {
  token.kind = Token::Kind::kClass;
  if (!rest.empty() && (rest[0] == '^' || (rules.lenient && rest[0] == '!'))) {
    token.negated = true;
    rest.remove_prefix(1);
  }
  for (bool first = true;; first = false) {
    if (!rest.empty() && rest[0] == ']' && !first) break;
    uint32_t low = 0;
    if (!ClassRune(rest, low, rules.lenient)) return false;
    uint32_t high = low;
    if (rest.size() > 1 && rest[0] == '-' && (rest[1] != ']' || !rules.lenient)) {
      rest.remove_prefix(1);
      if (!ClassRune(rest, high, rules.lenient)) return false;
    }
    token.ranges.emplace_back(low, high);
  }
  rest.remove_prefix(1);
  return true;
}

// False: a syntax error (never when lenient).
bool Compile(std::string_view pattern, const Rules& rules, std::vector<Token>& out) {
  const std::string_view whole = pattern;
  while (!pattern.empty()) {
    const char c = pattern[0];
    const bool at_start =
        pattern.size() == whole.size() || whole[whole.size() - pattern.size() - 1] == '/';
    if (rules.double_star && at_start && pattern.starts_with("**/")) {
      pattern.remove_prefix(3);
      out.push_back({Token::Kind::kFolders});
      continue;
    }
    if (rules.double_star && at_start && pattern == "**") {
      out.push_back({Token::Kind::kRest});
      return true;
    }
    if (c == '[') {
      Token token{Token::Kind::kClass};
      std::string_view rest = pattern.substr(1);
      if (ParseClass(rest, token, rules)) {
        out.push_back(std::move(token));
        pattern = rest;
        continue;
      }
      if (!rules.lenient) return false;
    } else if (c == '*') {
      pattern.remove_prefix(1);
      if (out.empty() || out.back().kind != Token::Kind::kStar) out.push_back({Token::Kind::kStar});
      continue;
    } else if (c == '?') {
      pattern.remove_prefix(1);
      out.push_back({Token::Kind::kAny});
      continue;
    } else if (c == '\\') {
      if (pattern.size() == 1) {
        if (!rules.lenient) return false;
      } else {
        pattern.remove_prefix(1);
      }
    }
    const Rune r = DecodeRune(pattern);
    out.push_back({Token::Kind::kRune, Fold(CodeOf(r, pattern[0]), rules.case_fold)});
    pattern.remove_prefix(r.size);
  }
  return true;
}

bool InClass(const Token& token, uint32_t rune, bool fold) {
  bool in = false;
  for (const auto& [low, high] : token.ranges) {
    in = in || (rune >= low && rune <= high);
    if (fold && rune >= 'a' && rune <= 'z') in = in || (rune - 32 >= low && rune - 32 <= high);
    if (fold && rune >= 'A' && rune <= 'Z') in = in || (rune + 32 >= low && rune + 32 <= high);
  }
  return in != token.negated;
}

bool TakesRune(const Token& token, uint32_t rune, const Rules& rules) {
  if (token.kind == Token::Kind::kRune) return Fold(rune, rules.case_fold) == token.rune;
  if (rules.pathname && rune == '/') return false;
  return token.kind == Token::Kind::kAny || InClass(token, rune, rules.case_fold);
}

void Step(const Token& token, std::string_view text, const Rules& rules,
          const std::vector<bool>& from, std::vector<bool>& to) {
  bool open = false;  // a star token is under way
  for (size_t i = 0; i <= text.size(); ++i) {
    switch (token.kind) {
      case Token::Kind::kStar:
        open = open || from[i];
        to[i] = open;
        if (i < text.size() && rules.pathname && text[i] == '/') open = false;
        break;
      case Token::Kind::kRest:
        open = open || from[i];
        to[i] = open && i == text.size();
        break;
      case Token::Kind::kFolders:
        to[i] = from[i] || (open && i > 0 && text[i - 1] == '/');
        open = open || from[i];
        break;
      default:
        if (from[i] && i < text.size()) {
          const Rune r = DecodeRune(text, i);
          if (TakesRune(token, CodeOf(r, text[i]), rules)) to[i + r.size] = true;
        }
    }
  }
}

bool Match(const std::vector<Token>& tokens, std::string_view text, const Rules& rules) {
  std::vector<bool> from(text.size() + 1, false);
  from[0] = true;
  for (const Token& token : tokens) {
    std::vector<bool> to(text.size() + 1, false);
    Step(token, text, rules, from, to);
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
  const Rules rules{.pathname = true, .double_star = false, .case_fold = false, .lenient = false};
  std::vector<Token> tokens;
  if (!Compile(pattern, rules, tokens)) return InvalidArgument("syntax error in pattern");
  return Match(tokens, name, rules);
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

bool Fnmatch(std::string_view pattern, std::string_view text, const FnmatchOptions& options) {
  const Rules rules{options.pathname, options.double_star, options.case_fold, true};
  std::vector<Token> tokens;
  Compile(pattern, rules, tokens);
  return Match(tokens, text, rules);
}

}  // namespace sluice::base
