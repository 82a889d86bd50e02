#include "json_slow.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string>

#include "decimal.h"
#include "value_rep.h"

namespace sluice::document {
namespace {

using base::InvalidArgument;
using base::Result;
using base::Status;

// Bytes that stand for themselves in a string.
constexpr auto kPlain = [] {
  std::array<bool, 256> table{};
  for (size_t c = 0x20; c < 0x80; ++c) table[c] = c != '"' && c != '\\';
  return table;
}();

class Reader {
 public:
  Reader(std::string_view text, size_t max_depth) : text_(text), max_depth_(max_depth) {}

  Result<Value> Document() {
    SLUICE_TRY(Value value, Any("looking for beginning of value"));
    Blank();
    if (at_ < text_.size()) return Unexpected("after top-level value");
    if (!out_of_range_.ok()) return out_of_range_;  // Go reads the syntax to the end first
    return value;
  }

 private:
  Status Unexpected(std::string_view where) const {
    if (at_ >= text_.size()) {
      // Go reads a space at the end: what cannot be one is cut off in the middle of a word, a
      // number or an escape.
      if (!where.starts_with("in ") && !where.starts_with("after decimal"))
        return InvalidArgument("unexpected end of JSON input");
      return InvalidArgument("invalid character ' ' " + std::string(where));
    }
    return InvalidArgument("invalid character " +
                           QuoteByte(static_cast<unsigned char>(text_[at_])) + " " +
                           std::string(where));
  }

  bool Is(char c) const { return at_ < text_.size() && text_[at_] == c; }
  bool IsDigit() const { return at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; }
  void Blank() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
      ++at_;
  }

  Result<Value> Any(std::string_view where) {
    Blank();
    if (at_ >= text_.size()) return Unexpected(where);
    switch (text_[at_]) {
      case '{':
        return Object();
      case '[':
        return Array();
      case '"': {
        std::string buffer;
        SLUICE_TRY(const std::string_view s, String(buffer));
        return Value(s);
      }
      case 't':
        return Literal("true", Value(true));
      case 'f':
        return Literal("false", Value(false));
      case 'n':
        return Literal("null", Value());
      default:
        break;
    }
    if (Is('-') || IsDigit()) return Number();
    return Unexpected(where);
  }

  Result<Value> Literal(std::string_view word, Value value) {
    for (const char expected : word) {
      if (!Is(expected)) {
        return Unexpected("in literal " + std::string(word) + " (expecting " +
                          QuoteByte(static_cast<unsigned char>(expected)) + ")");
      }
      ++at_;
    }
    return value;
  }

  Status Enter() {
    ++at_;
    if (++depth_ > max_depth_) return InvalidArgument("exceeded max depth");
    Blank();
    return {};
  }

  Result<Value> Object() {
    SLUICE_TRY(Enter());
    Value object = ValueBuilder::MakeObject(0);
    std::string buffer;
    bool first = true;
    while (!(first && Is('}'))) {
      first = false;
      Blank();
      if (!Is('"')) return Unexpected("looking for beginning of object key string");
      SLUICE_TRY(const std::string_view key, String(buffer));
      Blank();
      if (!Is(':')) return Unexpected("after object key");
      ++at_;
      SLUICE_TRY(Value value, Any("looking for beginning of value"));
      ValueBuilder::Add(object, key, std::move(value));
      Blank();
      if (Is('}')) break;
      if (!Is(',')) return Unexpected("after object key:value pair");
      ++at_;
    }
    ++at_;
    --depth_;
    return object;
  }

  Result<Value> Array() {
    SLUICE_TRY(Enter());
    Value array = ValueBuilder::MakeArray(0);
    bool first = true;
    while (!(first && Is(']'))) {
      first = false;
      SLUICE_TRY(Value value, Any("looking for beginning of value"));
      ValueBuilder::Items(array).push_back(std::move(value));
      Blank();
      if (Is(']')) break;
      if (!Is(',')) return Unexpected("after array element");
      ++at_;
    }
    ++at_;
    --depth_;
    return array;
  }

  // Past characters that stand for themselves.
  void PlainRun() {
    while (at_ < text_.size() && kPlain[static_cast<unsigned char>(text_[at_])]) ++at_;
  }

  // The string at the quote. What it says is a part of the text where it can be, else it stands in
  // `buffer`.
  Result<std::string_view> String(std::string& buffer) {
    const size_t begin = ++at_;
    PlainRun();
    if (Is('"')) return text_.substr(begin, at_++ - begin);
    buffer.assign(text_.substr(begin, at_ - begin));
    while (!Is('"')) {
      if (at_ >= text_.size()) return Unexpected("");
      const auto c = static_cast<unsigned char>(text_[at_]);
      if (c < 0x20) return Unexpected("in string literal");
      if (c == '\\') {
        SLUICE_TRY(Escape(buffer));
        continue;
      }
      const size_t run = at_;
      PlainRun();
      buffer.append(text_.substr(run, at_ - run));
      if (at_ > run) continue;
      const Rune r = DecodeRune(text_, at_);
      AppendRune(buffer, r.code);
      at_ += r.size;
    }
    ++at_;
    return std::string_view(buffer);
  }

  Status Escape(std::string& out) {
    ++at_;
    constexpr std::string_view kNames = "\"\\/bfnrt", kBytes = "\"\\/\b\f\n\r\t";
    if (Is('u')) {
      ++at_;
      SLUICE_TRY(uint32_t code, Hex4());
      if (code >= 0xd800 && code < 0xdc00 && text_.substr(at_, 2) == "\\u") {
        const size_t second = at_;
        at_ += 2;
        SLUICE_TRY(const uint32_t low, Hex4());
        if (low >= 0xdc00 && low < 0xe000) {
          code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        } else {
          at_ = second;  // read again on its own
        }
      }
      AppendRune(out, code);
      return {};
    }
    const size_t which = at_ < text_.size() ? kNames.find(text_[at_]) : kNames.npos;
    if (which == kNames.npos) return Unexpected("in string escape code");
    out += kBytes[which];
    ++at_;
    return {};
  }

  Result<uint32_t> Hex4() {
    uint32_t code = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      const char c = at_ < text_.size() ? text_[at_] : '\0';
      const int digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0) return Unexpected("in \\u hexadecimal character escape");
      code = code * 16 + static_cast<uint32_t>(digit);
    }
    return code;
  }

  Result<Value> Number() {
    const size_t begin = at_;
    bool integral = true;
    if (Is('-')) ++at_;
    if (!IsDigit()) return Unexpected("in numeric literal");
    if (Is('0')) {
      ++at_;
    } else {
      while (IsDigit()) ++at_;
    }
    if (Is('.')) {
      integral = false;
      ++at_;
      if (!IsDigit()) return Unexpected("after decimal point in numeric literal");
      while (IsDigit()) ++at_;
    }
    if (Is('e') || Is('E')) {
      integral = false;
      ++at_;
      if (Is('+') || Is('-')) ++at_;
      if (!IsDigit()) return Unexpected("in exponent of numeric literal");
      while (IsDigit()) ++at_;
    }
    const std::string_view digits = text_.substr(begin, at_ - begin);
    const char* const end = digits.data() + digits.size();
    if (integral) {
      int64_t i = 0;
      if (std::from_chars(digits.data(), end, i).ec == std::errc()) return Value(i);
      uint64_t u = 0;
      if (digits[0] != '-' && std::from_chars(digits.data(), end, u).ec == std::errc())
        return Value(u);
    }
    double d = 0;
    const auto parsed = std::from_chars(digits.data(), end, d);
    if (parsed.ec == std::errc::result_out_of_range) {
      // from_chars does not tell overflow from underflow; Go takes the latter as zero.
      d = std::strtod(std::string(digits).c_str(), nullptr);
      if (std::isinf(d)) {
        if (out_of_range_.ok()) {
          out_of_range_ =
              InvalidArgument("json: cannot unmarshal number " + std::string(digits.substr(0, 64)) +
                              " into Go value of type float64");
        }
      }
    }
    return Value(d);
  }

  std::string_view text_;
  size_t at_ = 0;
  size_t depth_ = 0;
  const size_t max_depth_;
  Status out_of_range_;
};

}  // namespace

Result<Value> ParseJsonSlowly(std::string_view text, const JsonReadOptions& options) {
  return Reader(text, options.max_depth).Document();
}

base::Result<Value> ParseSmallJson(std::string_view text, const JsonReadOptions& options) {
  return ParseJsonSlowly(text, options);
}

}  // namespace sluice::document
