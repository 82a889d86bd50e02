#include "apply/order.h"

#include <algorithm>
#include <array>
#include <tuple>

namespace sluice::apply {
namespace {

constexpr std::array<std::string_view, 23> kFirst = {"CustomResourceDefinition",
                                                     "Namespace",
                                                     "ClusterRole",
                                                     "ClusterClass",
                                                     "RuntimeClass",
                                                     "PriorityClass",
                                                     "StorageClass",
                                                     "VolumeSnapshotClass",
                                                     "IngressClass",
                                                     "GatewayClass",
                                                     "ClusterRoleBinding",
                                                     "ResourceQuota",
                                                     "ServiceAccount",
                                                     "Role",
                                                     "RoleBinding",
                                                     "ConfigMap",
                                                     "Secret",
                                                     "Service",
                                                     "LimitRange",
                                                     "Deployment",
                                                     "StatefulSet",
                                                     "CronJob",
                                                     "PodDisruptionBudget"};
constexpr std::array<std::string_view, 2> kLast = {"MutatingWebhookConfiguration",
                                                   "ValidatingWebhookConfiguration"};

bool EqualsFolded(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

std::string_view Trim(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

}  // namespace

int KindIndex(std::string_view kind) {
  if (const auto it = std::ranges::find(kFirst, kind); it != kFirst.end()) {
    return static_cast<int>(it - kFirst.begin()) - static_cast<int>(kFirst.size());
  }
  if (const auto it = std::ranges::find(kLast, kind); it != kLast.end())
    return static_cast<int>(it - kLast.begin()) + 1;
  return 0;
}

bool SortsBefore(const ObjectRef& a, const ObjectRef& b) {
  const int x = KindIndex(a.gk.kind), y = KindIndex(b.gk.kind);
  return std::tie(x, a.gk.group, a.gk.kind, a.key.ns, a.key.name) <
         std::tie(y, b.gk.group, b.gk.kind, b.key.ns, b.key.name);
}

std::vector<kube::GroupKind> ParseStageKinds(std::string_view text) {
  std::vector<kube::GroupKind> out;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    const std::string_view part = Trim(text.substr(0, comma));
    text = comma == text.npos ? std::string_view() : text.substr(comma + 1);
    if (part.empty()) continue;
    const size_t slash = part.find('/');
    if (slash == part.npos) {
      out.push_back({"", std::string(part)});
    } else {
      out.push_back({std::string(part.substr(0, slash)), std::string(part.substr(slash + 1))});
    }
  }
  return out;
}

Stage StageOf(const kube::GroupKind& gk, const std::vector<kube::GroupKind>& custom) {
  if ((gk.group == "apiextensions.k8s.io" && EqualsFolded(gk.kind, "CustomResourceDefinition")) ||
      (gk.group.empty() && EqualsFolded(gk.kind, "Namespace")) ||
      (gk.group == "rbac.authorization.k8s.io" && EqualsFolded(gk.kind, "ClusterRole"))) {
    return Stage::kDefinitions;
  }
  constexpr std::string_view kClass = "class";
  if (gk.kind.size() >= kClass.size() &&
      EqualsFolded(std::string_view(gk.kind).substr(gk.kind.size() - kClass.size()), kClass)) {
    return Stage::kClasses;
  }
  const bool listed = std::ranges::any_of(custom, [&](const kube::GroupKind& c) {
    return c.group == gk.group && EqualsFolded(c.kind, gk.kind);
  });
  return listed ? Stage::kCustom : Stage::kRest;
}

}  // namespace sluice::apply
