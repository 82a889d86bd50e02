// A TOML reader by recursive descent. It meets errors in the order in which BurntSushi's lexer and
// parser do.
#include <algorithm>
#include <string>

#include "base/strings.h"
#include "toml.h"
#include "toml_scan.h"
#include "toml_tree.h"
#include "unicode.h"

namespace sluice::gotemplate {
namespace {

using base::Result;
using base::Status;

using toml::IsBlank;
using toml::IsBreak;
using toml::IsDigit;
using toml::Quoted;
using toml::QuotedRune;
using toml::Rune;

bool IsBare(uint32_t r) {
  return IsDigit(r) || ((r | 0x20) >= 'a' && (r | 0x20) <= 'z') || r == '_' || r == '-';
}
using internal::IsLetter;

// A byte order mark is no part of the text; of UTF-16 too.
std::string_view WithoutMark(std::string_view text) {
  for (const std::string_view mark : {"\xff\xfe", "\xfe\xff", "\xef\xbb\xbf"}) {
    if (text.starts_with(mark)) return text.substr(mark.size());
  }
  return text;
}

class TomlReader {
 public:
  TomlReader(Heap& heap, std::string_view text, Environment& environment, const TomlLimits& limits)
      : heap_(heap),
        environment_(environment),
        v4_(environment.helm() == HelmVersion::k4),
        limits_(limits),
        tree_(environment.helm(), limits.max_depth, limits.max_steps),
        in_(text, tree_, v4_) {}

  Result<Value> Read() {
    SLUICE_TRY(Document());
    return tree_.ToValue(heap_);
  }

 private:
  // A rule of the tree is broken: told with the line of the key.
  Status AtKey(Status status) const {
    if (status.ok() || status.code() != base::StatusCode::kInvalidArgument) return status;
    return in_.Fail(key_line_, status.message());
  }

  Status Document() {
    for (;;) {
      SLUICE_TRY(const uint32_t r, in_.Next());
      if (IsBlank(r) || IsBreak(r)) continue;
      if (r == TomlScanner::kEof) return {};
      if (r == '#') {
        SLUICE_TRY(Comment());
        continue;
      }
      if (r == '[') {
        SLUICE_TRY(TableHeader());
      } else {
        in_.Back();
        SLUICE_TRY(TopLevelPair());
      }
      SLUICE_TRY(const bool more, EndOfLine());
      if (!more) return {};
    }
  }

  Status Comment() {
    for (;;) {
      SLUICE_TRY(const uint32_t r, in_.Next());
      if (!IsBreak(r) && r != TomlScanner::kEof) continue;
      in_.Back();
      return {};
    }
  }

  // False at the end of the text.
  Result<bool> EndOfLine() {
    for (;;) {
      SLUICE_TRY(const uint32_t r, in_.Next());
      if (IsBlank(r)) continue;
      if (IsBreak(r)) return true;
      if (r == TomlScanner::kEof) return false;
      if (r == '#') {
        SLUICE_TRY(Comment());
        return true;
      }
      return in_.FailHere(
          base::Cat("expected a top-level item to end with a newline, comment, or EOF, but got ",
                    QuotedRune(r), " instead"));
    }
  }

  Status TableHeader() {
    SLUICE_TRY(const bool array, in_.Accept('['));
    TomlKey name;
    for (;;) {
      SLUICE_TRY(in_.SkipBlanks());
      SLUICE_TRY(const uint32_t first, in_.Peek());
      if (first == ']' || first == TomlScanner::kEof)
        return in_.FailHere("unexpected end of table name (table names cannot be empty)");
      if (first == '.')
        return in_.FailHere("unexpected table separator (table names cannot be empty)");
      SLUICE_TRY(KeyPart(first, name));
      SLUICE_TRY(in_.SkipBlanks());
      SLUICE_TRY(const uint32_t r, in_.Next());
      if (r == ']') break;
      if (r != '.')
        return in_.FailHere(base::Cat("expected '.' or ']' to end table name, but got ",
                                      QuotedRune(r), " instead"));
    }
    if (array) {
      SLUICE_TRY(const uint32_t r, in_.Next());
      if (r != ']')
        return in_.FailHere(base::Cat("expected end of table array name delimiter ']', but got ",
                                      QuotedRune(r), " instead"));
    }
    SLUICE_TRY(AtKey(tree_.Open(std::move(name), array)));
    tree_.MarkArray("", false);
    return {};
  }

  // A part of a key, quoted or bare; the line of the first is where errors of the key are.
  Status KeyPart(uint32_t first, TomlKey& key) {
    if (key.size() >= limits_.max_depth)
      return base::ResourceExhausted("toml: keys are nested too deeply");
    std::string part;
    if (first == '"' || first == '\'') {
      SLUICE_TRY(in_.Next());
      SLUICE_TRY(part, first == '"' ? in_.BasicString() : in_.LiteralString());
    } else {
      const size_t start = in_.at();
      SLUICE_TRY(in_.TakeWhile(IsBare));
      part = in_.From(start);
    }
    if (key.empty()) key_line_ = in_.line();
    key.push_back(std::move(part));
    return {};
  }

  // Up to and with the '='.
  Result<TomlKey> Key() {
    SLUICE_TRY(in_.SkipBlanks());
    SLUICE_TRY(const uint32_t start, in_.Peek());
    if (start == '=' || start == TomlScanner::kEof)
      return in_.FailHere("unexpected '=': key name appears blank");
    if (start == '.') return in_.FailHere("unexpected '.': keys cannot start with a '.'");
    TomlKey key;
    for (;;) {
      SLUICE_TRY(in_.SkipBlanks());
      SLUICE_TRY(const uint32_t first, in_.Peek());
      if (first == '=' || first == TomlScanner::kEof) return in_.FailHere("unexpected '='");
      if (first == '.') return in_.FailHere("unexpected '.'");
      SLUICE_TRY(KeyPart(first, key));
      SLUICE_TRY(in_.SkipBlanks());
      SLUICE_TRY(const uint32_t r, in_.Next());
      if (r == '=') return key;
      if (r == '.') continue;
      if (r == TomlScanner::kEof) return in_.FailHere("unexpected EOF; expected key separator '='");
      const std::string message =
          base::Cat("expected '.' or '=', but got ", QuotedRune(r), " instead");
      return r == '\n' ? in_.FailLineBefore(message) : in_.FailHere(message);
    }
  }

  // All parts of a key but the last open tables.
  Status EnterKey(const TomlKey& key) {
    tree_.key = key.back();
    for (size_t i = 0; i + 1 < key.size(); ++i) SLUICE_TRY(AtKey(tree_.OpenImplicit(key[i])));
    return {};
  }

  Status Define(const TomlNode& value) {
    SLUICE_TRY(AtKey(tree_.Set(tree_.key, value)));
    tree_.MarkArray(tree_.key, value.kind == TomlNode::Kind::kArray);
    return {};
  }

  Status TopLevelPair() {
    const TomlKey outer = tree_.context;
    SLUICE_TRY(const TomlKey key, Key());
    SLUICE_TRY(EnterKey(key));
    SLUICE_TRY(const TomlNode value, AnyValue(false));
    SLUICE_TRY(Define(value));
    tree_.context = outer;
    tree_.key.clear();
    return {};
  }

  static TomlNode Node(Value value) { return {.kind = TomlNode::Kind::kValue, .value = value}; }
  static Result<TomlNode> Node(const Result<Value>& value) {
    if (!value.ok()) return value.status();
    return Node(*value);
  }

  Result<TomlNode> AnyValue(bool in_array) {
    SLUICE_TRY(in_.SkipBlanks());
    SLUICE_TRY(const uint32_t r, in_.Next());
    if (IsDigit(r)) {
      in_.Back();
      return Node(in_.NumberOrDate(heap_, environment_));
    }
    switch (r) {
      case '[':
        return Array();
      case '{':
        return InlineTable(in_array);
      case '"':
      case '\'':
        return String(static_cast<char>(r));
      case '.':
        return in_.FailHere("floats must start with a digit, not '.'");
      case '-':
      case '+':
        return Node(in_.SignedNumber());
      case 'i':
      case 'n': {
        SLUICE_TRY(const bool word, in_.InfinityOrNan());
        if (word) return Node(in_.Float(in_.From(in_.at() - 3)));
        break;
      }
      default:
        break;
    }
    if (IsLetter(r)) {
      in_.Back();
      return Word();
    }
    if (r == TomlScanner::kEof) return in_.FailHere("unexpected EOF; expected value");
    const std::string message = base::Cat("expected value but found ", QuotedRune(r), " instead");
    return r == '\n' ? in_.FailLineBefore(message) : in_.FailHere(message);
  }

  Result<TomlNode> Word() {
    const size_t start = in_.at();
    SLUICE_TRY(in_.TakeWhile(IsLetter));
    const std::string_view word = in_.From(start);
    if (word == "true" || word == "false") return Node(Value::Bool(word == "true"));
    return in_.FailHere(base::Cat("expected value but found ", Quoted(word), " instead"));
  }

  Result<TomlNode> Array() {
    if (++nesting_ > limits_.max_depth)
      return base::ResourceExhausted("toml: values are nested too deeply");
    tree_.MarkArray(tree_.key, true);
    std::vector<TomlNode>* array = tree_.NewArray();
    for (;;) {
      SLUICE_TRY(const uint32_t r, SkipBreaksAndComments());
      if (r == ',') return in_.FailHere("unexpected comma");
      if (r == ']') break;
      in_.Back();
      SLUICE_TRY(TomlNode item, AnyValue(true));
      array->push_back(item);
      SLUICE_TRY(const uint32_t end, SkipBreaksAndComments());
      if (end == ']') break;
      if (end != ',')
        return in_.FailHere(base::Cat("expected a comma (',') or array terminator (']'), but got ",
                                      RuneOrEnd(end)));
    }
    --nesting_;
    return TomlNode{.kind = TomlNode::Kind::kArray, .value = {}, .array = array};
  }

  // The first character that is no blank, break or comment.
  Result<uint32_t> SkipBreaksAndComments() {
    for (;;) {
      SLUICE_TRY(const uint32_t r, in_.Next());
      if (IsBlank(r) || IsBreak(r)) continue;
      if (r != '#') return r;
      SLUICE_TRY(Comment());
    }
  }

  static std::string RuneOrEnd(uint32_t r) {
    return r == TomlScanner::kEof ? "end of file" : base::Cat("'", Rune(r), "'");
  }

  // As SkipBreaksAndComments, in an inline table: TOML 1.0 has them on one line.
  Result<uint32_t> SkipInInlineTable() {
    for (;;) {
      SLUICE_TRY(const uint32_t r, in_.Next());
      if (IsBlank(r)) continue;
      if (IsBreak(r)) {
        if (v4_) continue;
        return in_.FailLineBefore("newlines not allowed within inline tables");
      }
      if (r != '#') return r;
      SLUICE_TRY(Comment());
    }
  }

  Result<TomlNode> InlineTable(bool in_array) {
    if (++nesting_ > limits_.max_depth)
      return base::ResourceExhausted("toml: values are nested too deeply");
    const TomlKey outer_context = tree_.context;
    const std::string outer_key = tree_.key;
    TomlTable* table = tree_.NewTable();
    TomlKey inner = outer_context;
    inner.push_back(outer_key);
    tree_.context = inner;
    tree_.key.clear();
    tree_.MarkImplicit(inner);
    SLUICE_TRY(AtKey(tree_.Open(inner, in_array)));
    inner = tree_.context;
    SLUICE_TRY(InlinePairs(*table, inner));
    tree_.context = outer_context;
    tree_.key = outer_key;
    --nesting_;
    return TomlNode{.kind = TomlNode::Kind::kTable, .value = {}, .table = table};
  }

  Status InlinePairs(TomlTable& table, const TomlKey& inner) {
    for (;;) {
      SLUICE_TRY(const uint32_t r, SkipInInlineTable());
      if (r == ',') return in_.FailHere("unexpected comma");
      if (r == '}') return {};
      in_.Back();
      SLUICE_TRY(InlinePair(table));
      tree_.context = inner;
      SLUICE_TRY(const uint32_t end, SkipInInlineTable());
      if (end == '}') return {};
      if (end != ',') {
        return in_.FailHere(
            base::Cat("expected a comma or an inline table terminator '}', but got ",
                      RuneOrEnd(end), " instead"));
      }
      SLUICE_TRY(in_.SkipBlanks());
      SLUICE_TRY(const uint32_t after, in_.Peek());
      if (after == '}' && !v4_) return in_.FailHere("trailing comma not allowed in inline tables");
    }
  }

  Status InlinePair(TomlTable& table) {
    SLUICE_TRY(const TomlKey key, Key());
    SLUICE_TRY(EnterKey(key));
    SLUICE_TRY(const TomlNode value, AnyValue(false));
    SLUICE_TRY(Define(value));
    TomlTable* parent = &table;
    for (size_t i = 0; i + 1 < key.size(); ++i) {
      auto [it, added] = parent->members.try_emplace(key[i]);
      if (added)
        it->second =
            TomlNode{.kind = TomlNode::Kind::kTable, .value = {}, .table = tree_.NewTable()};
      parent = it->second.table;
      if (parent == nullptr)
        return AtKey(base::InvalidArgument(
            base::Cat(Quoted(TomlKeyText(tree_.context)), " is not a table")));
    }
    parent->members.insert_or_assign(key.back(), value);
    return {};
  }

  Result<TomlNode> String(char quote) {
    bool multiline = false;
    SLUICE_TRY(const bool second, in_.Accept(quote));
    if (second) {
      SLUICE_TRY(multiline, in_.Accept(quote));
      if (!multiline) return Node(Value::String(""));
    }
    std::string text;
    if (quote == '"') {
      SLUICE_TRY(text, multiline ? in_.MultilineBasicString() : in_.BasicString());
    } else {
      SLUICE_TRY(text, multiline ? in_.MultilineLiteralString() : in_.LiteralString());
    }
    return Node(heap_.CopyString(text));
  }

  Heap& heap_;
  Environment& environment_;
  const bool v4_;  // TOML 1.1
  const TomlLimits& limits_;
  TomlTree tree_;
  TomlScanner in_;
  size_t nesting_ = 0;
  int key_line_ = 0;
};

}  // namespace

Result<Value> ParseToml(Heap& heap, std::string_view given, Environment& environment,
                        const TomlLimits& limits) {
  const std::string_view text = WithoutMark(given);
  if (text.size() > limits.max_bytes)
    return base::ResourceExhausted("toml: document exceeds the limit");
  if (text.substr(0, 6).find('\0') != text.npos) {
    return base::InvalidArgument(
        "toml: line 1: files cannot contain NULL bytes; probably using UTF-16; TOML files must be "
        "UTF-8");
  }
  return TomlReader(heap, text, environment, limits).Read();
}

}  // namespace sluice::gotemplate
