// Where the block scanner stands in its text, and the steps it takes there: lines, the ends of
// scalars, folding, escapes. Private to the library; block_scan.h says what the scanner knows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/strings.h"
#include "base/utf8.h"

namespace sluice::document {

struct Mark {
  uint32_t line = 1, column = 1;  // 1-based, columns in characters
};

// Whether a text has only what libyaml's reader admits and the scanner knows: line feeds, tabs,
// printable ASCII, and of well-formed UTF-8 the printable characters that break no line.
bool IsPlainText(std::string_view text);

class BlockCursor {
 public:
  explicit BlockCursor(std::string_view text) : text_(text) {}

  bool AtEnd() const { return at_ >= text_.size(); }

 protected:
  enum class Stop : uint8_t { kLineEnd, kComment, kColon, kUnknown };
  static constexpr size_t kLongestKey = 512;  // libyaml: 1024 characters

  char At(size_t i) const { return i < text_.size() ? text_[i] : '\n'; }

  bool BlankAt(size_t i) const {
    return At(i) == ' ' || At(i) == '\n';
  }  // tabs: looked at where they matter

  bool Fail() {
    failed_ = true;
    return false;
  }

  size_t column() const { return at_ - line_begin_; }

  // Columns count characters.
  Mark MarkAt(size_t i) const {
    size_t column = i - line_begin_;
    if (wide_line_) {
      column = 0;
      for (size_t k = line_begin_; k < i; ++k)
        column += (static_cast<unsigned char>(text_[k]) & 0xc0) != 0x80 ? 1 : 0;
    }
    return {line_, static_cast<uint32_t>(column + 1)};
  }

  bool MarkerAt(size_t i, char c) const {
    return At(i) == c && At(i + 1) == c && At(i + 2) == c && (BlankAt(i + 3) || At(i + 3) == '\t');
  }

  void NewLine(size_t begin) {
    at_ = line_begin_ = begin;
    ++line_;
    wide_line_ = false;
  }

  size_t LineEnd(size_t i) const {
    const void* end =
        i < text_.size() ? std::memchr(text_.data() + i, '\n', text_.size() - i) : nullptr;
    return end == nullptr ? text_.size()
                          : static_cast<size_t>(static_cast<const char*>(end) - text_.data());
  }

  void SkipToLineEnd(size_t i) {
    const size_t end = LineEnd(i);
    if (end < text_.size()) {
      NewLine(end + 1);
    } else {
      at_ = end;
    }
  }

  // To the next line that is neither blank nor a comment. False at the end, at a "---", and where
  // failed_.
  bool NextContent() {
    while (at_ < text_.size()) {
      size_t i = at_;
      while (At(i) == ' ' && i < text_.size()) ++i;
      if (i >= text_.size()) {
        at_ = i;
        return false;
      }
      const char c = text_[i];
      if (c == '\n') {
        NewLine(i + 1);
        continue;
      }
      if (c == '#') {
        SkipToLineEnd(i);
        continue;
      }
      at_ = i;
      if (c == '\t') return Fail();
      if (i != line_begin_) return true;
      if (MarkerAt(i, '.')) return Fail();
      return !MarkerAt(i, '-');
    }
    return false;
  }

  // After a token: blanks, a comment, the line's end.
  bool LineRest() {
    size_t i = at_;
    while (i < text_.size() && text_[i] == ' ') ++i;
    if (i < text_.size() && text_[i] != '\n' && (text_[i] != '#' || i == at_)) return Fail();
    SkipToLineEnd(i);
    return true;
  }

  void SkipSpaces() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }

  bool DashAt(size_t i) const { return At(i) == '-' && BlankAt(i + 1); }

  static bool IsWord(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '/' || c == '.';
  }

  // After '&' or '*'; 0: no name that is sure to be one.
  size_t NameEnd(size_t i) const {
    const size_t begin = i;
    while (i < text_.size() && (IsWord(text_[i]) || text_[i] == '-') && text_[i] != '/' &&
           text_[i] != '.')
      ++i;
    return i == begin || i - begin > kLongestKey ? 0 : i;
  }

  // The character after a quoted scalar without escapes that ends on its line; 0: it is another.
  size_t ShortQuote(size_t i) const {
    const char quote = text_[i];
    for (size_t k = i + 1; k < text_.size() && text_[k] != '\n' && text_[k] != '\\'; ++k) {
      if (text_[k] == quote) return At(k + 1) == quote ? 0 : k + 1;
    }
    return 0;
  }

  // What begins a plain scalar, but for "?x" and ":x".
  bool BeginsPlain(size_t i) const {
    switch (At(i)) {
      case '-':
        return !BlankAt(i + 1) && At(i + 1) != '\t';
      case '?':
      case ':':
      case ',':
      case '[':
      case ']':
      case '{':
      case '}':
      case '#':
      case '&':
      case '*':
      case '!':
      case '|':
      case '>':
      case '\'':
      case '"':
      case '%':
      case '@':
      case '`':
      case ' ':
      case '\t':
      case '\n':
        return false;
      default:
        return true;
    }
  }

  // Along a plain scalar's line. `end`: after its last character; stop_at_: where it stopped.
  Stop ScanPlain(size_t i, size_t& end) {
    const size_t size = text_.size();
    const char* const p = text_.data();
    size_t last = i;  // after the last that is no blank
    for (; i < size; ++i) {
      const char c = p[i];
      if (static_cast<unsigned char>(c) > '#' && c != ':') {
        last = i + 1;
        continue;
      }
      if (c == ' ') continue;
      if (c == '\n') break;
      if (c == '\t') return Stop::kUnknown;
      if ((c == ':' && BlankAt(i + 1)) || (c == '#' && last != i)) {
        end = last;
        stop_at_ = i;
        return c == ':' ? Stop::kColon : Stop::kComment;
      }
      if (c == ':' && At(i + 1) == '\t') return Stop::kUnknown;
      last = i + 1;
    }
    end = last;
    stop_at_ = i;
    return Stop::kLineEnd;
  }

  // From a line's end at `next`, to the first character of a line that is deeper than `parent`;
  // only blank ones between.
  bool Continues(size_t parent, size_t& next, size_t& breaks) {
    size_t i = next, begin = 0, lines = 0;
    do {
      if (i >= text_.size()) return false;
      ++lines;
      begin = ++i;
      while (i < text_.size() && text_[i] == ' ') ++i;
    } while (i < text_.size() && text_[i] == '\n');
    if (i >= text_.size()) return false;
    if (text_[i] == '\t') return Fail();
    if (text_[i] == '#' || i - begin <= parent) return false;
    line_ += static_cast<uint32_t>(lines);
    line_begin_ = begin;
    wide_line_ = false;
    next = i;
    breaks = lines;
    return true;
  }

  // Line ends within a quoted scalar: to the first character after them that is no blank. Blanks
  // before them go, down to `floor` of the buffer; an escaped line end leaves what is before it and
  // adds no space.
  bool Fold(size_t& i, size_t floor, bool escaped) {
    while (!escaped && buffer_.size() > floor && buffer_.back() == ' ') buffer_.pop_back();
    size_t breaks = 0;
    while (i < text_.size() && text_[i] == '\n') {
      ++breaks;
      ++line_;
      line_begin_ = ++i;
      if (MarkerAt(i, '-') || MarkerAt(i, '.')) return Fail();
      while (i < text_.size() && text_[i] == ' ') ++i;
    }
    wide_line_ = true;
    if (breaks > 1 || escaped) {
      buffer_.append(breaks - 1, '\n');
    } else {
      buffer_ += ' ';
    }
    return true;
  }

  // To the closing quote.
  bool EscapedText(size_t& i) {
    size_t floor = 0;
    while (i < text_.size() && text_[i] != '"') {
      const char c = text_[i];
      if (c == '\t') return false;
      if (c == '\n') {
        if (!Fold(i, floor, false)) return false;
        continue;
      }
      if (c != '\\') {
        buffer_ += c;
        ++i;
        continue;
      }
      ++i;
      if (i < text_.size() && text_[i] == '\n') {
        if (!Fold(i, floor, true)) return false;
      } else if (!Escape(i)) {
        return false;
      }
      floor = buffer_.size();
    }
    return i < text_.size();
  }

  // What follows a backslash: those that writers use.
  bool Escape(size_t& i) {
    const char c = At(i++);
    switch (c) {
      case '"':
      case '\\':
      case ' ':
        buffer_ += c;
        return true;
      case 'n':
        buffer_ += '\n';
        return true;
      case 't':
        buffer_ += '\t';
        return true;
      case 'r':
        buffer_ += '\r';
        return true;
      case 'x':
        return Hex(i, 2);
      case 'u':
        return Hex(i, 4);
      default:
        return false;
    }
  }

  bool Hex(size_t& i, size_t digits) {
    uint32_t code = 0;
    for (const size_t end = i + digits; i < end; ++i) {
      const char c = At(i);
      const char letter = static_cast<char>(c | 0x20);
      if (c >= '0' && c <= '9')
        code = code * 16 + static_cast<uint32_t>(c - '0');
      else if (letter >= 'a' && letter <= 'f')
        code = code * 16 + static_cast<uint32_t>(letter - 'a' + 10);
      else
        return false;
    }
    if (code >= 0xd800 && code < 0xe000) return false;
    base::AppendRune(buffer_, code);
    return true;
  }

  std::string_view text_;
  size_t at_ = 0, line_begin_ = 0, stop_at_ = 0;
  uint32_t line_ = 1;
  bool wide_line_ = false;  // characters of several bytes may precede
  bool failed_ = false;
  std::string buffer_;  // a scalar that does not stand in the text as it reads
};

}  // namespace sluice::document
