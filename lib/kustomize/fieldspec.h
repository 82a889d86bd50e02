// Field specs: where in which objects a transformer acts, and the walk along such a path (spec
// §10).
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "document/node.h"
#include "ids.h"

namespace sluice::kustomize {

using document::Node;
using document::Tag;

struct FieldSpec {
  Gvk gvk;  // empty parts match anything
  std::string_view path;
  bool create = false;
};
using FieldSpecs = std::vector<FieldSpec>;

// Adds unless an entry covers it already; the same path with another `create` is a conflict.
base::Status MergeOne(FieldSpecs& list, const FieldSpec& spec);
base::Status MergeAll(FieldSpecs& list, const FieldSpecs& other);

// What the last segment is made as where it is missing and the spec may create.
enum class CreateKind : uint8_t { kNone, kScalar, kMapping };

using Setter = std::function<base::Status(Node*)>;

// Calls `set` for every node that the path reaches in `object`. `id` names the object in errors.
base::Status VisitField(Node* object, const FieldSpec& spec, CreateKind create, const Setter& set,
                        const std::function<std::string()>& id);

// Splits at '/'; "\/" stands for a slash.
std::vector<std::string> SplitPath(std::string_view path, char separator = '/');

// Go's names for node kinds, and kyaml's complaint: "wrong node kind: expected X but got Y: node
// contents:\n…".
base::Status WrongKind(std::string_view expected, const Node& node);
std::string_view KindName(const Node& node);

// A scalar's text replaced, its quotes kept; kNone: typed anew by its text. Fails for collections.
base::Status SetScalarKeepingStyle(Node* node, std::string_view value, Tag tag);
// A field added as the peer adds one: its key has no tag, so "1" becomes a number, which fails when
// it is printed.
void AddField(Node* map, std::string_view key, Node* value,
              Node::Style key_style = Node::Style::kPlain);
// The map as metadata fields are rewritten: every value a text, keys without tag; null where
// nothing is left.
Node* TextMap(const Node* map);
// key = value in a mapping, a !!str; an existing value keeps its quotes.
base::Status SetEntry(Node* node, std::string_view key, std::string_view value);

}  // namespace sluice::kustomize
