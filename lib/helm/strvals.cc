#include "helm/strvals.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "base/unicode.h"
#include "base/utf8.h"
#include "helm/values.h"
#include "json_stream.h"

namespace sluice::helm {
namespace {

using base::Cat;
using base::InvalidArgument;
using base::QuoteGo;
using base::Status;
using document::Value;

constexpr int kMaxNestedNames = 30;
constexpr int64_t kMaxIndex = 65536;
constexpr int kMaxNestedLists = 1000;
constexpr size_t kMaxElements = 4'000'000;

// How a step of Go's parser ends: well, at the end of the text (bare, or wrapped in words that Helm
// 3 shows), or with an error.
struct Ending {
  enum class Kind : uint8_t { kOk, kEnd, kWrappedEnd, kError } kind = Kind::kOk;
  Status error{};

  bool ok() const { return kind == Kind::kOk; }
  static Ending End() { return {Kind::kEnd}; }
  static Ending Fail(Status s) { return s.ok() ? Ending{} : Ending{Kind::kError, std::move(s)}; }
  static Ending Fail(std::string message) { return Fail(InvalidArgument(std::move(message))); }
};

std::string_view GoType(const Value& v) {
  switch (v.kind()) {
    case Value::Kind::kNull:
      return "nil";
    case Value::Kind::kBool:
      return "bool";
    case Value::Kind::kInt:
      return "int64";
    case Value::Kind::kString:
      return "string";
    case Value::Kind::kArray:
      return "[]interface {}";
    case Value::Kind::kObject:
      return "map[string]interface {}";
    default:
      return "float64";
  }
}

Ending NotA(const Value& v, std::string_view want) {
  return Ending::Fail(Cat("unable to parse key: interface conversion: interface {} is ", GoType(v),
                          ", not ", want));
}

// Bytes that are no UTF-8 become U+FFFD, as Go's runes do.
std::string Runes(std::string_view text) {
  if (base::IsValidUtf8(text)) return std::string(text);
  std::string out;
  for (size_t i = 0; i < text.size();) {
    const base::Rune rune = base::DecodeRune(text, i);
    base::AppendRune(out, rune.code);
    i += rune.size;
  }
  return out;
}

// fmt's %q of a rune list: ['x' '\n'].
std::string QuoteRunes(std::string_view text) {
  std::string out = "[";
  for (size_t i = 0; i < text.size();) {
    const size_t size = base::DecodeRune(text, i).size;
    const std::string_view rune = text.substr(i, size);
    const std::string quoted = QuoteGo(rune);
    if (i > 0) out += ' ';
    out += Cat("'",
               rune == "'"    ? "\\'"
               : rune == "\"" ? "\""
                              : std::string_view(quoted).substr(1, quoted.size() - 2),
               "'");
    i += size;
  }
  return out + "]";
}

std::optional<int64_t> ParseGoInt(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-') || text.starts_with('+')) return std::nullopt;
  }
  return base::ParseInt64(text);
}

Value Typed(const std::string& text) {
  if (base::EqualFold(text, "true")) return true;
  if (base::EqualFold(text, "false")) return false;
  if (base::EqualFold(text, "null")) return nullptr;
  if (text == "0") return int64_t{0};
  if (!text.empty() && text[0] != '0') {
    if (const auto number = ParseGoInt(text)) return *number;
  }
  return text;
}

class Parser {
 public:
  Parser(std::string_view text, SetKind kind, const FileReader& read)
      : text_(Runes(text)), kind_(kind), read_(read) {}

  Status Run(HelmVersion version, Value* into) {
    for (;;) {
      Ending e = Key(*into, 0);
      if (e.ok()) continue;
      if (e.kind == Ending::Kind::kError) return std::move(e.error);
      const bool silent = e.kind == Ending::Kind::kEnd || version == HelmVersion::kV4;
      return silent ? base::OkStatus() : InvalidArgument("error parsing index: EOF");
    }
  }

 private:
  bool literal() const { return kind_ == SetKind::kLiteral; }

  // What stands before the next of `stops`, escapes taken away; '\0' at the end of the text.
  char Until(std::string_view stops, std::string* out) {
    out->clear();
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (stops.find(c) != stops.npos) return c;
      if (c != '\\' || literal()) {
        *out += c;
      } else if (at_ < text_.size()) {
        *out += text_[at_++];  // of a longer rune the rest follows: none of its bytes is a stop
      }
    }
    return '\0';
  }

  static void Set(Value& data, const std::string& key, Value value) {
    if (!key.empty()) data.Set(key, std::move(value));
  }

  Ending Key(Value& data, int nested) {
    std::string key;
    switch (Until(literal() ? "=[." : "=[,.", &key)) {
      case '[':
        return KeyList(data, key, nested);
      case '=':
        return KeyValue(data, key);
      case ',':
        Set(data, key, "");
        return Ending::Fail(Cat("key ", QuoteGo(key), " has no value (cannot end with ,)"));
      case '.':
        return KeyTable(data, key, nested + 1);
      default:
        return key.empty() ? Ending::End()
                           : Ending::Fail(Cat("key ", QuoteGo(key), " has no value"));
    }
  }

  Ending KeyTable(Value& data, const std::string& key, int nested) {
    if (nested > kMaxNestedNames) {
      return Ending::Fail(
          "value name nested level is greater than maximum supported nested level of 30");
    }
    Value fresh = Value::Object();
    Value* inner = data.Find(key);
    const bool existed = inner != nullptr;
    if (existed && !inner->is_object()) return NotA(*inner, "map[string]interface {}");
    if (!existed) inner = &fresh;
    Ending e = Key(*inner, nested);
    if (e.ok() && inner->empty())
      return Ending::Fail(Cat("key map ", QuoteGo(key), " has no value"));
    if (!existed && !fresh.empty()) Set(data, key, std::move(fresh));
    return e;
  }

  Ending KeyList(Value& data, const std::string& key, int nested) {
    int64_t index = 0;
    if (Ending e = Index(&index); !e.ok()) return e;
    if (Value* existing = data.Find(key)) {
      if (!existing->is_array()) return NotA(*existing, "[]interface {}");
      return ListItem(*existing, index, nested, 0);
    }
    Value list = Value::Array();
    Ending e = ListItem(list, index, nested, 0);
    Set(data, key, std::move(list));
    return e;
  }

  // "error parsing index: …", past the ']'.
  Ending Index(int64_t* index) {
    std::string text;
    if (Until("]", &text) == '\0') return {Ending::Kind::kWrappedEnd};
    if (const auto number = ParseGoInt(text)) {
      *index = *number;
      return {};
    }
    const bool digits =
        !text.empty() && std::ranges::all_of(base::TrimPrefix(base::TrimPrefix(text, "-"), "+"),
                                             [](char c) { return c >= '0' && c <= '9'; });
    const bool number = digits && text != "-" && text != "+";
    return Ending::Fail(Cat("error parsing index: strconv.Atoi: parsing ", QuoteGo(text),
                            number ? ": value out of range" : ": invalid syntax"));
  }

  // What follows "list[index]".
  Ending ListItem(Value& list, int64_t index, int nested, int depth) {
    if (index < 0)
      return Ending::Fail(Cat("negative ", std::to_string(index), " index not allowed"));
    if (depth > kMaxNestedLists)
      return Ending::Fail(base::ResourceExhausted("value lists are nested too deeply"));
    std::string rest;
    const char stop = Until("[.=", &rest);
    if (!rest.empty())
      return Ending::Fail(Cat("unexpected data at end of array index: ", QuoteRunes(rest)));
    switch (stop) {
      case '=': {
        Value value;
        if (Ending e = ItemValue(&value); !e.ok()) return e;
        return SetIndex(list, index, std::move(value));
      }
      case '[':
        return NestedList(list, index, nested, depth);
      case '.':
        return NestedTable(list, index, nested);
      default:
        return Ending::End();
    }
  }

  Ending NestedList(Value& list, int64_t index, int nested, int depth) {
    int64_t next = 0;
    if (Ending e = Index(&next); !e.ok()) return e;
    if (Value* existing = At(list, index); existing != nullptr && !existing->is_null()) {
      if (!existing->is_array()) return NotA(*existing, "[]interface {}");
      return ListItem(*existing, next, nested, depth + 1);
    }
    Value inner = Value::Array();
    if (Ending e = ListItem(inner, next, nested, depth + 1); !e.ok()) return e;
    return SetIndex(list, index, std::move(inner));
  }

  Ending NestedTable(Value& list, int64_t index, int nested) {
    if (Value* existing = At(list, index)) {
      // Indices out of order leave nulls behind.
      if (!existing->is_object()) *existing = Value::Object();
      return Key(*existing, nested);
    }
    Value inner = Value::Object();
    if (Ending e = Key(inner, nested); !e.ok()) return e;
    return SetIndex(list, index, std::move(inner));
  }

  static Value* At(Value& list, int64_t index) {
    return index < static_cast<int64_t>(list.size())
               ? &list.mutable_items()[static_cast<size_t>(index)]
               : nullptr;
  }

  Ending SetIndex(Value& list, int64_t index, Value value) {
    if (index > kMaxIndex) {
      return Ending::Fail(Cat("index of ", std::to_string(index),
                              " is greater than maximum supported index of ",
                              std::to_string(kMaxIndex)));
    }
    auto& items = list.mutable_items();
    const auto want = static_cast<size_t>(index) + 1;
    if (items.size() < want) {
      elements_ += want - items.size();
      if (elements_ > kMaxElements)
        return Ending::Fail(base::ResourceExhausted("value lists are too long"));
      items.resize(want);
    }
    items[static_cast<size_t>(index)] = std::move(value);
    return {};
  }

  // key=…
  Ending KeyValue(Value& data, const std::string& key) {
    if (literal()) {
      Set(data, key, Rest());
      return {};
    }
    if (kind_ == SetKind::kJson) {
      Value value;
      if (Ending e = JsonValue(&value); !e.ok()) return e;
      Set(data, key, std::move(value));
      return {};
    }
    if (at_ == text_.size()) {
      Set(data, key, "");
      return Ending::End();
    }
    Value value;
    Ending e = ItemValue(&value);
    if (e.ok()) Set(data, key, std::move(value));
    return e;
  }

  std::string Rest() {
    std::string rest = text_.substr(at_);
    at_ = text_.size();
    return rest;
  }

  // The value after "=": JSON without what follows it, a list in braces, or a text up to the next
  // comma.
  Ending ItemValue(Value* out) {
    if (literal()) {
      *out = Rest();
      return {};
    }
    if (kind_ == SetKind::kJson) return JsonValue(out);
    if (at_ == text_.size()) {
      *out = "";
      return {};
    }
    if (text_[at_] == '{') {
      ++at_;
      return BraceList(out);
    }
    std::string text;
    Until(",", &text);
    return Convert(text, out);
  }

  Ending Convert(const std::string& text, Value* out) {
    switch (kind_) {
      case SetKind::kSet:
        *out = Typed(text);
        return {};
      case SetKind::kFile: {
        if (!read_) return Ending::Fail("no files to read");
        auto content = read_(text);
        if (!content.ok()) return Ending::Fail(std::move(content).status());
        *out = *content;
        return {};
      }
      default:
        *out = text;
        return {};
    }
  }

  Ending BraceList(Value* out) {
    *out = Value::Array();
    for (;;) {
      std::string text;
      const char stop = Until(",}", &text);
      if (stop == '\0') return Ending::Fail("list must terminate with '}'");
      if (stop == '}' && at_ < text_.size() && text_[at_] == ',') ++at_;
      Value item;
      if (Ending e = Convert(text, &item); !e.ok()) return e;
      if (++elements_ > kMaxElements)
        return Ending::Fail(base::ResourceExhausted("value lists are too long"));
      out->Append(std::move(item));
      if (stop == '}') return {};
    }
  }

  // Eats spaces, and a comma after them. True where there is nothing else.
  bool EmptyValue() {
    while (at_ < text_.size()) {
      const base::Rune rune = base::DecodeRune(text_, at_);
      if (rune.code != ',' && !base::IsSpace(rune.code)) return false;
      at_ += rune.size;
      if (rune.code == ',') return true;
    }
    return true;
  }

  // With what separates it from the next key; nothing there is a null.
  Ending JsonValue(Value* out) {
    *out = nullptr;
    if (EmptyValue()) return {};
    const std::string_view rest = std::string_view(text_).substr(at_);
    size_t size = 0;
    auto value = ReadJsonValue(rest, &size);
    if (!value.ok()) return Ending::Fail(value.status().message());
    at_ += size;
    NumbersToDouble(*value);
    *out = *std::move(value);
    EmptyValue();
    return {};
  }

  std::string text_;
  SetKind kind_;
  const FileReader& read_;
  size_t at_ = 0, elements_ = 0;
};

}  // namespace

Status ParseSet(std::string_view text, SetKind kind, HelmVersion version, Value* into,
                const FileReader& read) {
  return Parser(text, kind, read).Run(version, into);
}

}  // namespace sluice::helm
