// What the library's own code may do to nodes beyond their public interface. Private to the
// library.
#pragma once

#include <algorithm>
#include <span>
#include <string_view>

#include "document/node.h"

namespace sluice::document {

struct Node::Extras {
  std::string_view tag;     // Tag::kCustom
  std::string_view anchor;  // of an alias: its name
  std::string_view head, line, foot;
};

class NodeAccess {
 public:
  static Node* New(Arena& arena, Node::Kind kind, uint32_t line, uint32_t column) {
    Node* node = arena.New(kind);
    node->line_ = line;
    node->column_ = column;
    return node;
  }
  // A node that looks like `from` in all but children and an alias's target.
  static Node* NewLike(Arena& arena, const Node& from);

  static Node::Extras& MutableExtras(Node& node) { return node.MutableExtras(); }
  static void SetTarget(Node& alias, const Node* target) { alias.target_ = target; }
  static void Reserve(Node& node, size_t n) {
    if (n > 0) node.Reserve(n);
  }
  // `text` lives in the node's arena already.
  static void SetText(Node& node, std::string_view text) {
    node.text_ = text.data();
    node.size_ = static_cast<uint32_t>(text.size());
  }
  // The children of a fresh collection, exactly sized; for mappings key, value, key, value …
  static void SetChildren(Node& node, std::span<Node* const> children);
};

}  // namespace sluice::document
