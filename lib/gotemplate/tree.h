// The parsed form of templates: nodes in an arena, pointers between them, nothing owned one by one.
// Immutable once parsed, so any number of runs read it. Names and literals are views of the text or
// of the arena.
#pragma once

#include <algorithm>
#include <complex>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "gotemplate/function.h"
#include "gotemplate/value.h"

namespace sluice::gotemplate::internal {

enum class NodeKind : uint8_t {
  // what stands in a list
  kText,
  kAction,
  kIf,
  kWith,
  kRange,
  kTemplate,
  kBreak,
  kContinue,
  // what stands in an action
  kList,
  kPipe,
  kCommand,
  kIdentifier,
  kField,
  kVariable,
  kChain,
  kDot,
  kNil,
  kBool,
  kNumber,
  kString,
};

struct Node {
  NodeKind kind;
  uint32_t position;  // byte offset in the text
};

struct TextNode : Node {
  std::string_view text;
};

struct ListNode : Node {
  std::span<Node* const> nodes;
};

// A variable's name is a number here, the same for equal names of one text; 0 is "$".
struct VariableNode : Node {
  uint32_t id;
  std::string_view name;
  std::span<const std::string_view> fields;
};

struct CommandNode : Node {
  std::span<Node* const> words;
};

struct PipeNode : Node {
  bool assigns;
  std::span<VariableNode* const> variables;
  std::span<CommandNode* const> commands;
};

struct ActionNode : Node {
  PipeNode* pipe;
};

// if, with, range
struct BranchNode : Node {
  PipeNode* pipe;
  ListNode* body;
  ListNode* otherwise;  // may be null
};

struct TemplateNode : Node {
  std::string_view name;
  PipeNode* pipe;  // may be null
};

// A function's signature, taken apart.
struct Signature {
  // a letter each, or "{type}"; the variadic one last
  std::span<const std::string_view> parameters;
  bool variadic;
  std::string_view result;
  static Signature Parse(std::string_view text, std::span<std::string_view, 8> room);
};

// of text/template's own: they are not called as others are
enum class Special : uint8_t { kNone, kAnd, kOr, kCall };

// A function that a text names, kept once a text.
struct NamedFunction {
  std::string_view name;
  const Function* function;
  Signature signature;
  Special special;
};

struct IdentifierNode : Node {
  const NamedFunction* named;
};

struct FieldNode : Node {
  std::span<const std::string_view> fields;
};

struct ChainNode : Node {
  Node* node;
  std::span<const std::string_view> fields;
};

struct BoolNode : Node {
  bool value;
};

// As Go's untyped constants: every type that can hold the number.
struct NumberNode : Node {
  std::string_view text;
  bool is_int = false, is_uint = false, is_float = false, is_complex = false;
  int64_t as_int = 0;
  uint64_t as_uint = 0;
  double as_float = 0;
  std::complex<double> as_complex;
};

struct StringNode : Node {
  std::string_view quoted, text;
};

// One template of a text.
struct Tree {
  std::string_view name;
  std::string_view file;  // the name of the text
  std::string_view text;  // all of it, for lines and columns
  const ListNode* root;
};

// Whitespace and comments alone.
bool IsEmpty(const Node& node);
// The source as parse.Node's String() writes it again.
void AppendSource(std::string& out, const Node& node);

// What a text's nodes live in. They are trivial: nothing is destroyed but the blocks.
class Arena {
 public:
  // `text_size`: of what is parsed; its nodes come to four times as much.
  explicit Arena(size_t text_size) : block_size_(std::clamp<size_t>(text_size, 512, 64 << 10)) {}

  template <class T>
  T* Make(NodeKind kind, uint32_t position) {
    T* node = Make<T>();
    node->kind = kind;
    node->position = position;
    return node;
  }
  template <class T>
  T* Make() {
    return new (Allocate(sizeof(T), alignof(T))) T();
  }
  template <class T>
  std::span<T> Keep(std::span<T> items) {
    using Item = std::remove_const_t<T>;
    if (items.empty()) return {};
    auto* copy = static_cast<Item*>(Allocate(items.size_bytes(), alignof(Item)));
    std::uninitialized_copy(items.begin(), items.end(), copy);
    return {copy, items.size()};
  }
  std::string_view Keep(std::string_view text) {
    const auto kept = Keep(std::span<const char>(text));
    return {kept.data(), kept.size()};
  }

 private:
  void* Allocate(size_t bytes, size_t alignment) {
    const size_t gap = -reinterpret_cast<uintptr_t>(next_) & (alignment - 1);
    if (bytes + gap > static_cast<size_t>(end_ - next_)) return Block(bytes);
    char* const at = next_ + gap;
    next_ = at + bytes;
    return at;
  }
  void* Block(size_t bytes);  // what begins a new block, or has one of its own

  const size_t block_size_;
  char *next_ = nullptr, *end_ = nullptr;
  std::vector<std::unique_ptr<char[]>> blocks_;
};

}  // namespace sluice::gotemplate::internal
