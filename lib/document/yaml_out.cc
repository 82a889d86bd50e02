#include "yaml_out.h"

#include <array>
#include <cstdint>

#include "decimal.h"

namespace sluice::document {
namespace {

unsigned char At(std::string_view s, size_t i) {
  return i < s.size() ? static_cast<unsigned char>(s[i]) : 0;
}

size_t Width(unsigned char lead) {
  if (lead < 0x80) return 1;
  if ((lead & 0xe0) == 0xc0) return 2;
  if ((lead & 0xf0) == 0xe0) return 3;
  return (lead & 0xf8) == 0xf0 ? 4 : 1;
}

bool IsSpace(std::string_view s, size_t i) { return At(s, i) == ' '; }
bool IsBlank(std::string_view s, size_t i) { return At(s, i) == ' ' || At(s, i) == '\t'; }

// CR, LF, NEL, LS, PS
bool IsBreak(std::string_view s, size_t i) {
  const unsigned char c = At(s, i);
  if (c == '\r' || c == '\n') return i < s.size();
  if (c == 0xc2) return At(s, i + 1) == 0x85;
  return c == 0xe2 && At(s, i + 1) == 0x80 && (At(s, i + 2) == 0xa8 || At(s, i + 2) == 0xa9);
}

// As go-yaml's is_printable: by leading bytes, nothing beyond U+FFFF.
bool IsPrintable(std::string_view s, size_t i) {
  const unsigned char c = At(s, i);
  if (c == 0x0a || (c >= 0x20 && c <= 0x7e)) return true;
  if (c == 0xc2) return At(s, i + 1) >= 0xa0;
  if (c > 0xc2 && c < 0xed) return true;
  if (c == 0xed) return At(s, i + 1) < 0xa0;
  if (c == 0xee) return true;
  if (c != 0xef) return false;
  const unsigned char d = At(s, i + 1), e = At(s, i + 2);
  return !(d == 0xbb && e == 0xbf) && !(d == 0xbf && (e == 0xbe || e == 0xbf));
}

constexpr auto kHarmless = [] {
  std::array<bool, 256> table{};
  for (int c = 0x21; c < 0x7f; ++c) table[static_cast<size_t>(c)] = true;
  for (const char c : std::string_view(":#,?[]{}")) table[static_cast<unsigned char>(c)] = false;
  return table;
}();

// Bytes a line break may begin with.
constexpr auto kBreakLeads = [] {
  std::array<bool, 256> table{};
  table['\r'] = table['\n'] = table[0xc2] = table[0xe2] = true;
  return table;
}();

constexpr auto kIndicators = [] {
  std::array<bool, 256> table{};
  for (const char c : std::string_view("#,[]{}&*!|>'\"%@`?:-."))
    table[static_cast<unsigned char>(c)] = true;
  return table;
}();

}  // namespace

bool NeedsAnalysis(std::string_view text) {
  if (text.empty() || kIndicators[static_cast<unsigned char>(text[0])]) return true;
  for (const char c : text) {
    if (!kHarmless[static_cast<unsigned char>(c)]) return true;
  }
  return false;
}

namespace {

// One walk over a text for AnalyzeScalar: what was seen.
class ScalarScan {
 public:
  ScalarScan(std::string_view s, bool tabs_in_blocks) : s_(s), tabs_in_blocks_(tabs_in_blocks) {}

  ScalarShape Run() {
    if (s_.starts_with("---") || s_.starts_with("...")) block_indicators_ = flow_indicators_ = true;
    for (size_t i = 0, w = 0; i < s_.size(); i += w) {
      const unsigned char c = At(s_, i);
      w = Width(c);
      if (i > 0 && kHarmless[c]) {
        i = SkipHarmless(i);
        continue;
      }
      const bool before_white = i + w >= s_.size() || IsBlank(s_, i + w);
      if (i == 0) {
        FirstIndicator(c, before_white);
      } else {
        InnerIndicator(c, before_white);
      }
      if (c == '\t' && tabs_in_blocks_) {
        tabs_ = true;
      } else if (!IsPrintable(s_, i)) {
        special_ = true;
      }
      White(i, i + w >= s_.size());
    }
    return Shape();
  }

 private:
  // To the last byte of a run of harmless ones, single spaces and single breaks between them
  // included.
  size_t SkipHarmless(size_t i) {
    after_white_ = previous_space_ = previous_break_ = false;
    while (i + 2 < s_.size()) {
      if (kHarmless[At(s_, i + 1)]) {
        ++i;
      } else if ((s_[i + 1] == ' ' || s_[i + 1] == '\n') && kHarmless[At(s_, i + 2)]) {
        multiline_ |= s_[i + 1] == '\n';
        i += 2;
      } else {
        break;
      }
    }
    return i;
  }

  void FirstIndicator(unsigned char c, bool before_white) {
    switch (c) {
      case '#':
      case ',':
      case '[':
      case ']':
      case '{':
      case '}':
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
        flow_indicators_ = block_indicators_ = true;
        break;
      case '?':
      case ':':
        flow_indicators_ = true;
        block_indicators_ |= before_white;
        break;
      case '-':
        flow_indicators_ |= before_white;
        block_indicators_ |= before_white;
        break;
      default:
        break;
    }
  }

  void InnerIndicator(unsigned char c, bool before_white) {
    switch (c) {
      case ',':
      case '?':
      case '[':
      case ']':
      case '{':
      case '}':
        flow_indicators_ = true;
        break;
      case ':':
        flow_indicators_ = true;
        block_indicators_ |= before_white;
        break;
      case '#':
        flow_indicators_ |= after_white_;
        block_indicators_ |= after_white_;
        break;
      default:
        break;
    }
  }

  // Spaces and breaks: where they stand, and how they follow one another.
  void White(size_t i, bool last) {
    const bool space = IsSpace(s_, i), line_break = IsBreak(s_, i);
    if (space) {
      edge_white_ |= i == 0 || last;
      trailing_space_ |= last;
      break_space_ |= previous_break_;
    } else if (line_break) {
      multiline_ = true;
      edge_white_ |= i == 0 || last;
      space_break_ |= previous_space_;
    }
    previous_space_ = space;
    previous_break_ = line_break;
    const unsigned char c = At(s_, i);
    after_white_ = space || c == '\t' || c == 0 || line_break;
  }

  ScalarShape Shape() const {
    ScalarShape shape;
    shape.multiline = multiline_;
    shape.single_quoted = !(break_space_ || space_break_ || tabs_ || special_);
    const bool plain = shape.single_quoted && !edge_white_ && !multiline_;
    shape.flow_plain = plain && !flow_indicators_;
    shape.block_plain = plain && !block_indicators_;
    shape.block = !(trailing_space_ || space_break_ || special_);
    return shape;
  }

  const std::string_view s_;
  const bool tabs_in_blocks_;
  bool block_indicators_ = false, flow_indicators_ = false, special_ = false, tabs_ = false,
       multiline_ = false;
  bool edge_white_ = false, trailing_space_ = false, break_space_ = false, space_break_ = false;
  bool previous_space_ = false, previous_break_ = false, after_white_ = true;
};

}  // namespace

ScalarShape AnalyzeScalar(std::string_view s, bool tabs_in_blocks) {
  if (s.empty()) return {.flow_plain = false, .block = false};
  return ScalarScan(s, tabs_in_blocks).Run();
}

void YamlOut::PutAll(std::string_view text) {
  out_.append(text);
  int characters = 0;
  for (const char c : text) characters += (static_cast<unsigned char>(c) & 0xc0) != 0x80 ? 1 : 0;
  column += characters;
}

void YamlOut::PutBreak() {
  out_ += '\n';
  column = 0;
  indention = true;
}

void YamlOut::WriteIndent() {
  const int want = indent < 0 ? 0 : indent;
  if (!indention || column > want || (column == want && !whitespace)) PutBreak();
  if (foot_indent == want) PutBreak();
  if (column < want) {
    out_.append(static_cast<size_t>(want - column), ' ');
    column = want;
  }
  whitespace = true;
  foot_indent = -1;
}

void YamlOut::WriteIndicator(std::string_view indicator, bool need_whitespace, bool is_whitespace,
                             bool is_indention) {
  if (need_whitespace && !whitespace) Put(' ');
  PutAll(indicator);
  whitespace = is_whitespace;
  indention = indention && is_indention;
  open_ended = false;
}

size_t YamlOut::WriteRune(std::string_view text, size_t i) {
  const size_t w = Width(At(text, i));
  out_.append(text.substr(i, w));
  ++column;
  return i + w;
}

size_t YamlOut::WriteBreak(std::string_view text, size_t i) {
  if (text[i] == '\n') {
    PutBreak();
    return i + 1;
  }
  i = WriteRune(text, i);
  column = 0;
  indention = true;
  return i;
}

// A single space past the width, where a line may be broken. For plain and single-quoted text also
// not before another space.
bool YamlOut::Folds(std::string_view text, size_t i) const {
  return column > best_width_ && !IsSpace(text, i + 1);
}

void YamlOut::WritePlain(std::string_view text, bool allow_breaks) {
  if (!text.empty() && !whitespace) Put(' ');
  if (!allow_breaks || column + static_cast<int64_t>(text.size()) <= best_width_) {
    PutAll(text);  // plain text holds no line breaks: the shape forbids it
  } else {
    bool spaces = false;
    for (size_t i = 0; i < text.size();) {
      const bool space = IsSpace(text, i);
      if (space && !spaces && Folds(text, i)) {
        WriteIndent();
        ++i;
      } else {
        i = WriteRune(text, i);
      }
      spaces = space;
    }
  }
  if (!text.empty()) whitespace = false;
  indention = false;
}

void YamlOut::WriteSingleQuoted(std::string_view text, bool allow_breaks) {
  WriteIndicator("'", true, false, false);
  bool spaces = false, breaks = false;
  for (size_t i = 0; i < text.size();) {
    if (IsSpace(text, i)) {
      if (allow_breaks && !spaces && i > 0 && i + 1 < text.size() && Folds(text, i)) {
        WriteIndent();
        ++i;
      } else {
        i = WriteRune(text, i);
      }
      spaces = true;
    } else if (IsBreak(text, i)) {
      if (!breaks && text[i] == '\n') PutBreak();
      i = WriteBreak(text, i);
      breaks = true;
    } else {
      if (breaks) WriteIndent();
      if (text[i] == '\'') Put('\'');
      i = WriteRune(text, i);
      indention = false;
      spaces = breaks = false;
    }
  }
  WriteIndicator("'", false, false, false);
  whitespace = false;
  indention = false;
}

void YamlOut::WriteEscaped(uint32_t code) {
  Put('\\');
  switch (code) {
    case 0x00:
      Put('0');
      return;
    case 0x07:
      Put('a');
      return;
    case 0x08:
      Put('b');
      return;
    case 0x09:
      Put('t');
      return;
    case 0x0a:
      Put('n');
      return;
    case 0x0b:
      Put('v');
      return;
    case 0x0c:
      Put('f');
      return;
    case 0x0d:
      Put('r');
      return;
    case 0x1b:
      Put('e');
      return;
    case 0x22:
      Put('"');
      return;
    case 0x5c:
      Put('\\');
      return;
    case 0x85:
      Put('N');
      return;
    case 0xa0:
      Put('_');
      return;
    case 0x2028:
      Put('L');
      return;
    case 0x2029:
      Put('P');
      return;
    default:
      break;
  }
  const int digits = code <= 0xff ? 2 : code <= 0xffff ? 4 : 8;
  Put(digits == 2 ? 'x' : digits == 4 ? 'u' : 'U');
  for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4)
    Put("0123456789ABCDEF"[(code >> shift) & 0xf]);
}

void YamlOut::WriteDoubleQuoted(std::string_view text, bool allow_breaks) {
  bool spaces = false;
  WriteIndicator("\"", true, false, false);
  // go-yaml looks for a byte order mark at the beginning of the buffer, whatever the position: such
  // a text is escaped throughout.
  const bool bom = text.starts_with("\xef\xbb\xbf");
  for (size_t i = 0; i < text.size();) {
    if (bom || !IsPrintable(text, i) || IsBreak(text, i) || text[i] == '"' || text[i] == '\\') {
      const Rune rune = DecodeRune(text, i);
      i += rune.size;
      WriteEscaped(rune.code);
      spaces = false;
    } else if (IsSpace(text, i)) {
      if (allow_breaks && !spaces && column > best_width_ && i > 0 && i + 1 < text.size()) {
        WriteIndent();
        if (IsSpace(text, i + 1)) Put('\\');
        ++i;
      } else {
        i = WriteRune(text, i);
      }
      spaces = true;
    } else {
      i = WriteRune(text, i);
      spaces = false;
    }
  }
  WriteIndicator("\"", false, false, false);
  whitespace = false;
  indention = false;
}

void YamlOut::BlockHints(std::string_view text) {
  if (IsSpace(text, 0) || IsBreak(text, 0)) {
    const char digit = static_cast<char>('0' + best_indent_);
    WriteIndicator({&digit, 1}, false, false, false);
  }
  open_ended = false;
  const auto start_of_last = [&](size_t end) {
    size_t i = end - 1;
    while (i > 0 && (At(text, i) & 0xc0) == 0x80) --i;
    return i;
  };
  std::string_view chomp;
  if (text.empty()) {
    chomp = "-";
  } else if (const size_t last = start_of_last(text.size()); !IsBreak(text, last)) {
    chomp = "-";
  } else if (last == 0 || IsBreak(text, start_of_last(last))) {
    chomp = "+";
  }
  if (!chomp.empty()) WriteIndicator(chomp, false, false, false);
  open_ended = chomp == "+";
}

void YamlOut::BlockHead(char indicator, std::string_view text, std::string_view line_comment) {
  WriteIndicator({&indicator, 1}, true, false, false);
  BlockHints(text);
  if (!line_comment.empty()) {
    Put(' ');
    PutAll(line_comment);
  }
  PutBreak();
  whitespace = true;
}

void YamlOut::WriteLiteral(std::string_view text, std::string_view line_comment) {
  BlockHead('|', text, line_comment);
  bool breaks = true;
  for (size_t i = 0; i < text.size();) {
    if (kBreakLeads[At(text, i)] && IsBreak(text, i)) {
      i = WriteBreak(text, i);
      breaks = true;
      continue;
    }
    if (breaks) WriteIndent();
    size_t end = i;
    while (end < text.size() && !(kBreakLeads[At(text, end)] && IsBreak(text, end))) ++end;
    out_.append(text.substr(i, end - i));
    column += static_cast<int>(end - i);  // nothing folds here: bytes will do
    i = end;
    indention = false;
    breaks = false;
  }
}

void YamlOut::WriteFolded(std::string_view text, std::string_view line_comment) {
  BlockHead('>', text, line_comment);
  bool breaks = true, leading_spaces = true;
  for (size_t i = 0; i < text.size();) {
    if (IsBreak(text, i)) {
      if (!breaks && !leading_spaces && text[i] == '\n') {
        // Upstream looks from the start of the text instead of from here; readers of its output
        // depend on it.
        size_t k = 0;
        while (IsBreak(text, k)) k += Width(At(text, k));
        if (k < text.size() && !IsBlank(text, k) && At(text, k) != 0) PutBreak();
      }
      i = WriteBreak(text, i);
      breaks = true;
      continue;
    }
    if (breaks) {
      WriteIndent();
      leading_spaces = IsBlank(text, i);
    }
    if (!breaks && IsSpace(text, i) && Folds(text, i)) {
      WriteIndent();
      ++i;
    } else {
      i = WriteRune(text, i);
    }
    indention = false;
    breaks = false;
  }
}

}  // namespace sluice::document
