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

void PutAnnotation(Value& object, std::string_view key, std::string_view text) {
  Value metadata = object["metadata"], annotations = metadata["annotations"];
  if (!annotations.is_object()) {
    if (!annotations.is_null()) return;
    annotations = Value::Object();
  }
  annotations.Set(key, text);
  metadata.Set("annotations", std::move(annotations));
  object.Set("metadata", std::move(metadata));
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
  SLUICE_TRY(Value patch, text.front() == '[' ? document::ParseSmallJson(text)
                                              : document::ParseYamlToValue(text));
  if (patch.is_null()) return Value::Array();
  if (!patch.is_array()) {
    return base::InvalidArgument(
        Cat("json: cannot unmarshal ", JsonKind(patch), " into Go value of type jsonpatch.Patch"));
  }
  for (const Value& operation : patch.items()) {
    if (operation.is_object() || operation.is_null()) continue;
    return base::InvalidArgument(Cat("json: cannot unmarshal ", JsonKind(operation),
                                     " into Go value of type jsonpatch.Operation"));
  }
  return patch;
}

Result<Node*> FromData(Arena& arena, Value value) {
  ToFloats(value);
  return document::FromValueAsWritten(arena, value);
}

Status ApplyJsonPatch(BuildContext& context, Resource& resource, const Value& operations) {
  SLUICE_TRY(Value value, document::ToValueAsWritten(*resource.root()));
  // The peer keeps what it knows of an object among its annotations, where patches see it.
  resource.ForEachBuildAnnotation([&](std::string_view key, std::string_view text) {
    if (value["metadata"].is_object()) PutAnnotation(value, key, text);
  });
  SLUICE_TRY(value, document::JsonPatched(std::move(value), operations));
  if (!value.is_object() && !value.is_null()) {
    return base::InvalidArgument(Cat("json: cannot unmarshal ", JsonKind(value),
                                     " into Go value of type map[string]interface {}"));
  }
  SLUICE_TRY(Node* const root, FromData(context.arena, std::move(value)));
  resource.set_root(root);
  // The peer puts its own annotations back, which makes texts of all.
  if (Node* meta = resource.root()->is_mapping() ? resource.metadata() : nullptr) {
    if (Node* map = meta->Find("annotations");
        map != nullptr && (map->is_mapping() || map->IsNull())) {
      resource.ForEachBuildAnnotation(
          [&](std::string_view key, std::string_view) { map->Erase(key); });
      if (Node* texts = TextMap(map))
        meta->Set("annotations", texts);
      else
        meta->Erase("annotations");
    }
  }
  return {};
}

}  // namespace sluice::kustomize
