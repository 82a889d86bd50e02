// The characters of a TOML text, its strings, numbers and dates, and errors with the line and key
// that BurntSushi/toml names: the line is that of the last character taken, and giving a line break
// back takes one off. Private to the library.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"
#include "go_time.h"
#include "gotemplate/function.h"
#include "gotemplate/value.h"
#include "toml_tree.h"

namespace sluice::gotemplate {

class TomlScanner {
 public:
  static constexpr uint32_t kEof = 0;  // no TOML text holds a NUL

  // `tree` knows the key that errors name; both outlive the scanner.
  TomlScanner(std::string_view text, const TomlTree& tree, bool v4)
      : v4_(v4), text_(text), tree_(tree) {}

  // --- characters ---

  // Takes the next character; kEof at the end. What no TOML text may hold is an error for good.
  base::Result<uint32_t> Next();
  void Back();  // gives the last character back
  base::Result<uint32_t> Peek();
  base::Result<bool> Accept(char c);
  base::Status SkipBlanks();
  template <class Predicate>
  base::Status TakeWhile(Predicate accept) {
    for (;;) {
      SLUICE_TRY(const uint32_t r, Next());
      if (r != kEof && accept(r)) continue;
      Back();
      return {};
    }
  }
  size_t at() const { return at_; }
  std::string_view From(size_t start) const { return text_.substr(start, at_ - start); }
  int line() const { return line_; }

  // --- errors ---

  base::Status Fail(int line, std::string_view message) const;
  // At the last character; at the end of a text whose last line is complete, that line.
  base::Status FailHere(std::string_view message) const;
  base::Status FailLineBefore(std::string_view message) const { return Fail(line_ - 1, message); }

  // --- strings: behind the opening quote or quotes, up to and with the closing ones ---

  base::Result<std::string> BasicString();
  base::Result<std::string> LiteralString();
  base::Result<std::string> MultilineBasicString();
  base::Result<std::string> MultilineLiteralString();

  // --- values ---

  // At a digit; behind a sign; behind an "i" or "n" (false: no number, and what was taken of the
  // word stays taken).
  base::Result<Value> NumberOrDate(Heap& heap, Environment& environment);
  base::Result<Value> SignedNumber();
  base::Result<bool> InfinityOrNan();
  base::Result<Value> Float(std::string_view text) const;

 private:
  base::Result<bool> ClosesMultiline(char quote, size_t start);
  base::Status SkipEscape(size_t start);
  base::Status SkipHex(size_t start, int digits, std::string_view message);
  base::Result<std::string> Unescape(std::string_view s) const;

  base::Result<Value> Decimal(size_t start);
  base::Result<Value> FloatFrom(size_t start);
  base::Result<Value> BasedInteger(size_t start, uint32_t base);
  base::Result<Value> Integer(std::string_view text) const;
  base::Result<Value> Date(std::string_view given, Heap& heap, Environment& environment) const;

  const bool v4_;  // TOML 1.1
  const std::string_view text_;
  const TomlTree& tree_;
  size_t at_ = 0, width_ = 0;
  int line_ = 1;
  bool at_end_ = false;
};

// What both files need of characters and their texts.
namespace toml {

inline bool IsBlank(uint32_t r) { return r == ' ' || r == '\t'; }
inline bool IsBreak(uint32_t r) { return r == '\n' || r == '\r'; }
inline bool IsDigit(uint32_t r) { return r >= '0' && r <= '9'; }
inline bool IsOneOf(uint32_t r, std::string_view set) {
  return r != 0 && r < 0x80 && set.find(static_cast<char>(r)) != set.npos;
}
std::string Quoted(std::string_view text);
std::string Rune(uint32_t r);
std::string QuotedRune(uint32_t r);  // strconv.QuoteRune

}  // namespace toml
}  // namespace sluice::gotemplate
