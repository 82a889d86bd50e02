#include "document/node.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <new>
#include <unordered_map>

#include "node_access.h"
#include "resolve.h"

namespace sluice::document {

std::string_view TagName(Tag tag) {
  switch (tag) {
    case Tag::kStr:
      return "!!str";
    case Tag::kInt:
      return "!!int";
    case Tag::kFloat:
      return "!!float";
    case Tag::kBool:
      return "!!bool";
    case Tag::kNull:
      return "!!null";
    case Tag::kTimestamp:
      return "!!timestamp";
    case Tag::kBinary:
      return "!!binary";
    case Tag::kMerge:
      return "!!merge";
    case Tag::kMap:
      return "!!map";
    case Tag::kSeq:
      return "!!seq";
    case Tag::kNone:
    case Tag::kCustom:
      break;
  }
  return "";
}

Tag TagFromText(std::string_view tag) {
  if (tag.empty()) return Tag::kNone;
  constexpr std::string_view kLong = "tag:yaml.org,2002:";
  const size_t prefix = tag.starts_with(kLong) ? kLong.size() : tag.starts_with("!!") ? 2 : 0;
  if (prefix == 0) return Tag::kCustom;
  for (int i = static_cast<int>(Tag::kStr); i < static_cast<int>(Tag::kCustom); ++i) {
    if (TagName(static_cast<Tag>(i)).substr(2) == tag.substr(prefix)) return static_cast<Tag>(i);
  }
  return Tag::kCustom;
}

std::string_view ShortenTag(std::string_view tag, std::string& buffer) {
  constexpr std::string_view kLong = "tag:yaml.org,2002:";
  if (!tag.starts_with(kLong)) return tag;
  buffer = "!!";
  buffer += tag.substr(kLong.size());
  return buffer;
}

Arena::Arena() = default;
Arena::~Arena() = default;

void* Arena::Allocate(size_t bytes, size_t align) {
  const size_t skip = (align - reinterpret_cast<uintptr_t>(next_) % align) % align;
  if (next_ == nullptr || skip + bytes > static_cast<size_t>(end_ - next_))
    return AllocateSlow(bytes, align);
  char* at = next_ + skip;
  next_ = at + bytes;
  return at;
}

void* Arena::AllocateSlow(size_t bytes, size_t align) {
  constexpr size_t kFirst = 2048, kLargest = 128 << 10;
  if (bytes > kLargest / 4) {  // a block of its own; the current one goes on
    blocks_.push_back(std::unique_ptr<char[]>(new char[bytes]));
    reserved_ += bytes;
    return blocks_.back().get();
  }
  const size_t size = std::clamp(reserved_ / 2, kFirst, kLargest);
  blocks_.push_back(std::unique_ptr<char[]>(new char[size + bytes]));
  reserved_ += size + bytes;
  next_ = blocks_.back().get();
  end_ = next_ + size + bytes;
  return Allocate(bytes, align);
}

std::string_view Arena::Copy(std::string_view text) {
  if (text.empty()) return {};
  char* at = static_cast<char*>(Allocate(text.size(), 1));
  std::memcpy(at, text.data(), text.size());
  return {at, text.size()};
}

std::string_view Arena::Intern(std::string_view text) {
  constexpr size_t kSlots = 512, kLongest = 40;
  if (text.empty() || text.size() > kLongest) return Copy(text);
  if (interned_.empty()) interned_.resize(kSlots);
  uint64_t hash = text.size();
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x9e3779b97f4a7c15u;
  std::string_view& slot = interned_[(hash >> 32) % kSlots];
  if (slot != text) slot = Copy(text);
  return slot;
}

Node* Arena::New(Node::Kind kind) {
  return new (Allocate(sizeof(Node), alignof(Node))) Node(this, kind);
}

Node* Arena::NewMapping(Node::Style style) {
  Node* node = New(Node::Kind::kMapping);
  node->tag_ = Tag::kMap;
  node->style_ = style;
  return node;
}

Node* Arena::NewSequence(Node::Style style) {
  Node* node = New(Node::Kind::kSequence);
  node->tag_ = Tag::kSeq;
  node->style_ = style;
  return node;
}

Node* Arena::NewScalar(std::string_view value, Tag tag, Node::Style style) {
  Node* node = New(Node::Kind::kScalar);
  node->tag_ = tag;
  node->style_ = style;
  node->SetValue(value);
  return node;
}

Node* Arena::NewInt(int64_t value) { return NewScalar(std::to_string(value), Tag::kInt); }

std::string_view Node::tag() const { return tag_ == Tag::kCustom ? extras_->tag : TagName(tag_); }

void Node::SetTag(std::string_view tag) {
  tag_ = TagFromText(tag);
  if (tag_ != Tag::kCustom) return;
  std::string buffer;
  MutableExtras().tag = arena_->Copy(ShortenTag(tag, buffer));
}

Tag Node::ShortTag() const {
  if (tag_ != Tag::kNone) return tag_;
  switch (kind_) {
    case Kind::kMapping:
      return Tag::kMap;
    case Kind::kSequence:
      return Tag::kSeq;
    case Kind::kAlias:
      return target_ != nullptr ? target_->ShortTag() : Tag::kNone;
    case Kind::kScalar:
      break;
  }
  return style_ != Style::kPlain && style_ != Style::kFlow ? Tag::kStr : ResolveTag(value());
}

bool Node::IsNull() const { return is_scalar() && ShortTag() == Tag::kNull; }

void Node::SetValue(std::string_view value) {
  const std::string_view copy = arena_->Copy(value);
  text_ = copy.data();
  size_ = static_cast<uint32_t>(copy.size());
  capacity_ = 0;
}

void Node::SetScalar(std::string_view value, Tag tag, Style style) {
  // before the union changes: `value` may be this node's own
  const std::string_view copy = arena_->Copy(value);
  kind_ = Kind::kScalar;
  tag_ = tag;
  style_ = style;
  tagged_ = false;
  text_ = copy.data();
  size_ = static_cast<uint32_t>(copy.size());
  capacity_ = 0;
}

void Node::Reserve(size_t n) {
  if (n <= capacity_) return;
  const size_t capacity = std::max<size_t>({n, capacity_ + capacity_ / 2, 4});
  if (is_mapping()) {
    auto* grown = static_cast<Pair*>(arena_->Allocate(capacity * sizeof(Pair)));
    std::copy_n(pairs_, size_, grown);
    pairs_ = grown;
  } else {
    auto** grown = static_cast<Node**>(arena_->Allocate(capacity * sizeof(Node*)));
    std::copy_n(items_, size_, grown);
    items_ = grown;
  }
  capacity_ = static_cast<uint32_t>(capacity);
}

void Node::Append(Node* item) { Insert(size_, item); }

void Node::Insert(size_t i, Node* item) {
  Reserve(size_ + 1);
  std::copy_backward(items_ + i, items_ + size_, items_ + size_ + 1);
  items_[i] = item;
  ++size_;
}

void Node::RemoveItem(size_t i) {
  std::copy(items_ + i + 1, items_ + size_, items_ + i);
  --size_;
}

size_t Node::FindIndex(std::string_view key) const {
  if (!is_mapping()) return npos;
  const char first = key.empty() ? '\0' : key[0];  // most other keys of its length are told by that
  for (size_t i = 0; i < size_; ++i) {
    const std::string_view other = pairs_[i].key->value();
    if (other.size() == key.size() && (key.empty() || (other[0] == first && other == key)))
      return i;
  }
  return npos;
}

Node* Node::Find(std::string_view key) const {
  const size_t i = FindIndex(key);
  return i == npos ? nullptr : pairs_[i].value;
}

Node* Node::FindKey(std::string_view key) const {
  const size_t i = FindIndex(key);
  return i == npos ? nullptr : pairs_[i].key;
}

Node* Node::At(std::initializer_list<std::string_view> path) const {
  const Node* node = this;
  for (const std::string_view key : path) {
    node = node->Find(key);
    if (node == nullptr) return nullptr;
  }
  return const_cast<Node*>(node);
}

Node* Node::Set(std::string_view key, Node* value) {
  if (const size_t i = FindIndex(key); i != npos) {
    pairs_[i].value = value;
  } else {
    AppendPair(arena_->NewString(key), value);
  }
  return value;
}

Node* Node::Set(std::string_view key, std::string_view text) {
  return Set(key, arena_->NewString(text));
}

void Node::InsertPair(size_t i, Node* key, Node* value) {
  Reserve(size_ + 1);
  std::copy_backward(pairs_ + i, pairs_ + size_, pairs_ + size_ + 1);
  pairs_[i] = {key, value};
  ++size_;
}

bool Node::Erase(std::string_view key) {
  const size_t i = FindIndex(key);
  if (i == npos) return false;
  RemovePair(i);
  return true;
}

void Node::RemovePair(size_t i) {
  std::copy(pairs_ + i + 1, pairs_ + size_, pairs_ + i);
  --size_;
}

Node* Node::FindOrAddMapping(std::string_view key) {
  Node* found = Find(key);
  return found != nullptr ? found : Set(key, arena_->NewMapping());
}

Node* Node::FindOrAddSequence(std::string_view key) {
  Node* found = Find(key);
  return found != nullptr ? found : Set(key, arena_->NewSequence());
}

void Node::Clear() { size_ = 0; }

Node::Extras& Node::MutableExtras() {
  if (extras_ == nullptr) extras_ = new (arena_->Allocate(sizeof(Extras), alignof(Extras))) Extras;
  return *extras_;
}

// An alias has no anchor of its own: the field holds its name.
std::string_view Node::anchor() const {
  return extras_ == nullptr || is_alias() ? std::string_view() : extras_->anchor;
}
std::string_view Node::AliasName() const {
  return extras_ == nullptr ? std::string_view() : extras_->anchor;
}
std::string_view Node::head_comment() const {
  return extras_ == nullptr ? std::string_view() : extras_->head;
}
std::string_view Node::line_comment() const {
  return extras_ == nullptr ? std::string_view() : extras_->line;
}
std::string_view Node::foot_comment() const {
  return extras_ == nullptr ? std::string_view() : extras_->foot;
}

void Node::SetAnchor(std::string_view anchor) {
  if (anchor != this->anchor()) MutableExtras().anchor = arena_->Copy(anchor);
}
void Node::SetHeadComment(std::string_view text) {
  if (text != head_comment()) MutableExtras().head = arena_->Copy(text);
}
void Node::SetLineComment(std::string_view text) {
  if (text != line_comment()) MutableExtras().line = arena_->Copy(text);
}
void Node::SetFootComment(std::string_view text) {
  if (text != foot_comment()) MutableExtras().foot = arena_->Copy(text);
}

void Node::Assign(const Node& other) {
  if (this == &other) return;
  if (other.arena_ != arena_) {
    Assign(*other.Clone(*arena_));
    return;
  }
  kind_ = other.kind_;
  style_ = other.style_;
  tag_ = other.tag_;
  tagged_ = other.tagged_;
  line_ = other.line_;
  column_ = other.column_;
  extras_ = other.extras_ == nullptr ? nullptr
                                     : new (arena_->Allocate(sizeof(Extras), alignof(Extras)))
                                           Extras(*other.extras_);
  if (is_alias()) {
    target_ = other.target_;
  } else {
    text_ = other.text_;
  }
  size_ = other.size_;
  capacity_ = 0;
  if (!is_collection()) return;
  // Read through `other`: `this` may have shared its list.
  Node* const* items = other.items_;
  const Pair* pairs = other.pairs_;
  const uint32_t n = size_;
  size_ = 0;
  Reserve(n);
  size_ = n;
  if (is_mapping()) {
    std::copy_n(pairs, n, pairs_);
  } else {
    std::copy_n(items, n, items_);
  }
}

namespace {

// A deep copy; remembers the copies of anchored nodes, for the aliases that name them.
class Cloner {
 public:
  explicit Cloner(Arena& arena) : arena_(arena) {}

  Node* Copy(const Node& from) {
    Node* to = NodeAccess::NewLike(arena_, from);
    if (!from.anchor().empty()) anchored_[&from] = to;
    if (from.is_alias() && from.target() != nullptr) {
      const auto it = anchored_.find(from.target());
      NodeAccess::SetTarget(*to, it != anchored_.end() ? it->second : Copy(*from.target()));
    }
    NodeAccess::Reserve(*to, from.size());
    for (const Node* item : from.items()) to->Append(Copy(*item));
    for (const Node::Pair& pair : from.pairs()) {
      Node* key = Copy(*pair.key);
      to->AppendPair(key, Copy(*pair.value));
    }
    return to;
  }

 private:
  Arena& arena_;
  std::unordered_map<const Node*, Node*> anchored_;
};

}  // namespace

Node* Node::Clone(Arena& arena) const { return Cloner(arena).Copy(*this); }

namespace {

bool SamePairs(const Node& a, const Node& b) {
  const auto left = a.pairs(), right = b.pairs();
  for (size_t i = 0; i < left.size(); ++i) {
    const auto matches = [&](const Node::Pair& p) {
      return DeepEqual(*left[i].key, *p.key) && DeepEqual(*left[i].value, *p.value);
    };
    if (!matches(right[i]) && std::none_of(right.begin(), right.end(), matches)) return false;
  }
  return true;
}

}  // namespace

Node* NodeAccess::NewLike(Arena& arena, const Node& from) {
  Node* node = New(arena, from.kind_, from.line_, from.column_);
  node->style_ = from.style_;
  node->tag_ = from.tag_;
  node->tagged_ = from.tagged_;
  if (from.is_scalar()) node->SetValue(from.value());
  if (const Node::Extras* extras = from.extras_; extras != nullptr) {
    node->extras_ = new (arena.Allocate(sizeof(Node::Extras), alignof(Node::Extras)))
        Node::Extras{arena.Copy(extras->tag), arena.Copy(extras->anchor), arena.Copy(extras->head),
                     arena.Copy(extras->line), arena.Copy(extras->foot)};
  }
  return node;
}

void NodeAccess::SetChildren(Node& node, std::span<Node* const> children) {
  const size_t pair = node.is_mapping() ? 2 : 1;
  node.size_ = 0;
  node.capacity_ = static_cast<uint32_t>(children.size() / pair);
  if (children.empty()) return;
  void* at = node.arena_->Allocate(children.size() * sizeof(Node*));
  if (node.is_mapping()) {
    node.pairs_ = static_cast<Node::Pair*>(at);
    for (size_t i = 0; i + 1 < children.size(); i += 2)
      node.pairs_[i / 2] = {children[i], children[i + 1]};
  } else {
    node.items_ = static_cast<Node**>(at);
    std::copy(children.begin(), children.end(), node.items_);
  }
  node.size_ = node.capacity_;
}

bool DeepEqual(const Node& a_in, const Node& b_in) {
  const Node *a = a_in.Resolved(), *b = b_in.Resolved();
  if (a == b) return true;
  if (a == nullptr || b == nullptr || a->kind() != b->kind() || a->ShortTag() != b->ShortTag())
    return false;
  if (a->ShortTag() == Tag::kCustom && a->tag() != b->tag()) return false;
  if (a->is_scalar()) return a->value() == b->value();
  if (a->size() != b->size()) return false;
  if (a->is_mapping()) return SamePairs(*a, *b);
  return std::equal(a->items().begin(), a->items().end(), b->items().begin(),
                    [](auto* x, auto* y) { return DeepEqual(*x, *y); });
}

}  // namespace sluice::document
