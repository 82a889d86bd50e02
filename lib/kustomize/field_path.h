// Dotted field paths of replacements (spec §18): splitting, looking one node up, and matching many.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "document/node.h"

namespace sluice::kustomize {

using FieldPath = std::vector<std::string>;

// Splits at '.', which "\." escapes; a bracket group may hold dots, and is a plain key where it has
// no '='.
FieldPath SplitFieldPath(std::string_view path);

// kyaml's Lookup: one node; null where something is missing. "[k=v]" is compared as text.
base::Result<document::Node*> LookupField(document::Node* root, const FieldPath& path);

// kyaml's PathMatcher: every node the path leads to; values in brackets are regular expressions,
// "*" is every element. With `create` what is missing is made, the leaf of that kind.
struct MatchOptions {
  bool create = false;
  document::Node::Kind leaf = document::Node::Kind::kScalar;
};
base::Result<std::vector<document::Node*>> MatchField(document::Node* root, const FieldPath& path,
                                                      const MatchOptions& options);

}  // namespace sluice::kustomize
