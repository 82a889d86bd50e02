// Node: the YAML tree kustomize edits: scalars keep their text, style, tag and comments, mappings their order, so that what was
// not touched is written back as it was. A Document owns its nodes in an arena; a Node* lives as long as its Document.
// Modelled on what go-yaml v3's yaml.Node can say. Thread-compatible.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "document/value.h"

namespace sluice::document {

class Arena;

struct Node {
  enum class Kind : uint8_t { kScalar, kSequence, kMapping, kAlias };
  enum class Style : uint8_t { kPlain, kSingleQuoted, kDoubleQuoted, kLiteral, kFolded, kFlow };

  Kind kind = Kind::kScalar;
  Style style = Style::kPlain;
  // The resolved tag in short form ("!!str", "!!int", "!!null", "!!map" …), or a custom one; `tagged` if it was written.
  bool tagged = false;
  std::string_view tag;
  std::string_view value;   // scalar text after unquoting; the alias's name for kAlias. Bytes live in the arena
  std::string_view anchor;
  std::string_view head_comment, line_comment, foot_comment;
  std::vector<Node*> children;  // kSequence: items; kMapping: key, value, key, value …
  const Node* target = nullptr;  // kAlias: what it names
  uint32_t line = 0, column = 0;  // 1-based; 0 = made by us
};

}  // namespace sluice::document
