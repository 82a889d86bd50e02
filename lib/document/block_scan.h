// A scanner of the YAML that charts, manifests and values are written in: block mappings and
// sequences of plain, quoted and block scalars, with flow collections of plain words and anchors of
// scalars on one line. A recognizer on purpose: it says "no" to whatever is beyond that (tags,
// tabs, carriage returns, odd indentation, complex keys, flow over several lines …), and its caller
// then asks libyaml. What it does accept libyaml reads to the very same tree: the same nodes at the
// same marks. Private to the library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "block_cursor.h"
#include "document/node.h"

namespace sluice::document {

// `Sink` gets the tree in order:
//   void Begin(Node::Kind, Mark, bool flow); void End();
//   bool Scalar(std::string_view text, Node::Style, Mark);  keys too; false: not for this reader
//   bool Anchor(std::string_view name);                     of the node that comes next; false: not
//   for this reader bool Alias(std::string_view name, Mark); bool wants_text() const; false: the
//   text of a scalar over several lines may be left out
template <class Sink>
class BlockScanner : private BlockCursor {
 public:
  // REQUIRES: IsPlainText(text), of fewer than 2^31 bytes.
  BlockScanner(std::string_view text, Sink& sink, size_t max_depth)
      : BlockCursor(text), sink_(sink), max_depth_(max_depth) {}

  // Takes the next document, which must hold a block collection. False: this is no text for this
  // scanner.
  bool Document() {
    if (!Start()) return false;
    if (!Node()) return false;
    while (NextContent()) {
      if (!Line()) return false;
    }
    if (failed_) return false;
    EndPending();
    while (!levels_.empty()) Pop();
    return true;
  }

  using BlockCursor::AtEnd;

 private:
  enum class Form : uint8_t { kMapping, kSequence, kIndentless };
  enum class Awaits : uint8_t { kNothing, kValue, kItem };
  struct Level {
    size_t column;  // 0-based
    Form form;
  };

  static constexpr int kFlowDepth = 16;

  // To the first character of the document's root.
  bool Start() {
    if (!NextContent() && (failed_ || AtEnd())) return false;
    if (column() == 0 && MarkerAt(at_, '-')) {
      at_ += 3;
      // nothing below it: a null at a place of libyaml's choice
      if (!LineRest() || !NextContent()) return false;
    }
    return At(at_) != '%';
  }

  bool Push(Form form, size_t column, Mark mark) {
    if (levels_.size() >= max_depth_) return Fail();
    levels_.push_back({column, form});
    sink_.Begin(form == Form::kMapping ? Node::Kind::kMapping : Node::Kind::kSequence, mark, false);
    return true;
  }
  void Pop() {
    levels_.pop_back();
    sink_.End();
  }

  void EndPending() {
    if (awaits_ != Awaits::kNothing) (void)sink_.Scalar("", Node::Style::kPlain, pending_);
    awaits_ = Awaits::kNothing;
  }

  // A line of a document that has begun, at its first character.
  bool Line() {
    const size_t column = this->column();
    const bool dash = DashAt(at_);
    if (awaits_ != Awaits::kNothing) {
      if (column > levels_.back().column) {
        awaits_ = Awaits::kNothing;
        return Node();
      }
      if (awaits_ == Awaits::kValue && dash && column == levels_.back().column) {
        awaits_ = Awaits::kNothing;
        return Push(Form::kIndentless, column, MarkAt(at_)) && Item();
      }
      EndPending();
    }
    while (!levels_.empty() && levels_.back().column > column) Pop();
    if (levels_.empty() || levels_.back().column != column) return Fail();
    if (dash) return levels_.back().form != Form::kMapping ? Item() : Fail();
    if (levels_.back().form == Form::kIndentless) Pop();
    return levels_.back().form == Form::kMapping ? Key() : Fail();
  }

  // "- ", and what follows on its line.
  bool Item() {
    ++at_;
    const Mark after = MarkAt(at_);
    size_t i = at_;
    while (At(i) == ' ' && i < text_.size()) ++i;
    if (At(i) == '\n' || At(i) == '#') {
      at_ = i;
      SkipToLineEnd(i);
      awaits_ = Awaits::kItem;
      pending_ = after;
      return true;
    }
    at_ = i;
    return Node();
  }

  // What begins at a place where a block collection may.
  bool Node() {
    const size_t column = this->column();
    if (DashAt(at_)) return Push(Form::kSequence, column, MarkAt(at_)) && Item();
    const char c = At(at_);
    if (c == '\'' || c == '"') {
      const size_t close = ShortQuote(at_);
      if (close != 0 && At(close) == ':' && BlankAt(close + 1))
        return Push(Form::kMapping, column, MarkAt(at_)) && Key();
      return levels_.empty() ? Fail() : Value();
    }
    if (!BeginsPlain(at_)) return levels_.empty() ? Fail() : Value();
    size_t end = at_;
    switch (ScanPlain(at_, end)) {
      case Stop::kColon:
        return Push(Form::kMapping, column, MarkAt(at_)) && Key();
      case Stop::kUnknown:
        return Fail();
      default:
        return levels_.empty() ? Fail() : Value();
    }
  }

  // "key:", and what follows on its line.
  bool Key() {
    const size_t begin = at_;
    const Mark mark = MarkAt(begin);
    size_t end = begin;
    if (At(begin) == '\'' || At(begin) == '"') {
      const size_t close = ShortQuote(begin);
      if (close == 0 || At(close) != ':' || !BlankAt(close + 1) || close - begin > kLongestKey)
        return Fail();
      for (size_t i = begin; i < close; ++i) {
        if (static_cast<unsigned char>(text_[i]) >= 0x80 || text_[i] == '\t') return Fail();
      }
      const auto style = At(begin) == '"' ? Node::Style::kDoubleQuoted : Node::Style::kSingleQuoted;
      if (!sink_.Scalar(text_.substr(begin + 1, close - begin - 2), style, mark)) return Fail();
      at_ = close;
    } else {
      if (!BeginsPlain(begin) || ScanPlain(begin, end) != Stop::kColon ||
          stop_at_ - begin > kLongestKey)
        return Fail();
      for (size_t i = begin; i < end; ++i)
        wide_line_ |= static_cast<unsigned char>(text_[i]) >= 0x80;
      if (!sink_.Scalar(text_.substr(begin, end - begin), Node::Style::kPlain, mark)) return Fail();
      at_ = stop_at_;
    }
    ++at_;
    const Mark after = MarkAt(at_);
    size_t i = at_;
    while (i < text_.size() && text_[i] == ' ') ++i;
    if (At(i) == '\n' || At(i) == '#') {
      SkipToLineEnd(i);
      awaits_ = Awaits::kValue;
      pending_ = after;
      return true;
    }
    at_ = i;
    return Value();
  }

  // A scalar or flow collection, and the end of its line.
  bool Value() {
    switch (At(at_)) {
      case '\'':
        return SingleQuoted();
      case '"':
        return DoubleQuoted();
      case '|':
      case '>':
        return BlockScalar();
      case '[':
      case '{':
        return Flow(0) && LineRest();
      case '&':
        return Anchored();
      case '*':
        return Alias();
      default:
        return BeginsPlain(at_) ? Plain() : Fail();
    }
  }

  // "&name value" on one line.
  bool Anchored() {
    const size_t begin = at_ + 1, end = NameEnd(begin);
    if (end == 0 || At(end) != ' ' || anchor_ != 0) return Fail();
    anchor_ = begin;
    anchor_mark_ = MarkAt(at_);
    if (!sink_.Anchor(text_.substr(begin, end - begin))) return Fail();
    at_ = end;
    SkipSpaces();
    if (At(at_) == '\n' || At(at_) == '#' || At(at_) == '&' || At(at_) == '*') return Fail();
    return Value();
  }

  bool Alias() {
    const size_t begin = at_ + 1, end = NameEnd(begin);
    if (end == 0 || !sink_.Alias(text_.substr(begin, end - begin), MarkAt(at_))) return Fail();
    at_ = end;
    return LineRest();
  }

  // Where a value began: at its anchor, if it has one.
  Mark ValueMark() {
    const Mark mark = anchor_ != 0 ? anchor_mark_ : MarkAt(at_);
    anchor_ = 0;
    return mark;
  }

  // A plain scalar that is no key, with the lines that continue it.
  bool Plain() {
    const Mark mark = ValueMark();
    const size_t begin = at_, parent = levels_.back().column;
    size_t end = begin;
    Stop stop = ScanPlain(begin, end);
    bool folded = false;
    while (stop == Stop::kLineEnd) {
      size_t next = stop_at_, breaks = 0;
      if (!Continues(parent, next, breaks)) break;
      if (!folded) buffer_.assign(text_.substr(begin, end - begin));
      folded = true;
      const size_t from = next;
      stop = ScanPlain(from, end);
      if (!sink_.wants_text()) continue;
      buffer_.append(breaks == 1 ? 1 : breaks - 1, breaks == 1 ? ' ' : '\n');
      buffer_.append(text_.substr(from, end - from));
    }
    if (failed_ || stop == Stop::kColon || stop == Stop::kUnknown) return Fail();
    if (!sink_.Scalar(folded ? std::string_view(buffer_) : text_.substr(begin, end - begin),
                      Node::Style::kPlain, mark))
      return Fail();
    SkipToLineEnd(stop_at_);
    return true;
  }

  bool SingleQuoted() {
    const Mark mark = ValueMark();
    const size_t begin = at_ + 1;
    size_t i = begin;
    while (i < text_.size() && text_[i] != '\'' && text_[i] != '\n') ++i;
    if (At(i) == '\'' && At(i + 1) != '\'') {
      if (!sink_.Scalar(text_.substr(begin, i - begin), Node::Style::kSingleQuoted, mark))
        return Fail();
      at_ = i + 1;
      return LineRest();
    }
    buffer_.clear();
    for (i = begin;;) {
      if (i >= text_.size()) return Fail();
      const char c = text_[i];
      if (c == '\t') return Fail();
      if (c == '\n') {
        if (!Fold(i, 0, false)) return false;
      } else if (c != '\'') {
        buffer_ += c;
        ++i;
      } else if (At(i + 1) == '\'') {
        buffer_ += c;
        i += 2;
      } else {
        break;
      }
    }
    if (!sink_.Scalar(buffer_, Node::Style::kSingleQuoted, mark)) return Fail();
    at_ = i + 1;
    return LineRest();
  }

  bool DoubleQuoted() {
    const Mark mark = ValueMark();
    const size_t begin = at_ + 1;
    size_t i = begin;
    while (i < text_.size() && text_[i] != '"' && text_[i] != '\n' && text_[i] != '\\') ++i;
    std::string_view text = text_.substr(begin, i - begin);
    if (i < text_.size() && text_[i] != '"') {
      buffer_.assign(text);
      if (base::Contains(text, "\t") || !EscapedText(i)) return Fail();
      text = buffer_;
    }
    if (At(i) != '"' || !sink_.Scalar(text, Node::Style::kDoubleQuoted, mark)) return Fail();
    at_ = i + 1;
    return LineRest();
  }

  // "|" or ">" with an optional "-" or "+", and its lines.
  bool BlockScalar() {
    const Mark mark = ValueMark();
    const bool folds = text_[at_] == '>';
    const char chomp = At(at_ + 1);
    at_ += chomp == '-' || chomp == '+' ? 2 : 1;
    size_t i = at_;
    while (i < text_.size() && text_[i] == ' ') ++i;
    if (i >= text_.size() || text_[i] != '\n') return Fail();
    NewLine(i + 1);
    size_t breaks = 0;
    const size_t indent = BlockIndent(breaks);
    if (indent == 0) return Fail();
    buffer_.clear();
    const bool keep = sink_.wants_text();
    if (keep) buffer_.append(breaks, '\n');
    const bool ended = BlockLines(indent, folds, keep, breaks);
    if (keep) {
      if (chomp != '-' && ended) buffer_ += '\n';
      if (chomp == '+') buffer_.append(breaks, '\n');
    }
    if (!sink_.Scalar(buffer_, folds ? Node::Style::kFolded : Node::Style::kLiteral, mark))
      return Fail();
    return true;
  }

  // The indentation of the first line that is not blank, which is where at_ stands then; 0: not as
  // it should be.
  size_t BlockIndent(size_t& breaks) {
    size_t widest = 0;
    for (;;) {
      size_t i = at_;
      while (i < text_.size() && text_[i] == ' ') ++i;
      if (i >= text_.size() || text_[i] == '\t') return 0;
      const size_t width = i - at_;
      if (text_[i] != '\n') return width > levels_.back().column && width >= widest ? width : 0;
      widest = width > widest ? width : widest;
      ++breaks;
      NewLine(i + 1);
    }
  }

  // The lines that are indented so, with the breaks between them; `breaks`: how many blank lines
  // follow the last. at_: the line after. Whether a line feed ends the last line.
  bool BlockLines(size_t indent, bool folds, bool keep, size_t& breaks) {
    bool first = true, leading_blank = false;
    for (;;) {
      const size_t begin = at_ + indent;
      const bool blank = At(begin) == ' ' || At(begin) == '\t';
      if (!first && keep) {
        if (!folds || leading_blank || blank) {
          buffer_.append(breaks + 1, '\n');
        } else {
          buffer_.append(breaks == 0 ? 1 : breaks, breaks == 0 ? ' ' : '\n');
        }
      }
      first = false;
      leading_blank = blank;
      const size_t end = LineEnd(begin);
      if (keep) buffer_.append(text_.substr(begin, end - begin));
      breaks = 0;
      if (end >= text_.size()) {
        at_ = end;
        return false;
      }
      NewLine(end + 1);
      for (;;) {
        size_t i = at_;
        const size_t most = at_ + indent;
        while (i < most && i < text_.size() && text_[i] == ' ') ++i;
        if (i >= text_.size()) return at_ = i, true;
        if (text_[i] == '\n') {
          ++breaks;
          NewLine(i + 1);
          continue;
        }
        if (i < most) {
          if (text_[i] == '\t') Fail();
          return true;
        }
        break;
      }
    }
  }

  // A flow collection on one line. at_: after it.
  bool Flow(int depth) {
    if (depth >= kFlowDepth || levels_.size() + static_cast<size_t>(depth) >= max_depth_)
      return Fail();
    const bool mapping = text_[at_] == '{';
    const char close = mapping ? '}' : ']';
    sink_.Begin(mapping ? Node::Kind::kMapping : Node::Kind::kSequence, ValueMark(), true);
    ++at_;
    SkipSpaces();
    while (At(at_) != close) {
      if (mapping) {
        if (!FlowScalar() || At(at_) != ':' || At(at_ + 1) != ' ') return Fail();
        ++at_;
        SkipSpaces();
      }
      if (!(At(at_) == '[' || At(at_) == '{' ? Flow(depth + 1) : FlowScalar())) return Fail();
      SkipSpaces();
      if (At(at_) == close) break;
      if (At(at_) != ',') return Fail();
      ++at_;
      SkipSpaces();
      if (At(at_) == close) return Fail();
    }
    ++at_;
    sink_.End();
    return true;
  }

  // A quoted scalar without escapes, or a plain word.
  bool FlowScalar() {
    const size_t begin = at_;
    const Mark mark = MarkAt(begin);
    const char c = At(begin);
    if (c == '"' || c == '\'') {
      const size_t close = ShortQuote(begin);
      if (close == 0 || close - begin > kLongestKey) return Fail();
      for (size_t i = begin; i < close; ++i) {
        if (static_cast<unsigned char>(text_[i]) >= 0x80 || text_[i] == '\t') return Fail();
      }
      at_ = close;
      return sink_.Scalar(text_.substr(begin + 1, close - begin - 2),
                          c == '"' ? Node::Style::kDoubleQuoted : Node::Style::kSingleQuoted,
                          mark) ||
             Fail();
    }
    if (!IsWord(c) && !(c == '-' && IsWord(At(begin + 1)))) return Fail();
    size_t end = begin + 1;
    while (end < text_.size() && (IsWord(text_[end]) || text_[end] == '-')) ++end;
    if (end - begin > kLongestKey) return Fail();
    at_ = end;
    return sink_.Scalar(text_.substr(begin, end - begin), Node::Style::kPlain, mark) || Fail();
  }

  Sink& sink_;
  const size_t max_depth_;
  Awaits awaits_ = Awaits::kNothing;
  size_t anchor_ = 0;  // where the name of the coming value's anchor stands; 0: it has none
  Mark anchor_mark_;
  Mark pending_;  // of the null that stands where nothing follows
  std::vector<Level> levels_;
};

}  // namespace sluice::document
