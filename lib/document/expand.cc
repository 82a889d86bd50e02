// Aliases and merge keys away, as kyaml's RNode.DeAnchor does it.
#include <vector>

#include "alias_budget.h"
#include "document/node.h"

namespace sluice::document {
namespace {

using base::InvalidArgument;
using base::Result;
using base::Status;

size_t CountNodes(const Node& node) {
  size_t count = 1;
  for (const Node* item : node.items()) count += CountNodes(*item);
  for (const auto& [key, value] : node.pairs()) count += CountNodes(*key) + CountNodes(*value);
  return count;
}

class Expander {
 public:
  Status Expand(Node*& slot) {
    if (!budget_.Add(1, false)) return InvalidArgument(AliasBudget::kMessage);
    Node* node = slot;
    if (node->is_alias()) {
      // What it names stands earlier in the text, so it is expanded already; anything else would
      // contain itself.
      SLUICE_TRY(Node * copy, CopyOf(*node->target()));
      slot = copy;
      return {};
    }
    if (!node->anchor().empty()) node->SetAnchor("");
    if (node->is_mapping()) {
      SLUICE_TRY(MergeKeys(*node));
      for (size_t i = 0; i < node->size(); ++i) {
        Node *key = node->pair(i).key, *value = node->pair(i).value;
        SLUICE_TRY(Expand(key));
        SLUICE_TRY(Expand(value));
        node->SetPairKey(i, key);
        node->SetPairValue(i, value);
      }
    }
    for (size_t i = 0; node->is_sequence() && i < node->size(); ++i) {
      Node* item = node->item(i);
      SLUICE_TRY(Expand(item));
      node->SetItem(i, item);
    }
    return {};
  }

 private:
  Result<Node*> CopyOf(const Node& from) {
    if (!budget_.Add(CountNodes(from), true)) return InvalidArgument(AliasBudget::kMessage);
    Node* copy = from.Clone(from.arena());
    copy->SetAnchor("");
    return copy;
  }

  // The mappings a "<<" names; of a list, the earlier one is to win, so it comes last.
  static Status FindMerged(const Node& value, std::vector<const Node*>& found) {
    switch (value.kind()) {
      case Node::Kind::kMapping:
        found.push_back(&value);
        return {};
      case Node::Kind::kAlias:
        if (!value.target()->is_mapping())
          return InvalidArgument("invalid map merge: received alias for a non-map value");
        found.push_back(value.target());
        return {};
      case Node::Kind::kSequence:
        for (size_t i = value.size(); i-- > 0;) {
          if (value.item(i)->is_sequence())
            return InvalidArgument("invalid map merge: received a nested sequence");
          SLUICE_TRY(FindMerged(*value.item(i), found));
        }
        return {};
      case Node::Kind::kScalar:
        break;
    }
    return InvalidArgument("map merge requires map or sequence of maps as the value");
  }

  Status MergeKeys(Node& node) {
    const Node* merge = nullptr;
    for (const auto& [key, value] : node.pairs()) {
      if (key->tag_id() != Tag::kMerge) continue;
      if (merge != nullptr) return InvalidArgument("duplicate merge key");
      merge = value;
    }
    if (merge == nullptr) return {};
    std::vector<const Node*> sources;
    SLUICE_TRY(FindMerged(*merge, sources));
    node.Erase("<<");
    const std::vector<Node::Pair> own(node.pairs().begin(), node.pairs().end());
    for (const Node* source : sources) {
      for (const auto& [key, value] : source->pairs()) {
        SLUICE_TRY(Node * key_copy, CopyOf(*key));
        SLUICE_TRY(Node * value_copy, CopyOf(*value));
        SetByText(node, key_copy, value_copy);
      }
    }
    for (const auto& [key, value] : own) SetByText(node, key, value);
    return {};
  }

  static void SetByText(Node& node, Node* key, Node* value) {
    const size_t i = node.FindIndex(key->value());
    if (i == Node::npos) {
      node.AppendPair(key, value);
    } else {
      node.SetPairKey(i, key);
      node.SetPairValue(i, value);
    }
  }

  AliasBudget budget_;
};

}  // namespace

Status ExpandAliases(Node* root) { return Expander().Expand(root); }

}  // namespace sluice::document
