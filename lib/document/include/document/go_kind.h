// The kind of a JSON value in the words of Go's decoder. Thread-safe.
#pragma once

#include <string_view>

#include "document/value.h"

namespace sluice::document {

// "bool", "string", "array", "object", "null", else "number".
inline std::string_view GoKind(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::kBool:
      return "bool";
    case Value::Kind::kString:
      return "string";
    case Value::Kind::kArray:
      return "array";
    case Value::Kind::kObject:
      return "object";
    case Value::Kind::kNull:
      return "null";
    default:
      return "number";
  }
}

}  // namespace sluice::document
