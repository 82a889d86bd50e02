#include "schema.h"

#include <algorithm>

#include "base/strings.h"
#include "context.h"
#include "document/json.h"
#include "document/yaml.h"
#include "ids.h"

namespace sluice::kustomize {
namespace {

using base::Status;
using document::Value;

constexpr std::string_view kBuiltinVersion = "v1.21.2";
constexpr std::string_view kRefPrefix = "#/definitions/";

std::string ApiVersionOf(const Value& gvk) {
  const std::string_view group = gvk["group"].AsString(), version = gvk["version"].AsString();
  return group.empty() ? std::string(version) : base::Cat(group, "/", version);
}

}  // namespace

Status Schema::Set(const std::map<std::string, std::string>& field, const std::string* bytes,
                   bool top) {
  if (set_ && !top) return {};
  const auto version = field.find("version");
  if (version != field.end() && bytes != nullptr) {
    return base::InvalidArgument("builtin version and custom schema provided, cannot use both");
  }
  if (bytes != nullptr) {
    set_ = custom_ = true;
    custom_adds_ = custom_adds_ || builtin_loaded_;
    wrong_ = Load(*bytes);
    return {};
  }
  if (version == field.end() || version->second.empty()) return {};
  if (version->second != kBuiltinVersion) {
    return base::InvalidArgument("the specified OpenAPI version is not built in");
  }
  set_ = true;
  return {};
}

Status Schema::Load(std::string_view bytes) {
  SLUICE_TRY(document_, document::ParseYamlToValue(bytes));
  for (const auto& [name, definition] : document_["definitions"].members()) {
    for (const Value& gvk : definition["x-kubernetes-group-version-kind"].items()) {
      types_.insert_or_assign({ApiVersionOf(gvk), std::string(gvk["kind"].AsString())},
                              &definition);
    }
  }
  for (const auto& [path, item] : document_["paths"].members()) {
    const Value& get = item["get"];
    const Value& gvk = get["x-kubernetes-group-version-kind"];
    if (!gvk.is_object()) continue;
    const bool namespaced = path.find("namespaces/{namespace}") != path.npos;
    bool& known = namespaced_[{ApiVersionOf(gvk), std::string(gvk["kind"].AsString())}];
    known = known || namespaced;
  }
  return {};
}

Status Schema::Check() const {
  return wrong_.ok() || !asked_ ? Status() : Status(kPanic, "invalid schema file");
}

const SchemaNode* Schema::Find(std::string_view api_version, std::string_view kind) const {
  asked_ = true;
  if (custom_) {
    const auto it = types_.find(std::pair<std::string, std::string>(api_version, kind));
    if (it != types_.end()) return const_cast<Schema*>(this)->Make(*it->second);
    if (!custom_adds_ && kind != "Kustomization") return nullptr;
  }
  builtin_loaded_ = true;
  return FindBuiltinSchema(api_version, kind);
}

bool Schema::IsClusterScoped(std::string_view api_version, std::string_view kind) const {
  if (IsBuiltinClusterScoped(api_version, kind)) return true;
  if (!custom_) {
    builtin_loaded_ = builtin_loaded_ || FindBuiltinSchema(api_version, kind) == nullptr;
    return false;
  }
  asked_ = asked_ || FindBuiltinSchema(api_version, kind) == nullptr;
  const auto it = namespaced_.find(std::pair<std::string, std::string>(api_version, kind));
  return it != namespaced_.end() && !it->second;
}

const SchemaNode* Schema::Make(const Value& schema) {
  if (const auto it = roots_.find(&schema); it != roots_.end()) return it->second;
  SchemaNode& node = nodes_.emplace_back();
  roots_[&schema] = &node;  // before its fields: schemas may refer to themselves
  Fill(schema, node);
  return &node;
}

const SchemaNode* Schema::Definition(std::string_view ref) {
  if (!ref.starts_with(kRefPrefix)) return nullptr;
  const Value& definition = document_["definitions"][ref.substr(kRefPrefix.size())];
  if (definition.is_object()) return Make(definition);
  return custom_adds_ ? FindBuiltinDefinition(ref.substr(kRefPrefix.size())) : nullptr;
}

void Schema::Fill(const Value& schema, SchemaNode& node) {
  if (const std::string_view ref = schema["$ref"].AsString(); !ref.empty()) {
    if (const SchemaNode* target = Definition(ref)) node = *target;
  }
  if (const Value& fields = schema["properties"]; fields.is_object()) {
    auto& list = properties_.emplace_back();
    for (const auto& [name, field] : fields.members()) list.push_back({name, Make(field)});
    std::ranges::sort(list, {}, &SchemaProperty::name);
    node.properties = list;
  }
  if (const Value& items = schema["items"]; items.is_object()) node.items = Make(items);
  if (const Value& rest = schema["additionalProperties"]; rest.is_object())
    node.additional = Make(rest);
  FillStrategy(schema, node);
}

void Schema::FillStrategy(const Value& schema, SchemaNode& node) {
  const std::string_view strategy = schema["x-kubernetes-patch-strategy"].AsString();
  if (strategy.empty()) return;
  node.merge = strategy.find("merge") != strategy.npos;
  auto& keys = keys_.emplace_back();
  if (const Value& list = schema["x-kubernetes-list-map-keys"]; list.is_array()) {
    for (const Value& key : list.items()) keys.push_back(key.AsString());
  } else if (const std::string_view key = schema["x-kubernetes-patch-merge-key"].AsString();
             !key.empty()) {
    keys.push_back(key);
  }
  node.keys = keys;
}

const SchemaNode* Schema::FromComment(std::string_view comment) {
  while (!comment.empty() && (comment.front() == '#' || comment.front() == ' '))
    comment.remove_prefix(1);
  if (!comment.starts_with('{')) return nullptr;
  auto parsed = document::ParseSmallJson(comment);
  if (!parsed.ok() || !parsed->is_object()) return nullptr;
  return Make(comments_.emplace_back(*std::move(parsed)));
}

}  // namespace sluice::kustomize
