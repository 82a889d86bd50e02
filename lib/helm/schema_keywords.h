// The keywords of JSON Schema, and a schema's members by keyword: a schema has three or four
// members, so looking at each once is cheaper than asking it for each of the sixty keywords.
// Internal.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <iterator>
#include <string_view>

#include "document/value.h"

namespace sluice::helm::schema {

// In the order in which what is wrong with a schema is told.
inline constexpr std::string_view kKeywords[] = {"$ref",
                                                 "$schema",
                                                 "id",
                                                 "$id",
                                                 "$anchor",
                                                 "$recursiveRef",
                                                 "$recursiveAnchor",
                                                 "$dynamicRef",
                                                 "$dynamicAnchor",
                                                 "$vocabulary",
                                                 "$comment",
                                                 "$defs",
                                                 "definitions",
                                                 "title",
                                                 "description",
                                                 "examples",
                                                 "readOnly",
                                                 "writeOnly",
                                                 "deprecated",
                                                 "multipleOf",
                                                 "maximum",
                                                 "minimum",
                                                 "exclusiveMaximum",
                                                 "exclusiveMinimum",
                                                 "maxLength",
                                                 "minLength",
                                                 "pattern",
                                                 "maxItems",
                                                 "minItems",
                                                 "uniqueItems",
                                                 "maxContains",
                                                 "minContains",
                                                 "maxProperties",
                                                 "minProperties",
                                                 "required",
                                                 "dependentRequired",
                                                 "enum",
                                                 "type",
                                                 "format",
                                                 "contentMediaType",
                                                 "contentEncoding",
                                                 "contentSchema",
                                                 "items",
                                                 "prefixItems",
                                                 "additionalItems",
                                                 "contains",
                                                 "unevaluatedItems",
                                                 "additionalProperties",
                                                 "unevaluatedProperties",
                                                 "properties",
                                                 "patternProperties",
                                                 "dependencies",
                                                 "dependentSchemas",
                                                 "propertyNames",
                                                 "if",
                                                 "then",
                                                 "else",
                                                 "allOf",
                                                 "anyOf",
                                                 "oneOf",
                                                 "not",
                                                 "const"};
inline constexpr size_t kKeywordCount = std::size(kKeywords);
static_assert(kKeywordCount <= 64, "Keywords has a bit for each");

// The number of a keyword; from a literal the compiler finds it, and refuses one that is none.
class Keyword {
 public:
  consteval Keyword(const char* name)
      : index_(IndexOf(name)) {}  // NOLINT(google-explicit-constructor)
  constexpr explicit Keyword(size_t index) : index_(static_cast<uint8_t>(index)) {}
  constexpr size_t index() const { return index_; }
  constexpr std::string_view name() const { return kKeywords[index_]; }
  friend constexpr bool operator==(Keyword, Keyword) = default;

 private:
  static consteval uint8_t IndexOf(std::string_view name) {
    for (size_t i = 0; i < kKeywordCount; ++i) {
      if (kKeywords[i] == name) return static_cast<uint8_t>(i);
    }
    throw "no keyword";
  }
  uint8_t index_;
};

// The members of a schema by keyword; of what is no object: none. REQUIRES: the schema outlives it
// unchanged.
class Keywords {
 public:
  explicit Keywords(const document::Value& schema);

  bool Has(Keyword k) const { return (found_ >> k.index() & 1) != 0; }
  const document::Value* Find(Keyword k) const { return Has(k) ? held_[k.index()] : nullptr; }
  const document::Value& operator[](Keyword k) const {
    return Has(k) ? *held_[k.index()] : document::Value::Null();
  }
  // Calls visit(Keyword, const Value&) in the keywords' order.
  void Each(const auto& visit) const {
    for (uint64_t rest = found_; rest != 0; rest &= rest - 1) {
      const auto index = static_cast<size_t>(std::countr_zero(rest));
      visit(Keyword(index), *held_[index]);
    }
  }

 private:
  uint64_t found_ = 0;
  std::array<const document::Value*, kKeywordCount> held_;  // unset where found_ has no bit
};

}  // namespace sluice::helm::schema
