#include "gotemplate/value.h"

#include <algorithm>

#include "gotemplate/function.h"

namespace sluice::gotemplate {

namespace types {
constinit const Type kBool{"bool", Kind::kBool}, kInt{"int", Kind::kInt},
    kInt64{"int64", Kind::kInt64}, kUint8{"uint8", Kind::kUint8}, kUint32{"uint32", Kind::kUint32},
    kUint64{"uint64", Kind::kUint64}, kFloat64{"float64", Kind::kFloat64},
    kComplex128{"complex128", Kind::kComplex128}, kString{"string", Kind::kString};
constinit const Type kBytes{"[]uint8", Kind::kBytes, &kUint8};
constinit const Type kList{"[]interface {}", Kind::kList};
constinit const Type kStringList{"[]string", Kind::kList, &kString};
constinit const Type kIntList{"[]int", Kind::kList, &kInt};
constinit const Type kListList{"[][]interface {}", Kind::kList, &kList};
constinit const Type kMap{"map[string]interface {}", Kind::kMap};
constinit const Type kStringMap{"map[string]string", Kind::kMap, &kString};
}  // namespace types

Value Value::Bool(bool b) {
  Value v;
  v.kind_ = Kind::kBool;
  v.bool_ = b;
  return v;
}

Value Value::Int(int64_t i) {
  Value v;
  v.kind_ = Kind::kInt;
  v.int_ = i;
  return v;
}

Value Value::Int64(int64_t i) {
  Value v;
  v.kind_ = Kind::kInt64;
  v.int_ = i;
  return v;
}

Value Value::Uint8(uint8_t u) {
  Value v;
  v.kind_ = Kind::kUint8;
  v.uint_ = u;
  return v;
}

Value Value::Uint32(uint32_t u) {
  Value v;
  v.kind_ = Kind::kUint32;
  v.uint_ = u;
  return v;
}

Value Value::Uint64(uint64_t u) {
  Value v;
  v.kind_ = Kind::kUint64;
  v.uint_ = u;
  return v;
}

Value Value::Float(double d) {
  Value v;
  v.kind_ = Kind::kFloat64;
  v.double_ = d;
  return v;
}

Value Value::Complex(Heap& heap, std::complex<double> c) {
  Value v;
  v.kind_ = Kind::kComplex128;
  v.complex_ =
      new (heap.Allocate(sizeof(c), alignof(std::complex<double>))) std::complex<double>(c);
  return v;
}

Value Value::String(std::string_view s) {
  SLUICE_CHECK(s.size() <= UINT32_MAX);
  Value v;
  v.kind_ = Kind::kString;
  v.text_ = s.data();
  v.length_ = static_cast<uint32_t>(s.size());
  return v;
}

Value Value::Bytes(std::string_view s) {
  Value v = String(s);
  v.kind_ = Kind::kBytes;
  return v;
}

Value Value::Of(List* list) {
  Value v;
  v.kind_ = Kind::kList;
  v.list_ = list;
  return v;
}

Value Value::Of(Map* map) {
  Value v;
  v.kind_ = Kind::kMap;
  v.map_ = map;
  return v;
}

Value Value::Of(Object* object) {
  Value v;
  v.kind_ = Kind::kObject;
  v.object_ = object;
  return v;
}

const Type* Value::type() const {
  switch (kind_) {
    case Kind::kNil:
      return nullptr;
    case Kind::kBool:
      return &types::kBool;
    case Kind::kInt:
      return &types::kInt;
    case Kind::kInt64:
      return &types::kInt64;
    case Kind::kUint8:
      return &types::kUint8;
    case Kind::kUint32:
      return &types::kUint32;
    case Kind::kUint64:
      return &types::kUint64;
    case Kind::kFloat64:
      return &types::kFloat64;
    case Kind::kComplex128:
      return &types::kComplex128;
    case Kind::kString:
      return &types::kString;
    case Kind::kBytes:
      return &types::kBytes;
    case Kind::kList:
      return &list_->type();
    case Kind::kMap:
      return unnamed_ && map_->type().element == nullptr ? &types::kMap : &map_->type();
    case Kind::kObject:
      return &object_->type();
  }
  return nullptr;
}

std::string_view Value::TypeName() const {
  const Type* t = type();
  return t == nullptr ? "<nil>" : t->name;
}

std::string_view Value::KindName() const {
  switch (kind_) {
    case Kind::kNil:
      return "invalid";
    case Kind::kBytes:
    case Kind::kList:
      return "slice";
    case Kind::kMap:
      return "map";
    case Kind::kObject:
      return object_->kind_name();
    default:
      return type()->name;
  }
}

bool Value::Truth() const {
  switch (kind_) {
    case Kind::kNil:
      return false;
    case Kind::kBool:
      return bool_;
    case Kind::kInt:
    case Kind::kInt64:
      return int_ != 0;
    case Kind::kUint8:
    case Kind::kUint32:
    case Kind::kUint64:
      return uint_ != 0;
    case Kind::kFloat64:
      return double_ != 0;
    case Kind::kComplex128:
      return *complex_ != std::complex<double>(0);
    case Kind::kString:
    case Kind::kBytes:
      return length_ != 0;
    case Kind::kList:
      return !list_->empty();
    case Kind::kMap:
      return !map_->empty();
    case Kind::kObject:
      return object_->Truth();
  }
  return false;
}

void List::Reserve(Heap& heap, size_t n) {
  if (n <= capacity_) return;
  auto* items = static_cast<Value*>(heap.Allocate(n * sizeof(Value), alignof(Value)));
  std::copy_n(items_, size_, items);
  items_ = items;
  capacity_ = static_cast<uint32_t>(n);
}

void List::Append(Heap& heap, Value v) {
  if (size_ == capacity_) Reserve(heap, std::max<size_t>(4, size_t{capacity_} * 2));
  items_[size_++] = v.Unboxed();
  nil_ = false;
}

size_t Map::LowerBound(std::string_view key) const {
  size_t low = 0, high = size_;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (entries_[middle].key < key) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

const Value* Map::Find(std::string_view key) const {
  const size_t at = LowerBound(key);
  return at < size_ && entries_[at].key == key ? &entries_[at].value : nullptr;
}

// Makes the array this map's alone, with room for `capacity`.
void Map::Own(Heap& heap, size_t capacity) {
  if (!shared_ && capacity <= capacity_) return;
  capacity = std::max<size_t>(capacity, capacity_);
  auto* entries = static_cast<Entry*>(heap.Allocate(capacity * sizeof(Entry), alignof(Entry)));
  std::copy_n(entries_, size_, entries);
  entries_ = entries;
  capacity_ = static_cast<uint32_t>(capacity);
  shared_ = false;
}

void Map::Set(Heap& heap, std::string_view key, Value v) {
  // Built in order, as by most who know their keys, it is an append.
  const size_t at = size_ > 0 && entries_[size_ - 1].key < key ? size_ : LowerBound(key);
  const bool found = at < size_ && entries_[at].key == key;
  Own(heap, found || size_ < capacity_ ? size_ : std::max<size_t>(4, size_t{capacity_} * 2));
  nil_ = false;
  if (found) {
    entries_[at].value = v.Unboxed();
    return;
  }
  std::copy_backward(entries_ + at, entries_ + size_, entries_ + size_ + 1);
  entries_[at] = {key, v.Unboxed()};
  ++size_;
}

bool Map::Erase(Heap& heap, std::string_view key) {
  const size_t at = LowerBound(key);
  if (at == size_ || entries_[at].key != key) return false;
  Own(heap, size_);
  std::copy(entries_ + at + 1, entries_ + size_, entries_ + at);
  --size_;
  return true;
}

std::span<const Map::Entry> Map::Snapshot() {
  shared_ = true;
  return entries();
}

bool Object::Field(Heap&, std::string_view, Value&) const { return false; }

std::string_view Object::Method(std::string_view) const { return {}; }

base::Result<Value> Object::CallMethod(std::string_view name, Call&) {
  return base::Internal("no method " + std::string(name));
}

}  // namespace sluice::gotemplate
