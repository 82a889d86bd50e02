// The tokens of a template's text, as text/template/parse cuts them (spec helm-engine §2.1).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::gotemplate::internal {

enum class TokenKind : uint8_t {
  kError,
  kBool,
  kChar,
  kCharConstant,
  kComplex,
  kAssign,
  kDeclare,
  kEof,
  kField,
  kIdentifier,
  kLeftDelim,
  kLeftParen,
  kNumber,
  kPipe,
  kRawString,
  kRightDelim,
  kRightParen,
  kSpace,
  kString,
  kText,
  kVariable,
  // keywords
  kBlock,
  kBreak,
  kContinue,
  kDot,
  kDefine,
  kElse,
  kEnd,
  kIf,
  kNil,
  kRange,
  kTemplate,
  kWith,
};

struct Token {
  TokenKind kind = TokenKind::kError;
  uint32_t position = 0;  // where it begins
  std::string_view text;  // of an error: its message, in the lexer
  // As error texts show it: quoted, cut at ten characters; keywords in angle brackets.
  std::string Shown() const;
};

class Lexer {
 public:
  // REQUIRES: `text` outlives the lexer and the tokens.
  explicit Lexer(std::string_view text) : whole_(text), text_(text) {}
  // After an error or the end, errors or ends without limit.
  Token Next();
  // The line of a place in the text, for error texts: nobody counts lines before.
  int LineAt(uint32_t position) const;

 private:
  static constexpr uint32_t kNone = 0xffffffff;  // past the end
  uint32_t Peek() const;
  uint32_t Take();
  bool Accept(std::string_view set);
  void AcceptRun(std::string_view set);
  void SkipBlanks();
  void SkipWord();  // letters, digits and '_'
  std::string_view Rest() const { return text_.substr(at_); }
  std::string_view Pending() const { return text_.substr(start_, at_ - start_); }
  void Ignore() { start_ = at_; }
  Token Emit(TokenKind kind);
  Token Fail(std::string message);
  bool AtRightDelim(bool& trims) const;
  bool AtTerminator() const;

  Token Text();
  bool LeftDelim(Token& token);  // false: it was a comment
  bool Comment(Token& token);
  Token RightDelim();
  Token InsideAction();
  Token Space();
  Token Word();
  Token FieldOrVariable(TokenKind kind);
  Token Quoted(char quote);
  Token RawQuoted();
  Token Number();
  bool ScanNumber();

  const std::string_view whole_;
  std::string_view text_;  // nothing after an error
  size_t at_ = 0, start_ = 0;
  int parens_ = 0;
  bool inside_ = false;
  std::string message_;
};

}  // namespace sluice::gotemplate::internal
