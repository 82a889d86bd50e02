#include "document/value.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <functional>
#include <new>

#include "base/status.h"
#include "value_rep.h"

namespace sluice::document {
namespace {

const std::vector<Value> kNoItems;
const std::vector<Value::Member> kNoMembers;

// What malloc spends on a block: its header, rounded up.
size_t BlockBytes(size_t bytes) {
  return bytes == 0 ? 0 : std::max<size_t>(32, (bytes + 8 + 15) / 16 * 16);
}

size_t StringHeapBytes(const std::string& s) {
  return s.capacity() <= std::string().capacity() ? 0 : BlockBytes(s.capacity() + 1);
}

constexpr double kTwo63 = 9223372036854775808.0;
constexpr double kTwo64 = 18446744073709551616.0;

bool SameNumber(int64_t i, double d) {
  return d >= -kTwo63 && d < kTwo63 && std::trunc(d) == d && static_cast<int64_t>(d) == i;
}
bool SameNumber(uint64_t u, double d) {
  return d >= 0 && d < kTwo64 && std::trunc(d) == d && static_cast<uint64_t>(d) == u;
}

}  // namespace

uint32_t Value::Fields::Find(std::string_view key) const {
  if (index.empty()) {
    for (size_t i = 0; i < members.size(); ++i) {
      const std::string& name = members[i].first;  // most differ in size or at once
      if (name.size() == key.size() && (key.empty() || (name[0] == key[0] && name == key)))
        return static_cast<uint32_t>(i);
    }
    return kNone;
  }
  const size_t mask = index.size() - 1;
  for (size_t slot = std::hash<std::string_view>()(key) & mask;; slot = (slot + 1) & mask) {
    if (index[slot] == kNone || members[index[slot]].first == key) return index[slot];
  }
}

Value& Value::Fields::Append(std::string_view key, Value value) {
  members.emplace_back(std::string(key), std::move(value));
  if (members.size() >= kIndexFrom) {
    if (members.size() * 2 > index.size()) {
      Reindex();
    } else {
      AddToIndex(static_cast<uint32_t>(members.size() - 1));
    }
  }
  return members.back().second;
}

void Value::Fields::AddToIndex(uint32_t position) {
  const size_t mask = index.size() - 1;
  size_t slot = std::hash<std::string_view>()(members[position].first) & mask;
  while (index[slot] != kNone) slot = (slot + 1) & mask;
  index[slot] = position;
}

void Value::Fields::Reindex() {
  index.clear();
  if (members.size() < kIndexFrom) return;
  index.assign(std::bit_ceil(members.size() * 3), kNone);
  for (uint32_t i = 0; i < members.size(); ++i) AddToIndex(i);
}

Value::Value(bool b) : kind_(Kind::kBool), bool_(b) {}
Value::Value(int64_t i) : kind_(Kind::kInt), int_(i) {}
Value::Value(uint64_t u) : kind_(u <= INT64_MAX ? Kind::kInt : Kind::kUint), uint_(u) {}
Value::Value(double d) : kind_(Kind::kDouble), double_(d) {}

Value::Value(std::string_view s) : kind_(Kind::kString) {
  if (s.size() <= kInlineText) {
    inline_size_ = static_cast<uint8_t>(s.size());
    // inline_text_ and the union are adjacent: copy in the two pieces.
    const size_t head = std::min(s.size(), sizeof(inline_text_));
    if (head > 0) std::memcpy(inline_text_, s.data(), head);  // an empty view may point nowhere
    if (s.size() > head) std::memcpy(&int_, s.data() + head, s.size() - head);
    return;
  }
  inline_size_ = kOnHeap;
  auto* text = new (::operator new(sizeof(Text) + s.size())) Text{s.size()};
  std::memcpy(text->bytes(), s.data(), s.size());
  heap_ = text;
}

Value Value::Array(std::vector<Value> items) {
  Value v;
  v.heap_ = new Elements{std::move(items)};
  v.kind_ = Kind::kArray;
  return v;
}

Value Value::Object(std::initializer_list<Member> members) {
  Value v;
  v.MakeFields().members.reserve(members.size());
  for (const auto& [key, value] : members) v.Set(key, value);
  return v;
}

const Value::Text& Value::text() const { return *static_cast<const Text*>(heap_); }
const Value::Elements& Value::elements() const { return *static_cast<const Elements*>(heap_); }
const Value::Fields& Value::fields() const { return *static_cast<const Fields*>(heap_); }

Value::Fields& Value::MakeFields() {
  if (kind_ == Kind::kNull) {
    heap_ = new Fields;
    kind_ = Kind::kObject;
  }
  SLUICE_CHECK(kind_ == Kind::kObject);
  return *static_cast<Fields*>(heap_);
}

Value::Value(const Value& other) : Value() {
  switch (other.kind_) {
    case Kind::kString:
      if (other.inline_size_ == kOnHeap) {
        *this = Value(std::string_view(other.text().bytes(), other.text().size));
        return;
      }
      break;
    case Kind::kArray:
      heap_ = new Elements(other.elements());
      kind_ = Kind::kArray;
      return;
    case Kind::kObject:
      heap_ = new Fields(other.fields());
      kind_ = Kind::kObject;
      return;
    default:
      break;
  }
  std::memcpy(static_cast<void*>(this), &other, sizeof(Value));  // nothing on the heap
}

Value::Value(Value&& other) noexcept : Value() {
  std::memcpy(static_cast<void*>(this), &other, sizeof(Value));
  other.kind_ = Kind::kNull;
}

Value& Value::operator=(const Value& other) {
  if (this != &other) *this = Value(other);
  return *this;
}

Value& Value::operator=(Value&& other) noexcept {
  if (this == &other) return *this;
  // `other` may be part of this value's own tree: it is taken out before the tree goes.
  alignas(Value) char taken[sizeof(Value)];
  std::memcpy(taken, &other, sizeof(Value));
  other.kind_ = Kind::kNull;
  Destroy();
  std::memcpy(static_cast<void*>(this), taken, sizeof(Value));
  return *this;
}

Value::~Value() { Destroy(); }

void Value::Destroy() {
  switch (kind_) {
    case Kind::kString:
      if (inline_size_ == kOnHeap) ::operator delete(heap_);
      break;
    case Kind::kArray:
      delete static_cast<Elements*>(heap_);
      break;
    case Kind::kObject:
      delete static_cast<Fields*>(heap_);
      break;
    default:
      break;
  }
  kind_ = Kind::kNull;
}

bool Value::AsBool(bool fallback) const { return is_bool() ? bool_ : fallback; }

int64_t Value::AsInt(int64_t fallback) const {
  if (kind_ == Kind::kInt) return int_;
  if (kind_ == Kind::kDouble && double_ >= -kTwo63 && double_ < kTwo63 &&
      std::trunc(double_) == double_) {
    return static_cast<int64_t>(double_);
  }
  return fallback;
}

double Value::AsDouble(double fallback) const {
  switch (kind_) {
    case Kind::kInt:
      return static_cast<double>(int_);
    case Kind::kUint:
      return static_cast<double>(uint_);
    case Kind::kDouble:
      return double_;
    default:
      return fallback;
  }
}

uint64_t Value::AsUint(uint64_t fallback) const {
  if (kind_ == Kind::kUint) return uint_;
  if (kind_ == Kind::kInt && int_ >= 0) return static_cast<uint64_t>(int_);
  return fallback;
}

std::string_view Value::AsString(std::string_view fallback) const {
  if (kind_ != Kind::kString) return fallback;
  if (inline_size_ == kOnHeap) return {text().bytes(), text().size};
  return {reinterpret_cast<const char*>(this) + offsetof(Value, inline_text_), inline_size_};
}

size_t Value::size() const {
  if (is_array()) return elements().items.size();
  return is_object() ? fields().members.size() : 0;
}

const std::vector<Value>& Value::items() const { return is_array() ? elements().items : kNoItems; }

std::vector<Value>& Value::mutable_items() {
  if (is_null()) *this = Array();
  SLUICE_CHECK(is_array());
  return static_cast<Elements*>(heap_)->items;
}

const std::vector<Value::Member>& Value::members() const {
  return is_object() ? fields().members : kNoMembers;
}

const Value* Value::Find(std::string_view key) const {
  if (!is_object()) return nullptr;
  const uint32_t i = fields().Find(key);
  return i == Fields::kNone ? nullptr : &fields().members[i].second;
}

Value* Value::Find(std::string_view key) {
  return const_cast<Value*>(std::as_const(*this).Find(key));
}

const Value& Value::operator[](std::string_view key) const {
  const Value* v = Find(key);
  return v != nullptr ? *v : Null();
}

const Value& Value::At(std::initializer_list<std::string_view> path) const {
  const Value* v = this;
  for (const std::string_view key : path) {
    v = v->Find(key);
    if (v == nullptr) return Null();
  }
  return *v;
}

Value& Value::Set(std::string_view key, Value value) {
  Fields& f = MakeFields();
  const uint32_t i = f.Find(key);
  if (i == Fields::kNone) return f.Append(key, std::move(value));
  return f.members[i].second = std::move(value);
}

Value& Value::Mutable(std::string_view key) {
  Fields& f = MakeFields();
  const uint32_t i = f.Find(key);
  return i == Fields::kNone ? f.Append(key, Value()) : f.members[i].second;
}

bool Value::Erase(std::string_view key) {
  if (!is_object()) return false;
  Fields& f = MakeFields();
  const uint32_t i = f.Find(key);
  if (i == Fields::kNone) return false;
  f.members.erase(f.members.begin() + i);
  f.Reindex();
  return true;
}

void Value::Append(Value value) { mutable_items().push_back(std::move(value)); }

void Value::SortMembers() {
  if (!is_object()) return;
  Fields& f = MakeFields();
  std::sort(f.members.begin(), f.members.end(),
            [](const Member& a, const Member& b) { return a.first < b.first; });
  f.Reindex();
}

void Value::Reserve(size_t n) {
  if (is_array()) mutable_items().reserve(n);
  if (is_object()) MakeFields().members.reserve(n);
}

bool operator==(const Value& a, const Value& b) {
  using Kind = Value::Kind;
  if (a.kind_ != b.kind_) {
    if (a.kind_ == Kind::kDouble && b.kind_ != Kind::kDouble) return b == a;
    if (b.kind_ != Kind::kDouble) return false;
    if (a.kind_ == Kind::kInt) return SameNumber(a.int_, b.double_);
    return a.kind_ == Kind::kUint && SameNumber(a.uint_, b.double_);
  }
  switch (a.kind_) {
    case Kind::kNull:
      return true;
    case Kind::kBool:
      return a.bool_ == b.bool_;
    case Kind::kInt:
      return a.int_ == b.int_;
    case Kind::kUint:
      return a.uint_ == b.uint_;
    case Kind::kDouble:
      return a.double_ == b.double_;
    case Kind::kString:
      return a.AsString() == b.AsString();
    case Kind::kArray:
      return a.elements().items == b.elements().items;
    case Kind::kObject:
      break;
  }
  const auto& left = a.fields().members;
  const auto& right = b.fields();
  if (left.size() != right.members.size()) return false;
  for (size_t i = 0; i < left.size(); ++i) {
    // Usually both have the same order.
    const uint32_t j = left[i].first == right.members[i].first ? static_cast<uint32_t>(i)
                                                               : right.Find(left[i].first);
    if (j == Value::Fields::kNone || !(left[i].second == right.members[j].second)) return false;
  }
  return true;
}

const Value& Value::Null() {
  static const Value kNull{nullptr};
  return kNull;
}

size_t Value::HeapBytes() const {
  switch (kind_) {
    case Kind::kString:
      return inline_size_ == kOnHeap ? BlockBytes(sizeof(Text) + text().size) : 0;
    case Kind::kArray: {
      const auto& items = elements().items;
      size_t bytes = BlockBytes(sizeof(Elements)) + BlockBytes(items.capacity() * sizeof(Value));
      for (const Value& v : items) bytes += v.HeapBytes();
      return bytes;
    }
    case Kind::kObject: {
      const Fields& f = fields();
      size_t bytes = BlockBytes(sizeof(Fields)) +
                     BlockBytes(f.members.capacity() * sizeof(Member)) +
                     BlockBytes(f.index.capacity() * sizeof(uint32_t));
      for (const auto& [key, value] : f.members) bytes += StringHeapBytes(key) + value.HeapBytes();
      return bytes;
    }
    default:
      return 0;
  }
}

Value ValueBuilder::MakeArray(size_t reserve) {
  Value v = Value::Array();
  Items(v).reserve(reserve);
  return v;
}

Value ValueBuilder::MakeObject(size_t reserve) {
  Value v;
  v.MakeFields().members.reserve(reserve);
  return v;
}

void ValueBuilder::Add(Value& object, std::string_view key, Value value) {
  object.Set(key, std::move(value));
}

std::vector<Value>& ValueBuilder::Items(Value& array) {
  return static_cast<Value::Elements*>(array.heap_)->items;
}

std::vector<Value::Member>& ValueBuilder::Members(Value& object) {
  return object.MakeFields().members;
}

void ValueBuilder::Reindex(Value& object) { object.MakeFields().Reindex(); }

}  // namespace sluice::document
