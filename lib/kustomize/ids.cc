#include "ids.h"

#include <algorithm>
#include <array>

#include "base/strings.h"

namespace sluice::kustomize {
namespace {

using base::Cat;

// apiVersion + "/" + kind, sorted.
constexpr std::string_view kClusterScoped[] = {
    "admissionregistration.k8s.io/v1/MutatingWebhookConfiguration",
    "admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration",
    "admissionregistration.k8s.io/v1beta1/MutatingWebhookConfiguration",
    "admissionregistration.k8s.io/v1beta1/ValidatingWebhookConfiguration",
    "apiextensions.k8s.io/v1/CustomResourceDefinition",
    "apiextensions.k8s.io/v1beta1/CustomResourceDefinition",
    "apiregistration.k8s.io/v1/APIService",
    "apiregistration.k8s.io/v1beta1/APIService",
    "certificates.k8s.io/v1/CertificateSigningRequest",
    "certificates.k8s.io/v1beta1/CertificateSigningRequest",
    "flowcontrol.apiserver.k8s.io/v1beta1/FlowSchema",
    "flowcontrol.apiserver.k8s.io/v1beta1/PriorityLevelConfiguration",
    "networking.k8s.io/v1/IngressClass",
    "networking.k8s.io/v1beta1/IngressClass",
    "node.k8s.io/v1/RuntimeClass",
    "node.k8s.io/v1beta1/RuntimeClass",
    "policy/v1beta1/PodSecurityPolicy",
    "rbac.authorization.k8s.io/v1/ClusterRole",
    "rbac.authorization.k8s.io/v1/ClusterRoleBinding",
    "rbac.authorization.k8s.io/v1beta1/ClusterRole",
    "rbac.authorization.k8s.io/v1beta1/ClusterRoleBinding",
    "scheduling.k8s.io/v1/PriorityClass",
    "scheduling.k8s.io/v1beta1/PriorityClass",
    "storage.k8s.io/v1/CSIDriver",
    "storage.k8s.io/v1/CSINode",
    "storage.k8s.io/v1/StorageClass",
    "storage.k8s.io/v1/VolumeAttachment",
    "storage.k8s.io/v1beta1/CSIDriver",
    "storage.k8s.io/v1beta1/CSINode",
    "storage.k8s.io/v1beta1/StorageClass",
    "storage.k8s.io/v1beta1/VolumeAttachment",
    "v1/ComponentStatus",
    "v1/Namespace",
    "v1/Node",
    "v1/NodeProxyOptions",
    "v1/PersistentVolume",
};
static_assert(std::ranges::is_sorted(kClusterScoped));

// By a kind's length, the first letters of kinds in the table: most other kinds are told by that.
constexpr auto kClusterScopedShapes = [] {
  std::array<uint32_t, 64> shapes{};
  for (const std::string_view entry : kClusterScoped) {
    const std::string_view kind = entry.substr(entry.rfind('/') + 1);
    shapes[kind.size()] |= 1u << (kind[0] & 31);
  }
  return shapes;
}();

std::string_view Or(std::string_view text, std::string_view fallback) {
  return text.empty() ? fallback : text;
}

}  // namespace

std::string Gvk::ToString() const {
  return Cat(Or(kind, "[noKind]"), ".", Or(version, "[noVer]"), ".", Or(group, "[noGrp]"));
}

Gvk MakeGvk(std::string_view api_version, std::string_view kind) {
  const size_t slash = api_version.find('/');
  if (slash == api_version.npos) return {{}, api_version, kind};
  return {api_version.substr(0, slash), api_version.substr(slash + 1), kind};
}

std::string ApiVersion(const Gvk& gvk) {
  return gvk.group.empty() ? std::string(gvk.version) : Cat(gvk.group, "/", gvk.version);
}

std::string ResId::ToString() const {
  return Cat(gvk.ToString(), "/", Or(name, "[noName]"), ".", Or(ns, "[noNs]"));
}

std::string GoSyntax(const ResId& id) {
  return Cat("resid.ResId{Gvk:resid.Gvk{Group:", base::QuoteGo(id.gvk.group),
             ", Version:", base::QuoteGo(id.gvk.version), ", Kind:", base::QuoteGo(id.gvk.kind),
             ", isClusterScoped:", id.cluster_scoped ? "true" : "false",
             "}, Name:", base::QuoteGo(id.name), ", Namespace:", base::QuoteGo(id.ns), "}");
}

bool IsBuiltinClusterScoped(std::string_view api_version, std::string_view kind) {
  if (kind.empty() || kind.size() >= kClusterScopedShapes.size()) return false;
  if ((kClusterScopedShapes[kind.size()] >> (kind[0] & 31) & 1) == 0) return false;
  const auto* it = std::ranges::lower_bound(
      kClusterScoped, std::pair(api_version, kind),
      [](const auto& a, const auto& b) { return a < b; },
      [](std::string_view s) {
        const size_t slash = s.rfind('/');
        return std::pair(s.substr(0, slash), s.substr(slash + 1));
      });
  if (it == std::end(kClusterScoped) || it->size() != api_version.size() + kind.size() + 1)
    return false;
  return it->starts_with(api_version) && it->ends_with(kind) && (*it)[api_version.size()] == '/';
}

}  // namespace sluice::kustomize
