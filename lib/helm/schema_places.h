// Where each draft of JSON Schema keeps subschemas. Internal.
#pragma once

#include <cstdint>

#include "schema_node.h"

namespace sluice::helm::schema {

// Where a draft keeps subschemas: the keyword, and what stands in it.
enum class Holds : uint8_t { kSchema, kMap, kList, kEither };
struct Place {
  Keyword keyword;
  Holds holds;
  Draft since;
};
inline constexpr Place kPlaces[] = {
    {"definitions", Holds::kMap, Draft::k4},
    {"not", Holds::kSchema, Draft::k4},
    {"allOf", Holds::kList, Draft::k4},
    {"anyOf", Holds::kList, Draft::k4},
    {"oneOf", Holds::kList, Draft::k4},
    {"properties", Holds::kMap, Draft::k4},
    {"additionalProperties", Holds::kSchema, Draft::k4},
    {"patternProperties", Holds::kMap, Draft::k4},
    {"items", Holds::kEither, Draft::k4},
    {"additionalItems", Holds::kSchema, Draft::k4},
    {"dependencies", Holds::kMap, Draft::k4},
    {"propertyNames", Holds::kSchema, Draft::k6},
    {"contains", Holds::kSchema, Draft::k6},
    {"if", Holds::kSchema, Draft::k7},
    {"then", Holds::kSchema, Draft::k7},
    {"else", Holds::kSchema, Draft::k7},
    {"$defs", Holds::kMap, Draft::k2019},
    {"dependentSchemas", Holds::kMap, Draft::k2019},
    {"unevaluatedProperties", Holds::kSchema, Draft::k2019},
    {"unevaluatedItems", Holds::kSchema, Draft::k2019},
    {"contentSchema", Holds::kSchema, Draft::k2019},
    {"prefixItems", Holds::kList, Draft::k2020},
};

}  // namespace sluice::helm::schema
