// Unevaluated: the members and items that unevaluatedProperties and unevaluatedItems will be asked
// about. Internal, one thread.
#pragma once

#include <vector>

#include "schema_node.h"

namespace sluice::helm::schema {

// What no keyword has looked at yet; only kept where an unevaluated… keyword asks.
struct Unevaluated {
  std::vector<bool> members, items;
  size_t left = 0;

  static Unevaluated From(const Value& value, const Node& node, bool caller_needs) {
    Unevaluated out;
    if (value.is_object() && !node.all_properties_evaluated &&
        (caller_needs || node.unevaluated_properties != nullptr)) {
      out.members.assign(value.size(), true);
      out.left = value.size();
    }
    if (value.is_array() && !node.all_items_evaluated &&
        (caller_needs || node.unevaluated_items != nullptr) &&
        node.items_evaluated < value.size()) {
      out.items.assign(value.size(), true);
      for (size_t i = 0; i < node.items_evaluated; ++i) out.items[i] = false;
      out.left = value.size() - node.items_evaluated;
    }
    return out;
  }
  static void Drop(std::vector<bool>& in, size_t i, size_t& left) {
    if (i < in.size() && in[i]) {
      in[i] = false;
      --left;
    }
  }
  void Keep(const Unevaluated& other) {
    for (size_t i = 0; i < members.size(); ++i) {
      if (i >= other.members.size() || !other.members[i]) Drop(members, i, left);
    }
    for (size_t i = 0; i < items.size(); ++i) {
      if (i >= other.items.size() || !other.items[i]) Drop(items, i, left);
    }
  }
  void Clear() { *this = {}; }
};

}  // namespace sluice::helm::schema
