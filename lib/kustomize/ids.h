// How kustomize names a resource: group, version, kind, name and namespace (spec §6). Views point
// into a build's arena.
#pragma once

#include <string>
#include <string_view>

namespace sluice::kustomize {

class Schema;

struct Gvk {
  std::string_view group, version, kind;

  friend bool operator==(const Gvk&, const Gvk&) = default;
  // True where every part of `selector` is empty or equal.
  bool Matches(const Gvk& selector) const {
    return (selector.group.empty() || selector.group == group) &&
           (selector.version.empty() || selector.version == version) &&
           (selector.kind.empty() || selector.kind == kind);
  }
  std::string ToString() const;  // "Deployment.v1.apps", "[noVer]" and so on for empty parts
};

// "apps/v1" splits at its first slash; without one the group is empty.
Gvk MakeGvk(std::string_view api_version, std::string_view kind);
std::string ApiVersion(const Gvk& gvk);

inline constexpr std::string_view kClusterNamespace = "_non_namespaceable_";

struct ResId {
  Gvk gvk;
  std::string_view name, ns;
  // by its type; never for an id of the past, whose `ns` is effective already
  bool cluster_scoped = false;

  std::string_view effective_namespace() const {
    if (cluster_scoped) return kClusterNamespace;
    return ns.empty() ? std::string_view("default") : ns;
  }
  bool Equals(const ResId& other) const {
    return name == other.name && gvk == other.gvk &&
           effective_namespace() == other.effective_namespace();
  }
  std::string ToString() const;  // "Deployment.v1.apps/web.[noNs]"
};

// Go's %#v of a resid.ResId, which the conflicts of generators show.
std::string GoSyntax(const ResId& id);

// By the table of built-in types; anything else is namespaced.
bool IsBuiltinClusterScoped(std::string_view api_version, std::string_view kind);
// Whether the table above knows the type at all is not asked: see Schema for scopes of custom
// schemas.

}  // namespace sluice::kustomize
