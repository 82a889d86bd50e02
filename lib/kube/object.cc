#include "kube/object.h"

namespace sluice::kube {

GroupVersionKind GroupVersionKind::FromApiVersion(std::string_view api_version,
                                                  std::string_view kind) {
  const size_t slash = api_version.find('/');
  if (slash == api_version.npos) return {"", std::string(api_version), std::string(kind)};
  return {std::string(api_version.substr(0, slash)), std::string(api_version.substr(slash + 1)),
          std::string(kind)};
}

std::string GroupVersionKind::ApiVersion() const {
  return group.empty() ? version : group + "/" + version;
}

GroupVersionKind GvkOf(const document::Value& object) {
  return GroupVersionKind::FromApiVersion(object["apiVersion"].AsString(),
                                          object["kind"].AsString());
}

ObjectKey KeyOf(const document::Value& object) {
  const auto& metadata = object["metadata"];
  return {std::string(metadata["namespace"].AsString()), std::string(metadata["name"].AsString())};
}

std::string_view UidOf(const document::Value& object) {
  return object["metadata"]["uid"].AsString();
}

std::string_view ResourceVersionOf(const document::Value& object) {
  return object["metadata"]["resourceVersion"].AsString();
}

int64_t GenerationOf(const document::Value& object) {
  return object["metadata"]["generation"].AsInt();
}

bool IsBeingDeleted(const document::Value& object) {
  return !object["metadata"]["deletionTimestamp"].AsString().empty();
}

std::string_view AnnotationOf(const document::Value& object, std::string_view key) {
  return object["metadata"]["annotations"][key].AsString();
}

std::string_view LabelOf(const document::Value& object, std::string_view key) {
  return object["metadata"]["labels"][key].AsString();
}

}  // namespace sluice::kube
