#include "legacy_order.h"

#include <algorithm>
#include <iterator>

#include "base/strings.h"

namespace sluice::kustomize {
namespace {

constexpr std::string_view kFirst[] = {"Namespace",
                                       "ResourceQuota",
                                       "StorageClass",
                                       "CustomResourceDefinition",
                                       "ServiceAccount",
                                       "PodSecurityPolicy",
                                       "Role",
                                       "ClusterRole",
                                       "RoleBinding",
                                       "ClusterRoleBinding",
                                       "ConfigMap",
                                       "Secret",
                                       "Endpoints",
                                       "Service",
                                       "LimitRange",
                                       "PriorityClass",
                                       "PersistentVolume",
                                       "PersistentVolumeClaim",
                                       "Deployment",
                                       "StatefulSet",
                                       "CronJob",
                                       "PodDisruptionBudget"};
constexpr std::string_view kLast[] = {"MutatingWebhookConfiguration",
                                      "ValidatingWebhookConfiguration"};

std::string_view Or(std::string_view text, std::string_view fallback) {
  return text.empty() ? fallback : text;
}

bool GvkLess(const Gvk& a, const Gvk& b) {
  const int x = LegacyRank(a.kind), y = LegacyRank(b.kind);
  return x != y ? x < y : a != b && LegacyText(a) < LegacyText(b);
}

void Sort(FieldSpecs& specs) { std::ranges::stable_sort(specs, GvkLess, &FieldSpec::gvk); }

}  // namespace

int LegacyRank(std::string_view kind) {
  if (const auto* it = std::ranges::find(kFirst, kind); it != std::end(kFirst)) {
    return static_cast<int>(it - std::end(kFirst));
  }
  const auto* it = std::ranges::find(kLast, kind);
  return it == std::end(kLast) ? 0 : static_cast<int>(it - std::begin(kLast)) + 1;
}

std::string LegacyText(const Gvk& gvk) {
  return base::Cat(Or(gvk.group, "~G"), "_", Or(gvk.version, "~V"), "_", Or(gvk.kind, "~K"));
}

void SortFields(TransformerConfig& config) {
  for (FieldSpecs* specs :
       {&config.name_prefix, &config.name_suffix, &config.namespaces, &config.common_labels,
        &config.template_labels, &config.common_annotations, &config.var_reference, &config.images,
        &config.replicas}) {
    Sort(*specs);
  }
}

}  // namespace sluice::kustomize
