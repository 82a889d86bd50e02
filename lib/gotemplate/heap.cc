#include <algorithm>
#include <cstring>

#include "gotemplate/value.h"

namespace sluice::gotemplate {
namespace {

constexpr size_t kFirstBlock = 8 << 10, kLargestBlock = 256 << 10;

}  // namespace

Heap::Heap(size_t max_bytes) : max_bytes_(max_bytes) {}
Heap::~Heap() = default;

// A block of at least `n` bytes; what is left of a usual one becomes the current block.
char* Heap::Block(size_t n) {
  const size_t usual = std::min(kLargestBlock, kFirstBlock << std::min<size_t>(blocks_.size(), 8));
  const size_t size = std::max(n, usual);
  blocks_.push_back(std::unique_ptr<char[]>(new char[size]));
  char* block = blocks_.back().get();
  if (n <= usual / 2) {
    next_ = block + n;
    end_ = block + size;
  }
  return block;
}

void* Heap::Allocate(size_t n, size_t alignment) {
  used_ += n;
  const size_t gap = -reinterpret_cast<uintptr_t>(next_) & (alignment - 1);
  if (n + gap <= static_cast<size_t>(end_ - next_)) {
    char* at = next_ + gap;
    next_ = at + n;
    return at;
  }
  return Block(n);  // new[] aligns for every type here
}

char* Heap::AllocateBytes(size_t n) {
  used_ += n;
  if (n <= static_cast<size_t>(end_ - next_)) {
    char* at = next_;
    next_ += n;
    return at;
  }
  return Block(n);
}

std::string_view Heap::Copy(std::string_view bytes) {
  if (bytes.empty()) return {};
  char* at = AllocateBytes(bytes.size());
  std::memcpy(at, bytes.data(), bytes.size());
  return {at, bytes.size()};
}

List* Heap::NewList(size_t capacity, const Type& type) {
  auto* list = new (Allocate(sizeof(List), alignof(List))) List();
  list->type_ = &type;
  if (capacity > 0) list->Reserve(*this, capacity);
  return list;
}

Map* Heap::NewMap(size_t capacity, const Type& type) {
  auto* map = new (Allocate(sizeof(Map), alignof(Map))) Map();
  map->type_ = &type;
  if (capacity > 0) map->Own(*this, capacity);
  return map;
}

List* Heap::NilList(const Type& type) {
  List* list = NewList(0, type);
  list->nil_ = true;
  return list;
}

Map* Heap::NilMap(const Type& type) {
  Map* map = NewMap(0, type);
  map->nil_ = true;
  return map;
}

void Heap::Own(std::unique_ptr<Object> object) {
  used_ += 64;
  objects_.push_back(std::move(object));
}

}  // namespace sluice::gotemplate
