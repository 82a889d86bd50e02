// What the OpenAPI schema tells the engine: which lists merge by which keys, and which types are
// cluster-scoped (spec §16.4, §20.4). The built-in schema is constant data cut down to the paths
// that lead to a merging list; everything it leaves out merges maps and replaces lists, as a type
// without schema does. Thread-compatible.
#pragma once

#include <deque>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "document/value.h"

namespace sluice::kustomize {

struct SchemaNode;

struct SchemaProperty {
  std::string_view name;
  const SchemaNode* node;
};

struct SchemaNode {
  std::span<const SchemaProperty> properties = {};
  const SchemaNode* items = nullptr;       // of a list
  const SchemaNode* additional = nullptr;  // of a map's other keys
  bool merge = false;                      // x-kubernetes-patch-strategy holds "merge"
  // what elements are known by; none: a list of scalars
  std::span<const std::string_view> keys = {};

  const SchemaNode* Field(std::string_view name) const;
};

// A definition by its name ("io.k8s.api.core.v1.PodSpec"), as custom schemas refer to it.
const SchemaNode* FindBuiltinDefinition(std::string_view name);
// Null: the built-in schema does not know the type.
const SchemaNode* FindBuiltinSchema(std::string_view api_version, std::string_view kind);

class Schema {
 public:
  explicit Schema(bool custom_adds) : custom_adds_(custom_adds) {}

  // A kustomization's `openapi` field, with the bytes of its `path` if it has one. `top`: the
  // kustomization that is built; one below it counts only where nothing was set yet.
  base::Status Set(const std::map<std::string, std::string>& field, const std::string* bytes,
                   bool top);

  // A custom schema that cannot be read fails only where it was asked for something: kPanic, as the
  // peer's way to fail is a panic.
  base::Status Check() const;

  const SchemaNode* Find(std::string_view api_version, std::string_view kind) const;
  bool IsClusterScoped(std::string_view api_version, std::string_view kind) const;

  // A schema written in a comment beside a field; null if it is none.
  const SchemaNode* FromComment(std::string_view comment);

 private:
  base::Status Load(std::string_view bytes);
  const SchemaNode* Make(const document::Value& schema);
  const SchemaNode* Definition(std::string_view ref);
  void Fill(const document::Value& schema, SchemaNode& node);
  void FillStrategy(const document::Value& schema, SchemaNode& node);

  bool custom_adds_;
  bool set_ = false, custom_ = false;
  // The peer loads the built-in schema when it is first asked for; one that is loaded stays beside
  // a custom one set later.
  mutable bool builtin_loaded_ = false;
  mutable bool asked_ = false;
  base::Status wrong_;
  // of the custom schema; definitions are turned into nodes when they are reached
  document::Value document_;
  std::map<std::pair<std::string, std::string>, const document::Value*, std::less<>> types_;
  std::map<std::pair<std::string, std::string>, bool, std::less<>> namespaced_;
  std::map<std::string, SchemaNode*, std::less<>> definitions_;
  std::map<const document::Value*, const SchemaNode*> roots_;
  std::deque<SchemaNode> nodes_;
  std::deque<std::vector<SchemaProperty>> properties_;
  std::deque<std::vector<std::string_view>> keys_;
  std::deque<document::Value> comments_;
};

}  // namespace sluice::kustomize
