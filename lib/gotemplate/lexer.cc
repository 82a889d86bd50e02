#include "lexer.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/strings.h"
#include "base/utf8.h"
#include "unicode.h"

namespace sluice::gotemplate::internal {
namespace {

constexpr std::string_view kLeft = "{{", kRight = "}}", kSpaces = " \t\r\n";

constexpr struct {
  std::string_view word;
  TokenKind kind;
} kKeywords[] = {
    {"block", TokenKind::kBlock},
    {"break", TokenKind::kBreak},
    {"continue", TokenKind::kContinue},
    {"define", TokenKind::kDefine},
    {"else", TokenKind::kElse},
    {"end", TokenKind::kEnd},
    {"if", TokenKind::kIf},
    {"range", TokenKind::kRange},
    {"nil", TokenKind::kNil},
    {"with", TokenKind::kWith},
    {"template", TokenKind::kTemplate},
};

bool IsBlank(uint32_t c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

constexpr auto kWordBytes = [] {  // of ASCII
  std::array<bool, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[static_cast<size_t>(c)] = true;
  for (int c = 'a'; c <= 'z'; ++c)
    table[static_cast<size_t>(c)] = table[static_cast<size_t>(c - 0x20)] = true;
  table['_'] = true;
  return table;
}();

bool IsAlphaNumeric(uint32_t c) {
  if (c < 0x80) return kWordBytes[c];
  return c <= 0x10ffff && (IsLetter(c) || IsDigit(c));
}

bool LeftTrims(std::string_view s) {
  return s.size() >= 2 && s[0] == '-' && IsBlank(static_cast<unsigned char>(s[1]));
}

bool RightTrims(std::string_view s) {
  return s.size() >= 2 && IsBlank(static_cast<unsigned char>(s[0])) && s[1] == '-';
}

// fmt's %#U.
std::string Unicode(uint32_t code) {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "U+%04X", code);
  std::string out = text.data();
  if (code <= 0x10ffff && base::IsPrint(code)) {
    out += " '";
    base::AppendRune(out, code);
    out += '\'';
  }
  return out;
}

}  // namespace

std::string Token::Shown() const {
  if (kind == TokenKind::kEof) return "EOF";
  if (kind == TokenKind::kError) return std::string(text);
  if (kind >= TokenKind::kBlock) return base::Cat("<", text, ">");
  if (text.size() > 10) return base::QuoteGo(base::TruncateRunes(text, 10)) + "...";
  return base::QuoteGo(text);
}

inline uint32_t Lexer::Peek() const {
  if (at_ >= text_.size()) return kNone;
  const auto byte = static_cast<unsigned char>(text_[at_]);
  return byte < 0x80 ? byte : base::DecodeRune(text_, at_).code;
}

inline uint32_t Lexer::Take() {
  if (at_ >= text_.size()) return kNone;
  if (const auto byte = static_cast<unsigned char>(text_[at_]); byte < 0x80) {
    ++at_;
    return byte;
  }
  const base::Rune rune = base::DecodeRune(text_, at_);
  at_ += rune.size;
  return rune.code;
}

bool Lexer::Accept(std::string_view set) {
  if (at_ >= text_.size() || set.find(text_[at_]) == set.npos) return false;
  ++at_;
  return true;
}

void Lexer::AcceptRun(std::string_view set) {
  while (Accept(set)) {
  }
}

inline void Lexer::SkipBlanks() {
  while (at_ < text_.size() && IsBlank(static_cast<unsigned char>(text_[at_]))) ++at_;
}

inline void Lexer::SkipWord() {
  for (;;) {
    while (at_ < text_.size() && kWordBytes[static_cast<unsigned char>(text_[at_])]) ++at_;
    if (at_ >= text_.size() || static_cast<unsigned char>(text_[at_]) < 0x80 ||
        !IsAlphaNumeric(Peek()))
      return;
    Take();
  }
}

int Lexer::LineAt(uint32_t position) const {
  return 1 + static_cast<int>(std::ranges::count(whole_.substr(0, position), '\n'));
}

inline Token Lexer::Emit(TokenKind kind) {
  const Token token{kind, static_cast<uint32_t>(start_), Pending()};
  start_ = at_;
  return token;
}

// Nothing of the text is read after an error.
Token Lexer::Fail(std::string message) {
  message_ = std::move(message);
  const Token token{TokenKind::kError, static_cast<uint32_t>(start_), message_};
  text_ = {};
  at_ = start_ = 0;
  return token;
}

bool Lexer::AtRightDelim(bool& trims) const {
  trims = false;
  if (at_ >= text_.size()) return false;
  const char c = text_[at_];
  if (c == '}') return Rest().starts_with(kRight);
  trims = IsBlank(static_cast<unsigned char>(c)) && RightTrims(Rest()) &&
          text_.substr(at_ + 2).starts_with(kRight);
  return trims;
}

bool Lexer::AtTerminator() const {
  const uint32_t c = Peek();
  return c == kNone || IsBlank(c) || c == '.' || c == ',' || c == '|' || c == ':' || c == ')' ||
         c == '(' || Rest().starts_with(kRight);
}

Token Lexer::Next() { return inside_ ? InsideAction() : Text(); }

Token Lexer::Text() {
  for (;;) {
    const size_t left = text_.find(kLeft, at_);
    if (left == text_.npos) {
      at_ = text_.size();
      return Emit(at_ > start_ ? TokenKind::kText : TokenKind::kEof);
    }
    std::string_view text = text_.substr(start_, left - start_);
    if (LeftTrims(text_.substr(left + kLeft.size()))) text = base::TrimRight(text, kSpaces);
    at_ = start_ + text.size();
    const Token token = Emit(TokenKind::kText);
    at_ = left;
    Ignore();
    if (!token.text.empty()) return token;
    Token delim;
    if (LeftDelim(delim)) return delim;
  }
}

bool Lexer::LeftDelim(Token& token) {
  at_ += kLeft.size();
  const size_t marker = LeftTrims(Rest()) ? 2 : 0;
  if (text_.substr(at_ + marker).starts_with("/*")) {
    at_ += marker;
    Ignore();
    return Comment(token);
  }
  token = Emit(TokenKind::kLeftDelim);
  inside_ = true;
  at_ += marker;
  Ignore();
  parens_ = 0;
  return true;
}

// True with an error; else the comment is skipped.
bool Lexer::Comment(Token& token) {
  const size_t end = text_.find("*/", at_ + 2);
  if (end == text_.npos) {
    token = Fail("unclosed comment");
    return true;
  }
  at_ = end + 2;
  bool trims = false;
  if (!AtRightDelim(trims)) {
    token = Fail("comment ends before closing delimiter");
    return true;
  }
  at_ += kRight.size() + (trims ? 2 : 0);
  if (trims) SkipBlanks();
  Ignore();
  return false;
}

Token Lexer::RightDelim() {
  bool trims = false;
  AtRightDelim(trims);
  if (trims) {
    at_ += 2;
    Ignore();
  }
  at_ += kRight.size();
  const Token token = Emit(TokenKind::kRightDelim);
  if (trims) {
    SkipBlanks();
    Ignore();
  }
  inside_ = false;
  return token;
}

Token Lexer::InsideAction() {
  const uint32_t c = Peek();
  if (IsBlank(c) || c == '}') {
    bool trims = false;
    if (AtRightDelim(trims)) return parens_ == 0 ? RightDelim() : Fail("unclosed left paren");
    if (c != '}') return Space();
  }
  if (c == '+' || c == '-' || (c >= '0' && c <= '9')) return Number();
  if (c == kNone) return Fail("unclosed action");
  if (IsAlphaNumeric(c)) return Word();
  Take();
  switch (c) {
    case '=':
      return Emit(TokenKind::kAssign);
    case ':':
      return Take() == '=' ? Emit(TokenKind::kDeclare) : Fail("expected :=");
    case '|':
      return Emit(TokenKind::kPipe);
    case '"':
      return Quoted('"');
    case '\'':
      return Quoted('\'');
    case '`':
      return RawQuoted();
    case '$':
      return AtTerminator() ? Emit(TokenKind::kVariable) : FieldOrVariable(TokenKind::kVariable);
    case '.':
      if (at_ < text_.size() && (text_[at_] < '0' || text_[at_] > '9'))
        return FieldOrVariable(TokenKind::kField);
      --at_;
      return Number();
    case '(':
      ++parens_;
      return Emit(TokenKind::kLeftParen);
    case ')':
      return --parens_ < 0 ? Fail("unexpected right paren") : Emit(TokenKind::kRightParen);
    default:
      return c >= 0x20 && c < 0x7f ? Emit(TokenKind::kChar)
                                   : Fail("unrecognized character in action: " + Unicode(c));
  }
}

// A run of spaces, less the last one where it belongs to " -}}".
Token Lexer::Space() {
  SkipBlanks();
  if (at_ < text_.size() && text_[at_] == '-' && text_.substr(at_ + 1).starts_with(kRight)) {
    --at_;
    if (at_ == start_) return RightDelim();
  }
  return Emit(TokenKind::kSpace);
}

Token Lexer::Word() {
  SkipWord();
  if (!AtTerminator()) return Fail("bad character " + Unicode(Peek()));
  const std::string_view word = Pending();
  for (const auto& keyword : kKeywords) {
    if (keyword.word[0] == word[0] && keyword.word == word) return Emit(keyword.kind);
  }
  return Emit(word == "true" || word == "false" ? TokenKind::kBool : TokenKind::kIdentifier);
}

Token Lexer::FieldOrVariable(TokenKind kind) {
  if (AtTerminator()) return Emit(kind == TokenKind::kField ? TokenKind::kDot : kind);
  SkipWord();
  if (!AtTerminator()) return Fail("bad character " + Unicode(Peek()));
  return Emit(kind);
}

Token Lexer::Quoted(char quote) {
  const bool string = quote == '"';
  for (;;) {
    uint32_t c = Take();
    if (c == static_cast<unsigned char>(quote))
      return Emit(string ? TokenKind::kString : TokenKind::kCharConstant);
    if (c == '\\') {
      c = Take();
      if (c != kNone && c != '\n') continue;
    }
    if (c == kNone || c == '\n')
      return Fail(string ? "unterminated quoted string" : "unterminated character constant");
  }
}

Token Lexer::RawQuoted() {
  const size_t end = text_.find('`', at_);
  if (end == text_.npos) return Fail("unterminated raw quoted string");
  at_ = end + 1;
  return Emit(TokenKind::kRawString);
}

Token Lexer::Number() {
  if (!ScanNumber()) return Fail("bad number syntax: " + base::QuoteGo(Pending()));
  const uint32_t sign = Peek();
  if (sign != '+' && sign != '-') return Emit(TokenKind::kNumber);
  if (!ScanNumber() || text_[at_ - 1] != 'i')
    return Fail("bad number syntax: " + base::QuoteGo(Pending()));
  return Emit(TokenKind::kComplex);
}

// Accepts too much ("089", "0x0.2"): the parser reads it again.
bool Lexer::ScanNumber() {
  constexpr std::string_view kDecimal = "0123456789_", kHex = "0123456789abcdefABCDEF_";
  Accept("+-");
  std::string_view digits = kDecimal;
  if (Accept("0")) {
    if (Accept("xX")) {
      digits = kHex;
    } else if (Accept("oO")) {
      digits = "01234567_";
    } else if (Accept("bB")) {
      digits = "01_";
    }
  }
  AcceptRun(digits);
  if (Accept(".")) AcceptRun(digits);
  if ((digits == kDecimal && Accept("eE")) || (digits == kHex && Accept("pP"))) {
    Accept("+-");
    AcceptRun(kDecimal);
  }
  Accept("i");
  if (!IsAlphaNumeric(Peek())) return true;
  Take();
  return false;
}

}  // namespace sluice::gotemplate::internal
