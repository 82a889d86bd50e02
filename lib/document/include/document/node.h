// Node: the YAML tree kustomize edits. Scalars keep their text, style, tag and comments, mappings
// their order, so that what was not touched is written back as it was. Modelled on what go-yaml
// v3's yaml.Node can say.
//
// An Arena owns nodes and their bytes: a Node* or string_view taken from it lives as long as the
// arena, nothing is freed earlier and nothing moves. A node may hang below several parents of the
// same arena (kustomize's merges share nodes on purpose); never below a node of another arena:
// Clone() it there. Thread-compatible: one arena, one thread at a time; reading is safe from many.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace sluice::document {

class Arena;

// Short tags. kNone: never set (made by code): typed by its text, as a plain scalar. kCustom: "!x"
// or another text, see Node::tag().
enum class Tag : uint8_t {
  kNone,
  kStr,
  kInt,
  kFloat,
  kBool,
  kNull,
  kTimestamp,
  kBinary,
  kMerge,
  kMap,
  kSeq,
  kCustom
};
std::string_view TagName(Tag tag);  // "!!str"; "" for kNone and kCustom

class Node {
 public:
  enum class Kind : uint8_t { kScalar, kSequence, kMapping, kAlias };
  enum class Style : uint8_t { kPlain, kSingleQuoted, kDoubleQuoted, kLiteral, kFolded, kFlow };
  struct Pair {
    Node* key;
    Node* value;
  };

  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  Kind kind() const { return kind_; }
  bool is_scalar() const { return kind_ == Kind::kScalar; }
  bool is_sequence() const { return kind_ == Kind::kSequence; }
  bool is_mapping() const { return kind_ == Kind::kMapping; }
  bool is_alias() const { return kind_ == Kind::kAlias; }
  Arena& arena() const { return *arena_; }

  // Style: kPlain of a collection is block style; kPlain of a scalar lets the writer choose.
  Style style() const { return style_; }
  void set_style(Style style) { style_ = style; }

  // The tag, short: "!!str", "!!map", "!local"; "" = never set. The reader sets it to what the text
  // resolves to, as go-yaml does.
  std::string_view tag() const;
  Tag tag_id() const { return tag_; }
  bool tagged() const { return tagged_; }  // written in the text ("!!str 5"), so written back too
  void SetTag(Tag tag) { tag_ = tag; }     // REQUIRES: not kCustom
  void SetTag(std::string_view tag);       // short or long form
  void set_tagged(bool tagged) { tagged_ = tagged; }
  // The tag, or where none is set what the text resolves to by go-yaml v3's rules (Node.ShortTag).
  Tag ShortTag() const;
  bool IsNull() const;  // a scalar whose ShortTag is kNull

  // Scalars: the text after unquoting. Aliases: the anchor's name. "" for collections.
  std::string_view value() const {
    return is_scalar()  ? std::string_view(text_, size_)
           : is_alias() ? AliasName()
                        : std::string_view();
  }
  // text only; style and tag stay. REQUIRES: scalar. Copies into the arena
  void SetValue(std::string_view value);
  // Becomes this scalar; comments, anchor and position stay.
  void SetScalar(std::string_view value, Tag tag, Style style = Style::kPlain);

  // Sequences.
  std::span<Node* const> items() const {
    return is_sequence() ? std::span<Node* const>(items_, size_) : std::span<Node* const>();
  }
  Node* item(size_t i) const { return items_[i]; }  // REQUIRES: sequence, i < size()
  void SetItem(size_t i, Node* node) { items_[i] = node; }
  void Append(Node* item);            // REQUIRES: sequence
  void Insert(size_t i, Node* item);  // before item i; i == size() appends
  void RemoveItem(size_t i);

  // Mappings. Keys are compared by their text, whatever their type; of duplicate keys the first is
  // found.
  std::span<const Pair> pairs() const {
    return is_mapping() ? std::span<const Pair>(pairs_, size_) : std::span<const Pair>();
  }
  const Pair& pair(size_t i) const { return pairs_[i]; }  // REQUIRES: mapping, i < size()
  static constexpr size_t npos = static_cast<size_t>(-1);
  size_t FindIndex(std::string_view key) const;  // npos: not there or not a mapping
  Node* Find(std::string_view key) const;        // the value; null: not there or not a mapping
  Node* FindKey(std::string_view key) const;     // the key node
  // along keys; null where one is missing
  Node* At(std::initializer_list<std::string_view> path) const;
  // Replaces the value, or appends a pair with a new !!str key. Returns `value`. REQUIRES: mapping
  Node* Set(std::string_view key, Node* value);
  Node* Set(std::string_view key, std::string_view text);  // a !!str scalar
  void SetPairValue(size_t i, Node* value) { pairs_[i].value = value; }
  void SetPairKey(size_t i, Node* key) { pairs_[i].key = key; }
  // before pair i; i == size() appends; does not look for duplicates
  void InsertPair(size_t i, Node* key, Node* value);
  void AppendPair(Node* key, Node* value) { InsertPair(size_, key, value); }
  bool Erase(std::string_view key);  // false: was not there
  void RemovePair(size_t i);
  // The value of `key`; where there is none, a new empty mapping (or sequence) is put there.
  Node* FindOrAddMapping(std::string_view key);
  Node* FindOrAddSequence(std::string_view key);

  // Both collections: items or pairs. 0 for scalars.
  size_t size() const { return is_collection() ? size_ : 0; }
  bool empty() const { return size() == 0; }
  void Clear();  // REQUIRES: collection
  template <class Less>
  void SortPairs(Less less);  // less(const Pair&, const Pair&); stable

  // Becomes what `other` is (kind, style, tag, text, comments, anchor), as Go's *n = *m: children
  // are shared, the list of them is not. Of another arena: deep copies.
  void Assign(const Node& other);
  // A deep copy; aliases inside the copied tree point at the copy of their target, others at a copy
  // made on the way.
  Node* Clone(Arena& arena) const;

  std::string_view anchor() const;
  void SetAnchor(std::string_view anchor);
  const Node* target() const { return is_alias() ? target_ : nullptr; }  // what an alias names
  const Node* Resolved() const { return is_alias() ? target_ : this; }

  std::string_view head_comment() const;  // with the '#', lines joined by \n, as go-yaml v3
  std::string_view line_comment() const;
  std::string_view foot_comment() const;
  void SetHeadComment(std::string_view text);
  void SetLineComment(std::string_view text);
  void SetFootComment(std::string_view text);

  uint32_t line() const { return line_; }      // 1-based; 0 = made by code
  uint32_t column() const { return column_; }  // 1-based, in characters

  // Same data: kinds, resolved tags, text (ints and floats too are compared as text), order of
  // sequences; pairs of a mapping in any order. Styles, comments and anchors do not count; an alias
  // equals what it names (expand hostile trees first: this follows each).
  friend bool DeepEqual(const Node& a, const Node& b);

 private:
  friend class Arena;
  friend class NodeAccess;
  struct Extras;  // what few nodes have: custom tag, anchor, comments
  Node(Arena* arena, Kind kind) : kind_(kind), arena_(arena) {}
  bool is_collection() const { return kind_ == Kind::kSequence || kind_ == Kind::kMapping; }
  std::string_view AliasName() const;
  Extras& MutableExtras();
  void Reserve(size_t n);

  Kind kind_;
  Style style_ = Style::kPlain;
  Tag tag_ = Tag::kNone;
  bool tagged_ = false;
  uint32_t line_ = 0;
  union {  // by kind
    const char* text_ = nullptr;
    Node** items_;
    Pair* pairs_;
    const Node* target_;
  };
  uint32_t size_ = 0;
  uint32_t capacity_ = 0;  // of items_ or pairs_
  uint32_t column_ = 0;
  Arena* arena_;
  Extras* extras_ = nullptr;
};

bool DeepEqual(const Node& a, const Node& b);

class Arena {
 public:
  Arena();
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  Node* NewMapping(Node::Style style = Node::Style::kPlain);   // !!map
  Node* NewSequence(Node::Style style = Node::Style::kPlain);  // !!seq
  // kNone: typed by its text where it is read or written, as a scalar go-yaml gets without tag.
  Node* NewScalar(std::string_view value, Tag tag = Tag::kNone,
                  Node::Style style = Node::Style::kPlain);
  Node* NewString(std::string_view value) { return NewScalar(value, Tag::kStr); }
  Node* NewInt(int64_t value);
  Node* NewBool(bool value) { return NewScalar(value ? "true" : "false", Tag::kBool); }
  Node* NewNull() { return NewScalar("null", Tag::kNull); }

  std::string_view Copy(std::string_view text);
  // as Copy, but equal short texts share their bytes
  std::string_view Intern(std::string_view text);
  void* Allocate(size_t bytes, size_t align = alignof(void*));
  size_t bytes() const { return reserved_; }  // taken from the heap

 private:
  friend class Node;
  friend class NodeAccess;
  struct Block;
  Node* New(Node::Kind kind);
  void* AllocateSlow(size_t bytes, size_t align);

  char* next_ = nullptr;
  char* end_ = nullptr;
  size_t reserved_ = 0;
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::vector<std::string_view> interned_;  // open addressing by hash; overwritten on a clash
};

// One tree with its own arena, for code that passes single documents around. Move-only.
struct Document {
  std::unique_ptr<Arena> arena = std::make_unique<Arena>();
  Node* root = nullptr;
};

// Replaces every alias below `root` by a copy of what it names and expands merge keys (<<), as
// kustomize does when it reads a resource: merged pairs come first, the mapping's own pairs
// override. Errors in kyaml's words ("duplicate merge key", …). Anchors are dropped. Bounded by
// go-yaml's rule ("document contains excessive aliasing").
base::Status ExpandAliases(Node* root);

template <class Less>
void Node::SortPairs(Less less) {
  std::vector<Pair> sorted(pairs_, pairs_ + size_);
  // Insertion sort by binary search would do; mappings are small, and stability matters for
  // duplicate keys.
  for (size_t i = 1; i < sorted.size(); ++i) {
    const Pair moving = sorted[i];
    size_t j = i;
    for (; j > 0 && less(moving, sorted[j - 1]); --j) sorted[j] = sorted[j - 1];
    sorted[j] = moving;
  }
  for (size_t i = 0; i < sorted.size(); ++i) pairs_[i] = sorted[i];
}

}  // namespace sluice::document
