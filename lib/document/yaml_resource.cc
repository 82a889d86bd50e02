// kustomize's way from a resource's tree to text: go-yaml v3 writes it and reads it back, JSON carries it, go-yaml v2 writes it.
#include "document/yaml.h"

namespace sluice::document {
namespace {

// False where writing a node by v3 and reading it back gives the same data: all but folded blocks and literal ones that begin with a tab.
bool ChangesOnRereading(const Node& node) {
  if (node.is_scalar()) {
    return node.style() == Node::Style::kFolded || (node.value().starts_with('\t') && node.value().find('\n') != std::string_view::npos);
  }
  for (const Node* item : node.items()) {
    if (ChangesOnRereading(*item)) return true;
  }
  for (const auto& [key, value] : node.pairs()) {
    if (ChangesOnRereading(*key) || ChangesOnRereading(*value)) return true;
  }
  return false;
}

base::Result<Value> Reread(const Node& resource) {
  SLUICE_TRY(const Document again, ParseYamlDocument(WriteYaml3(resource, {.indent = 2, .compact_sequences = true})));
  return again.root == nullptr ? Value() : ToValue(*again.root);
}

}  // namespace

base::Status AppendResourceYaml(std::string& out, const Node& resource) {
  base::Result<Value> value = ChangesOnRereading(resource) ? Reread(resource) : ToValue(resource);
  if (!value.ok()) value = Reread(resource);  // errors name lines of the text in between
  if (!value.ok()) return value.status();
  return AppendYaml(out, *value);
}

}  // namespace sluice::document
