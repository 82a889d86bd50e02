#include "functions_words.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "base/utf8.h"
#include "coerce.h"
#include "go_strings.h"
#include "unicode.h"

namespace sluice::gotemplate::internal {
namespace {

using base::AppendRune;
using base::DecodeRune;

bool IsConnector(uint32_t r) { return r == '-' || r == '_' || IsSpace(r); }

// A letter that is not Chinese, Japanese or Korean.
bool IsAlphabet(uint32_t r) {
  if (!IsLetter(r)) return false;
  return !((r >= 0x4e00 && r <= 0x9fcc) || (r >= 0x3400 && r <= 0x4d85) ||
           (r >= 0x20000 && r <= 0x2b81d));
}

enum class WordKind { kInvalid, kNumber, kUpper, kAlphabet, kConnector, kPunct, kOther };

struct Word {
  WordKind kind = WordKind::kInvalid;
  std::string_view text;
};

// xstrings' tokenizer. Ill-formed bytes (and U+FFFD itself) belong to what follows them.
class Words {
 public:
  explicit Words(std::string_view text) : rest_(text) {}
  bool done() const { return rest_.empty(); }

  Word Next() {
    if (rest_.empty()) return {};
    const Piece first = Peek(0, 0xfffd);
    size_t end = first.size;
    WordKind kind = WordKind::kOther;
    if (first.code == 0xfffd) {
      kind = WordKind::kInvalid;
    } else if (IsConnector(first.code)) {
      kind = WordKind::kConnector;
      end = Span(end, first.code, IsConnector);
    } else if (IsPunct(first.code)) {
      kind = WordKind::kPunct;
      end = Span(end, first.code, IsPunct);
    } else if (IsUpper(first.code)) {
      kind = WordKind::kUpper;
      end = Capitals(end, first.code);
    } else if (IsAlphabet(first.code)) {
      kind = WordKind::kAlphabet;
      end = Span(end, first.code, IsSmall);
    } else if (IsNumber(first.code)) {
      kind = WordKind::kNumber;
      end = Span(end, first.code, IsNumber);
    } else {
      end = Span(end, first.code, [](uint32_t r) {
        return !IsConnector(r) && !IsAlphabet(r) && !IsNumber(r) && !IsPunct(r);
      });
    }
    const Word word{kind, rest_.substr(0, end)};
    rest_.remove_prefix(end);
    return word;
  }

 private:
  struct Piece {
    uint32_t code;
    size_t size;  // with the ill-formed bytes before it
  };

  static bool IsSmall(uint32_t r) { return IsAlphabet(r) && !IsUpper(r); }

  // The first well-formed code point from `at` on; `otherwise` where the text ends before one.
  Piece Peek(size_t at, uint32_t otherwise) const {
    size_t size = 0;
    while (at + size < rest_.size()) {
      const base::Rune rune = DecodeRune(rest_, at + size);
      size += rune.size;
      if (rune.code != 0xfffd) return {rune.code, size};
    }
    return {otherwise, size};
  }

  template <class Belongs>
  size_t Span(size_t end, uint32_t last, Belongs belongs) const {
    while (end < rest_.size()) {
      const Piece piece = Peek(end, last);
      if (!belongs(piece.code)) break;
      last = piece.code;
      end += piece.size;
    }
    return end;
  }

  // After a capital: "HTTP" of "HTTPStatus", where the last capital begins the next word, or all of
  // "Status".
  size_t Capitals(size_t end, uint32_t last) const {
    if (end >= rest_.size()) return end;
    Piece piece = Peek(end, last);
    if (!IsUpper(piece.code)) return IsAlphabet(piece.code) ? Span(end, last, IsSmall) : end;
    size_t last_size = 0;
    while (end < rest_.size()) {
      piece = Peek(end, piece.code);
      if (!IsUpper(piece.code)) break;
      last_size = piece.size;
      end += piece.size;
    }
    return end < rest_.size() && IsAlphabet(piece.code) ? end - last_size : end;
  }

  std::string_view rest_;
};

// "HTTPServer20x" → "http_server_20x".
class Separated {
 public:
  Separated(std::string_view text, char connector) : words_(text), connector_(connector) {
    word_ = words_.Next();
  }

  std::string Run() {
    while (!words_.done()) {
      if (word_.kind != WordKind::kConnector) Write(word_);
      const Word last = word_;
      word_ = words_.Next();
      switch (last.kind) {
        case WordKind::kNumber:
          WriteAlphanumerics();
          break;
        case WordKind::kConnector:
          Write(last);
          break;
        case WordKind::kPunct:
          break;
        default:
          AfterLetters();
      }
    }
    Write(word_);
    return std::move(out_);
  }

 private:
  void Write(const Word& word) {
    if (word.kind != WordKind::kUpper && word.kind != WordKind::kConnector) {
      out_ += word.text;
      return;
    }
    for (size_t i = 0; i < word.text.size();) {
      const base::Rune rune = DecodeRune(word.text, i);
      i += rune.size;
      if (IsConnector(rune.code)) {
        out_ += connector_;
      } else {
        AppendRune(out_, IsUpper(rune.code) ? ToLower(rune.code) : rune.code);
      }
    }
  }

  bool at_boundary() const {
    return word_.kind == WordKind::kConnector || word_.kind == WordKind::kPunct;
  }

  // Small letters and digits that follow a number belong to it.
  void WriteAlphanumerics() {
    while (word_.kind == WordKind::kAlphabet || word_.kind == WordKind::kNumber) {
      Write(word_);
      word_ = words_.Next();
    }
    if (word_.kind != WordKind::kInvalid && !at_boundary()) out_ += connector_;
  }

  void AfterLetters() {
    if (word_.kind != WordKind::kNumber) {
      if (!at_boundary()) out_ += connector_;
      return;
    }
    if (words_.done()) return;
    const Word number = word_;
    word_ = words_.Next();
    if (word_.kind != WordKind::kAlphabet) {  // "Bld4Floor": the number ends its word
      Write(number);
      if (!at_boundary()) out_ += connector_;
      return;
    }
    out_ += connector_;  // "HTTP2xx": it begins one
    Write(number);
    WriteAlphanumerics();
  }

  Words words_;
  const char connector_;
  Word word_;
  std::string out_;
};

// "http_server" → "HttpServer", "_complex__case_" → "_Complex_Case_". A word of capitals keeps only
// its first.
std::string Pascal(std::string_view text) {
  std::string out;
  uint32_t current = 0, previous = 0;
  bool capitals = false;
  size_t i = 0;
  const auto next = [&] {
    const base::Rune rune = DecodeRune(text, i);
    i += rune.size;
    return rune.code;
  };
  while (i < text.size()) {
    current = next();
    if (!IsConnector(current)) {
      capitals = IsUpper(current);
      current = ToUpper(current);
      break;
    }
    AppendRune(out, current);
  }
  if (i >= text.size()) {
    // As xstrings does: a text of nothing but connectors gets its last one twice.
    if (!text.empty()) AppendRune(out, current);
    return out;
  }
  while (i < text.size()) {
    previous = current;
    current = next();
    if (IsConnector(previous)) {
      if (IsConnector(current)) {
        AppendRune(out, previous);
        continue;
      }
      capitals = IsUpper(current);
      current = ToUpper(current);
      continue;
    }
    if (capitals) {
      if (IsUpper(current)) {
        current = ToLower(current);
      } else {
        capitals = false;
      }
    }
    AppendRune(out, previous);
  }
  AppendRune(out, current);
  return out;
}

// goutils' WrapCustom, in bytes.
base::Result<Value> WrapText(Call& call, std::string_view text, int64_t width,
                             std::string_view newline, bool long_words) {
  if (newline.empty()) newline = "\n";
  const auto limit = static_cast<size_t>(std::max<int64_t>(width, 1));
  std::string out;
  size_t at = 0;
  const auto line = [&](size_t end) {
    out.append(text.substr(at, end - at)).append(newline);
    return CheckFits(call.heap, out.size());
  };
  while (text.size() - at > limit) {
    if (text[at] == ' ') {
      ++at;
      continue;
    }
    const size_t space = text.substr(at, limit + 1).rfind(' ');
    if (space != text.npos) {
      SLUICE_TRY(line(at + space));
      at += space + 1;
    } else if (long_words) {
      SLUICE_TRY(line(at + limit));
      at += limit;
    } else if (const size_t next = text.find(' ', at + limit); next != text.npos) {
      SLUICE_TRY(line(next));
      at = next + 1;
    } else {
      break;
    }
  }
  out += text.substr(at);
  return call.String(out);
}

// goutils' AbbreviateFull, in bytes; what it calls an error is "".
std::string Abbreviated(std::string_view text, int64_t offset, int64_t width) {
  const auto size = static_cast<int64_t>(text.size());
  if (text.empty() || width < 4) return {};
  if (size <= width) return std::string(text);
  offset = std::min(offset, size);
  // wraps, as Go's
  const auto left =
      static_cast<int64_t>(static_cast<uint64_t>(size) - static_cast<uint64_t>(offset));
  if (left < width - 3) offset = size - (width - 3);
  const auto keep = static_cast<size_t>(width - 3);
  if (offset <= 4) return std::string(text.substr(0, keep)) + "...";
  if (width < 7) return {};
  if (offset + width - 3 < size) {
    return "..." + Abbreviated(text.substr(static_cast<size_t>(offset)), 0, width - 3);
  }
  return "..." + std::string(text.substr(text.size() - keep));
}

}  // namespace

base::Result<Value> Upper(Call& call) {
  if (std::ranges::none_of(call[0].text(), [](char c) {
        return static_cast<unsigned char>(c) >= 0x80 || (c >= 'a' && c <= 'z');
      })) {
    return call[0];
  }
  return call.String(MapRunes(call[0].text(), ToUpper));
}

base::Result<Value> Lower(Call& call) {
  if (std::ranges::none_of(call[0].text(), [](char c) {
        return static_cast<unsigned char>(c) >= 0x80 || (c >= 'A' && c <= 'Z');
      })) {
    return call[0];
  }
  return call.String(MapRunes(call[0].text(), ToLower));
}

base::Result<Value> Title(Call& call) {
  const auto separates = [](uint32_t r) {
    if (r < 0x80) return !IsLetter(r) && !IsDigit(r) && r != '_';
    return !IsLetter(r) && !IsDigit(r) && IsSpace(r);
  };
  bool begins = true;
  return call.String(MapRunes(call[0].text(), [&](uint32_t r) {
    const uint32_t mapped = begins ? ToTitle(r) : r;
    begins = separates(r);
    return mapped;
  }));
}

base::Result<Value> Untitle(Call& call) {
  bool begins = true;
  return call.String(MapRunes(call[0].text(), [&](uint32_t r) {
    if (IsSpace(r)) {
      begins = true;
      return r;
    }
    const uint32_t mapped = begins ? ToLower(r) : r;
    begins = false;
    return mapped;
  }));
}

base::Result<Value> SwapCase(Call& call) {
  bool begins = true;
  return call.String(MapRunes(call[0].text(), [&](uint32_t r) {
    if (IsUpper(r) || IsTitle(r)) {
      begins = false;
      return ToLower(r);
    }
    if (IsLower(r)) {
      const uint32_t mapped = begins ? ToTitle(r) : ToUpper(r);
      begins = false;
      return mapped;
    }
    begins = IsSpace(r);
    return r;
  }));
}

base::Result<Value> SnakeCase(Call& call) {
  return call.String(Separated(call[0].text(), '_').Run());
}
base::Result<Value> KebabCase(Call& call) {
  return call.String(Separated(call[0].text(), '-').Run());
}
base::Result<Value> CamelCase(Call& call) { return call.String(Pascal(call[0].text())); }

// Both look at bytes, as if each were a code point: what is not ASCII comes out as Latin-1.
base::Result<Value> Initials(Call& call) {
  std::string out;
  bool begins = true;
  for (const char c : call[0].text()) {
    const uint32_t r = static_cast<unsigned char>(c);
    const bool space = IsSpace(r);
    if (begins && !space) AppendRune(out, r);
    begins = space;
  }
  return call.String(out);
}

base::Result<Value> NoSpace(Call& call) {
  const auto space = [](char c) { return IsSpace(static_cast<unsigned char>(c)); };
  if (std::ranges::none_of(call[0].text(), space)) return call[0];
  std::string out;
  for (const char c : call[0].text()) {
    if (!space(c)) AppendRune(out, static_cast<unsigned char>(c));
  }
  return call.String(out);
}

base::Result<Value> Wrap(Call& call) {
  return WrapText(call, call[1].text(), call[0].int_value(), "", false);
}
base::Result<Value> WrapWith(Call& call) {
  return WrapText(call, call[2].text(), call[0].int_value(), call[1].text(), true);
}

base::Result<Value> Abbreviate(Call& call) {
  const int64_t width = call[0].int_value();
  if (width < 4) return call[1];
  return call.String(Abbreviated(call[1].text(), 0, width));
}

base::Result<Value> AbbreviateBoth(Call& call) {
  const int64_t left = call[0].int_value(), right = call[1].int_value();
  if (right < 4 || (left > 0 && right < 7)) return call[2];
  return call.String(Abbreviated(call[2].text(), left, right));
}

}  // namespace sluice::gotemplate::internal
