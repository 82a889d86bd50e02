// The inventory of a Kustomization: which objects it applied, in apply order, as
// status.inventory.entries keeps them:
//   id = <namespace>_<name>_<group>_<kind>   ("_my-ns__Namespace", "default_podinfo__Service"),   v
//   = the API version
// For the four RBAC kinds each ':' of the name is written "__". Flux, its CLI and Sluice read each
// other's. Values; thread-compatible.
#pragma once

#include <compare>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "document/value.h"
#include "kube/object.h"

namespace sluice::apply {

struct ObjectRef {
  kube::GroupKind gk;
  kube::ObjectKey key;
  std::string version;  // identity leaves it out

  static ObjectRef Of(const document::Value& object);
  kube::GroupVersionKind gvk() const { return {gk.group, version, gk.kind}; }
  // "Deployment/apps/podinfo", "Namespace/apps": how events and errors name an object.
  std::string Subject() const;
  // The inventory id.
  std::string Id() const;
  // Error: "unable to parse stored object metadata: <id>".
  static base::Result<ObjectRef> ParseId(std::string_view id, std::string_view version);

  friend bool operator==(const ObjectRef& a, const ObjectRef& b) {
    return a.gk == b.gk && a.key == b.key;
  }
};

class Inventory {
 public:
  // status.inventory, or null. An entry that cannot be parsed is an error: pruning on half an
  // inventory would orphan.
  static base::Result<Inventory> FromStatus(const document::Value& inventory);
  document::Value ToStatus() const;  // {"entries": [{"id", "v"} …]}

  void Add(ObjectRef ref);  // replaces the version of one that is there
  // Adds what `other` has and this has not, at the end.
  void Merge(const Inventory& other);
  // What this has and `next` has not: to be pruned once `next` is applied.
  std::vector<ObjectRef> Minus(const Inventory& next) const;

  const std::vector<ObjectRef>& entries() const { return entries_; }
  bool empty() const { return entries_.empty(); }
  // entries, their order and versions
  friend bool operator==(const Inventory& a, const Inventory& b);

 private:
  std::vector<ObjectRef> entries_;
};

}  // namespace sluice::apply
