#include "json_patch.h"

#include "base/strings.h"
#include "document/json.h"
#include "document/patch.h"
#include "document/reread.h"
#include "document/yaml.h"
#include "fieldspec.h"

namespace sluice::kustomize {
namespace {

using base::Cat;
using base::Result;
using base::Status;
using document::Value;

std::string_view JsonKind(const Value& value) {
  if (value.is_string()) return "string";
  if (value.is_bool()) return "bool";
  if (value.is_number()) return "number";
  return value.is_array() ? "array" : "object";
}

}  // namespace

void ToFloats(Value& value) {
  if (value.kind() == Value::Kind::kInt || value.kind() == Value::Kind::kUint) {
    value = Value(value.AsDouble());
  } else if (value.is_array()) {
    for (Value& item : value.mutable_items()) ToFloats(item);
  } else if (value.is_object()) {
    for (const auto& member : value.members()) ToFloats(const_cast<Value&>(member.second));
  }
}

Result<Value> ParseJsonPatch(std::string_view text) {
  if (text.empty()) return base::InvalidArgument("empty json patch operations");
  SLUICE_TRY(Value patch, text.front() == '[' ? document::ParseSmallJson(text) : document::ParseYamlToValue(text));
  if (patch.is_null()) return Value::Array();
  if (!patch.is_array()) {
    return base::InvalidArgument(
        Cat("json: cannot unmarshal ", JsonKind(patch), " into Go value of type jsonpatch.Patch"));
  }
  for (const Value& operation : patch.items()) {
    if (operation.is_object() || operation.is_null()) continue;
    return base::InvalidArgument(
        Cat("json: cannot unmarshal ", JsonKind(operation), " into Go value of type jsonpatch.Operation"));
  }
  return patch;
}

Result<Node*> FromData(Arena& arena, Value value) {
  ToFloats(value);
  return document::FromValueAsWritten(arena, value);
}

Status ApplyJsonPatch(BuildContext& context, Resource& resource, const Value& operations) {
  SLUICE_TRY(Value value, document::ToValue(*resource.root()));
  SLUICE_TRY(value, document::JsonPatched(std::move(value), operations));
  if (!value.is_object() && !value.is_null()) {
    return base::InvalidArgument(
        Cat("json: cannot unmarshal ", JsonKind(value), " into Go value of type map[string]interface {}"));
  }
  SLUICE_TRY(Node* const root, FromData(context.arena, std::move(value)));
  resource.set_root(root);
  // The peer puts its own annotations back, which makes texts of all.
  if (Node* meta = resource.root()->is_mapping() ? resource.metadata() : nullptr) {
    if (const Node* map = meta->Find("annotations"); map != nullptr && (map->is_mapping() || map->IsNull())) {
      if (Node* texts = TextMap(map)) meta->Set("annotations", texts);
      else meta->Erase("annotations");
    }
  }
  return {};
}

}  // namespace sluice::kustomize
