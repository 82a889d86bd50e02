#include "toml_scan.h"

#include <algorithm>
#include <charconv>

#include "base/strings.h"
#include "base/utf8.h"

namespace sluice::gotemplate {
namespace toml {

std::string Quoted(std::string_view text) {
  std::string out;
  AppendGoQuoted(out, text);
  return out;
}

std::string Rune(uint32_t r) {
  std::string out;
  base::AppendRune(out, r);
  return out;
}

// strconv.QuoteRune
std::string QuotedRune(uint32_t r) {
  if (r == '\'') return "'\\''";
  if (r == '"') return "'\"'";
  const std::string text = Quoted(r == 0 ? std::string(1, '\0') : Rune(r));
  return base::Cat("'", std::string_view(text).substr(1, text.size() - 2), "'");
}

}  // namespace toml
namespace {

using base::Result;
using base::Status;
using toml::IsBlank;
using toml::IsBreak;
using toml::IsOneOf;
using toml::Quoted;
using toml::Rune;

bool IsHex(uint32_t r) { return toml::IsDigit(r) || ((r | 0x20) >= 'a' && (r | 0x20) <= 'f'); }

std::string Hex(unsigned char byte) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  return {kDigits[byte >> 4], kDigits[byte & 15]};
}

std::string_view WithoutFirstBreak(std::string_view s) {
  if (s.starts_with('\n')) return s.substr(1);
  return s.starts_with("\r\n") ? s.substr(2) : s;
}

// A backslash at a line's end goes with all blanks and breaks behind it.
std::string JoinEscapedLines(std::string_view s) {
  std::string out;
  out.reserve(s.size());
  for (size_t i = 0; i < s.size();) {
    if (s[i] != '\\') {
      out += s[i++];
      continue;
    }
    if (i + 1 < s.size() && s[i + 1] == '\\') {
      out += "\\\\";
      i += 2;
      continue;
    }
    const size_t end = std::min(s.find_first_not_of(" \t\r\n", i + 1), s.size());
    if (s.substr(i, end - i).find('\n') == s.npos) {
      out += s[i++];  // a bad escape, which is told later
    } else {
      i = end;
    }
  }
  return out;
}

}  // namespace

Result<uint32_t> TomlScanner::Next() {
  if (at_ >= text_.size()) {
    at_end_ = true;
    width_ = 0;
    return kEof;
  }
  const base::Rune r = base::DecodeRune(text_, at_);
  const auto byte = static_cast<unsigned char>(text_[at_]);
  if (!r.ok) return Fail(line_, base::Cat("invalid UTF-8 byte: 0x", Hex(byte)));
  const bool lone_return = r.code == '\r' && (at_ + 1 == text_.size() || text_[at_ + 1] != '\n');
  if ((r.code < 0x20 && r.code != '\t' && !IsBreak(r.code)) || r.code == 0x7f || lone_return) {
    return Fail(line_,
                base::Cat("TOML files cannot contain control characters: '0x", Hex(byte), "'"));
  }
  if (r.code == '\n') ++line_;
  at_ += r.size;
  width_ = r.size;
  return r.code;
}

void TomlScanner::Back() {
  if (at_end_) {
    at_end_ = false;
    return;
  }
  at_ -= width_;
  if (at_ < text_.size() && text_[at_] == '\n') --line_;
}

Result<uint32_t> TomlScanner::Peek() {
  SLUICE_TRY(const uint32_t r, Next());
  Back();
  return r;
}

Result<bool> TomlScanner::Accept(char c) {
  SLUICE_TRY(const uint32_t r, Next());
  if (r == static_cast<unsigned char>(c)) return true;
  Back();
  return false;
}

Status TomlScanner::SkipBlanks() {
  for (;;) {
    SLUICE_TRY(const uint32_t r, Next());
    if (IsBlank(r)) continue;
    Back();
    return {};
  }
}

Status TomlScanner::Fail(int line, std::string_view message) const {
  const std::string key = tree_.Current();
  if (key.empty())
    return base::InvalidArgument(base::Cat("toml: line ", std::to_string(line), ": ", message));
  return base::InvalidArgument(
      base::Cat("toml: line ", std::to_string(line), " (last key ", Quoted(key), "): ", message));
}
Status TomlScanner::FailHere(std::string_view message) const {
  const bool after_break = at_end_ && at_ >= 1 && text_[at_ - 1] == '\n';
  return Fail(after_break ? line_ - 1 : line_, message);
}

Result<std::string> TomlScanner::BasicString() {
  const size_t start = at_;
  bool escaped = false;
  for (;;) {
    SLUICE_TRY(const uint32_t r, Next());
    if (r == kEof) return FailHere("unexpected EOF; expected '\"'");
    if (IsBreak(r)) return FailLineBefore("strings cannot contain newlines");
    if (r == '"') break;
    if (r != '\\') continue;
    escaped = true;
    SLUICE_TRY(SkipEscape(start));
  }
  const std::string_view raw = text_.substr(start, at_ - 1 - start);
  return escaped ? Unescape(raw) : Result<std::string>(std::string(raw));
}

Result<std::string> TomlScanner::LiteralString() {
  const size_t start = at_;
  for (;;) {
    SLUICE_TRY(const uint32_t r, Next());
    if (r == kEof) return FailHere("unexpected EOF; expected \"'\"");
    if (IsBreak(r)) return FailLineBefore("strings cannot contain newlines");
    if (r == '\'') break;
  }
  return std::string(text_.substr(start, at_ - 1 - start));
}

// Behind three quotes of a kind: true where they close the string. Of a longer run the last three
// do; six are too many.
Result<bool> TomlScanner::ClosesMultiline(char quote, size_t start) {
  SLUICE_TRY(const bool second, Accept(quote));
  if (!second) return false;
  SLUICE_TRY(const bool third, Accept(quote));
  if (!third) {
    at_ -= 1;
    return false;
  }
  SLUICE_TRY(const uint32_t next, Peek());
  if (next != static_cast<unsigned char>(quote)) return true;
  const std::string_view current = text_.substr(start, at_ - start);
  const std::string five(5, quote);
  if (current.ends_with(five) && !(quote == '"' && current.ends_with("\\" + five))) {
    const std::string_view around = quote == '"' ? "'" : "\"";
    return FailHere(base::Cat("unexpected ", around, std::string(6, quote), around));
  }
  at_ -= 2;
  return false;
}

Result<std::string> TomlScanner::MultilineBasicString() {
  const size_t start = at_;
  for (;;) {
    SLUICE_TRY(const uint32_t r, Next());
    if (r == kEof) return FailHere("unexpected EOF; expected '\"\"\"'");
    if (r == '\\') {
      SLUICE_TRY(const uint32_t escaped, Next());
      if (IsBreak(escaped)) continue;
      Back();
      SLUICE_TRY(SkipEscape(start));
    } else if (r == '"') {
      SLUICE_TRY(const bool closes, ClosesMultiline('"', start));
      if (closes) break;
    }
  }
  return Unescape(JoinEscapedLines(WithoutFirstBreak(text_.substr(start, at_ - 3 - start))));
}

Result<std::string> TomlScanner::MultilineLiteralString() {
  const size_t start = at_;
  for (;;) {
    SLUICE_TRY(const uint32_t r, Next());
    if (r == kEof) return FailHere("unexpected EOF; expected \"'''\"");
    if (r != '\'') continue;
    SLUICE_TRY(const bool closes, ClosesMultiline('\'', start));
    if (closes) break;
  }
  return std::string(WithoutFirstBreak(text_.substr(start, at_ - 3 - start)));
}

// Behind a backslash. `start`: of the string, which errors repeat.
Status TomlScanner::SkipEscape(size_t start) {
  SLUICE_TRY(const uint32_t r, Next());
  if (IsOneOf(r, "btnfr\" \t\\") || (v4_ && r == 'e')) return {};
  if (r == 'u') return SkipHex(start, 4, "expected four hexadecimal digits after '\\u', but got ");
  if (r == 'U') return SkipHex(start, 8, "expected eight hexadecimal digits after '\\U', but got ");
  if (r == 'x' && v4_)
    return SkipHex(start, 2, "expected two hexadecimal digits after '\\x', but got ");
  const std::string shown = r == kEof ? std::string(1, '\0') : Rune(r);
  return Fail(at_end_ ? line_ - 1 : line_, base::Cat("invalid escape in string '\\", shown, "'"));
}

Status TomlScanner::SkipHex(size_t start, int digits, std::string_view message) {
  for (int i = 0; i < digits; ++i) {
    SLUICE_TRY(const uint32_t r, Next());
    if (!IsHex(r))
      return FailHere(base::Cat(message, Quoted(text_.substr(start, at_ - start)), " instead"));
  }
  return {};
}

Result<std::string> TomlScanner::Unescape(std::string_view s) const {
  constexpr std::string_view kFrom = "btnfre\"\\", kTo = "\b\t\n\f\r\x1b\"\\";
  std::string out;
  out.reserve(s.size());
  for (size_t i = 0; i < s.size(); ++i) {
    if (s[i] != '\\') {
      out += s[i];
      continue;
    }
    if (++i >= s.size()) return base::Internal("BUG: Escape sequence at end of string.\n\n");
    if (const size_t simple = kFrom.find(s[i]); simple != kFrom.npos) {
      out += kTo[simple];
      continue;
    }
    if (s[i] == ' ' || s[i] == '\t')
      return FailHere(base::Cat("invalid escape: '\\", s.substr(i, 1), "'"));
    const size_t digits = s[i] == 'x' ? 2 : s[i] == 'u' ? 4 : s[i] == 'U' ? 8 : 0;
    if (digits == 0 || s.size() - i <= digits)
      return base::Internal("BUG: Expected valid escape code after \\.\n\n");
    uint32_t code = 0;
    const std::string_view hex = s.substr(i + 1, digits);
    std::from_chars(hex.data(), hex.data() + hex.size(), code, 16);
    if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
      return FailHere(base::Cat("Escaped character '\\u", hex, "' is not valid UTF-8."));
    }
    base::AppendRune(out, code);
    i += digits;
  }
  return out;
}

}  // namespace sluice::gotemplate
