// The identities of Kubernetes: group/version/kind, object keys, and the fields every object has.
// Values; thread-compatible.
#pragma once

#include <compare>
#include <functional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "document/value.h"

namespace sluice::kube {

struct GroupKind {
  std::string group, kind;
  friend auto operator<=>(const GroupKind&, const GroupKind&) = default;
};

struct GroupVersionKind {
  std::string group, version, kind;
  // apiVersion "v1" or "apps/v1".
  static GroupVersionKind FromApiVersion(std::string_view api_version, std::string_view kind);
  std::string ApiVersion() const;
  GroupKind ToGroupKind() const { return {group, kind}; }
  friend auto operator<=>(const GroupVersionKind&, const GroupVersionKind&) = default;
};

struct ObjectKey {
  std::string ns, name;  // ns "" = cluster-scoped
  std::string ToString() const { return ns.empty() ? name : ns + "/" + name; }
  friend auto operator<=>(const ObjectKey&, const ObjectKey&) = default;
};

// Read-only accessors over an unstructured object (apiVersion, kind, metadata …).
GroupVersionKind GvkOf(const document::Value& object);
ObjectKey KeyOf(const document::Value& object);
std::string_view UidOf(const document::Value& object);
std::string_view ResourceVersionOf(const document::Value& object);
int64_t GenerationOf(const document::Value& object);
bool IsBeingDeleted(const document::Value& object);  // metadata.deletionTimestamp is set
std::string_view AnnotationOf(const document::Value& object, std::string_view key);  // "" if absent
std::string_view LabelOf(const document::Value& object, std::string_view key);

}  // namespace sluice::kube

template <>
struct std::hash<sluice::kube::ObjectKey> {
  size_t operator()(const sluice::kube::ObjectKey& k) const noexcept {
    return std::hash<std::string>{}(k.ns) * 31 + std::hash<std::string>{}(k.name);
  }
};
