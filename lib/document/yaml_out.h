// The lower half of go-yaml's emitter, both generations: what a text may look like, and how each
// scalar style is written with column, indentation and folding. Private to the library.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sluice::document {

enum class ScalarStyle : uint8_t { kPlain, kSingleQuoted, kDoubleQuoted, kLiteral, kFolded };

// What a text allows (yaml_emitter_analyze_scalar).
struct ScalarShape {
  bool multiline = false;
  bool flow_plain = true;
  bool block_plain = true;
  bool single_quoted = true;
  bool block = true;
};
// v3 alone lets a tab into literal blocks.
ScalarShape AnalyzeScalar(std::string_view text, bool tabs_in_blocks);

// False: bytes that need none of the checks of AnalyzeScalar stand in `text` alone, and the first
// is no indicator.
bool NeedsAnalysis(std::string_view text);

class YamlOut {
 public:
  YamlOut(std::string& out, int best_indent, int best_width)
      : out_(out), best_indent_(best_indent), best_width_(best_width) {}

  int indent = -1;         // the current block's; -1 before the root
  bool whitespace = true;  // the last thing written was white
  bool indention = true;  // nothing but indentation and "- ", "? ", ": " stands on this line so far
  int column = 0;         // characters on this line
  int foot_indent = -1;   // v3: a foot comment ended at this indentation: a blank line follows it
  bool open_ended = false;  // v3: a block ended in kept breaks

  int best_indent() const { return best_indent_; }
  int best_width() const { return best_width_; }

  void Put(char c) {
    out_ += c;
    ++column;
  }
  void PutAll(std::string_view text);  // counts characters, not bytes
  void PutBreak();
  void WriteIndent();
  void WriteIndicator(std::string_view indicator, bool need_whitespace, bool is_whitespace,
                      bool is_indention);

  void WritePlain(std::string_view text, bool allow_breaks);
  void WriteSingleQuoted(std::string_view text, bool allow_breaks);
  void WriteDoubleQuoted(std::string_view text, bool allow_breaks);
  // `line_comment`: v3 puts it behind the "|".
  void WriteLiteral(std::string_view text, std::string_view line_comment = {});
  void WriteFolded(std::string_view text, std::string_view line_comment = {});

 private:
  void BlockHints(std::string_view text);
  size_t WriteBreak(std::string_view text, size_t i);  // returns the index behind it
  size_t WriteRune(std::string_view text, size_t i);
  void WriteEscaped(uint32_t code);
  bool Folds(std::string_view text, size_t i) const;
  void BlockHead(char indicator, std::string_view text, std::string_view line_comment);

  std::string& out_;
  const int best_indent_, best_width_;
};

}  // namespace sluice::document
