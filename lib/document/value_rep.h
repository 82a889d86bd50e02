// What a Value keeps on the heap. Private to the library.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "document/value.h"

namespace sluice::document {

struct Value::Text {
  size_t size;
  // The bytes follow.
  const char* bytes() const { return reinterpret_cast<const char*>(this + 1); }
  char* bytes() { return reinterpret_cast<char*>(this + 1); }
};

struct Value::Elements {
  std::vector<Value> items;
};

struct Value::Fields {
  static constexpr size_t kIndexFrom = 17;  // fewer members are found faster by looking at each
  static constexpr uint32_t kNone = 0xffffffff;

  uint32_t Find(std::string_view key) const;
  Value& Append(std::string_view key, Value value);  // REQUIRES: no such key yet
  void Reindex();

  std::vector<Member> members;
  // open addressing, positions in `members`; empty below kIndexFrom members
  std::vector<uint32_t> index;

 private:
  void AddToIndex(uint32_t position);
};

// Builds objects and arrays without looking at the kind at each step, for the readers.
class ValueBuilder {
 public:
  static Value MakeArray(size_t reserve);
  static Value MakeObject(size_t reserve);
  // The last of equal keys wins, at the first one's place.
  static void Add(Value& object, std::string_view key, Value value);
  static std::vector<Value>& Items(Value& array);
  // call Reindex() after changing keys or order
  static std::vector<Value::Member>& Members(Value& object);
  static void Reindex(Value& object);
};

}  // namespace sluice::document
