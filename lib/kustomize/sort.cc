// The legacy order: spec §22.4.
#include <algorithm>
#include <map>

#include "base/strings.h"
#include "transformer.h"

namespace sluice::kustomize {
namespace {

using base::Cat;

constexpr std::string_view kFirst[] = {
    "Namespace", "ResourceQuota", "StorageClass", "CustomResourceDefinition", "ServiceAccount", "PodSecurityPolicy", "Role",
    "ClusterRole", "RoleBinding", "ClusterRoleBinding", "ConfigMap", "Secret", "Endpoints", "Service", "LimitRange",
    "PriorityClass", "PersistentVolume", "PersistentVolumeClaim", "Deployment", "StatefulSet", "CronJob",
    "PodDisruptionBudget"};
constexpr std::string_view kLast[] = {"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"};

std::string_view Or(std::string_view text, std::string_view fallback) { return text.empty() ? fallback : text; }

struct Entry {
  Resource* resource;
  int rank;
  Gvk gvk;
  std::string type, rest;
};

bool Less(const Entry& a, const Entry& b) {
  if (a.rank != b.rank) return a.rank < b.rank;
  if (a.gvk != b.gvk) {
    const bool namespaces = a.gvk.kind == "Namespace" && b.gvk.kind == "Namespace";
    if (namespaces && (a.gvk.group.empty() || b.gvk.group.empty())) return a.type > b.type;
    return a.type < b.type;
  }
  return a.rest < b.rest;
}

}  // namespace

base::Status SortLegacy(ResMap& map, const std::optional<LegacySortOptions>& options) {
  std::map<std::string_view, int> ranks;
  const auto rank = [&](const auto& first, const auto& last) {
    int at = -static_cast<int>(std::size(first));
    for (const auto& kind : first) ranks.emplace(kind, at++);
    at = 1;
    for (const auto& kind : last) ranks.insert_or_assign(kind, at++);
  };
  if (options.has_value()) rank(options->order_first, options->order_last);
  else rank(kFirst, kLast);
  std::vector<Entry> entries;
  entries.reserve(map.size());
  for (Resource* r : map) {
    const Gvk gvk = r->gvk();
    const auto it = ranks.find(gvk.kind);
    entries.push_back({r, it == ranks.end() ? 0 : it->second, gvk,
                       Cat(Or(gvk.group, "~G"), "_", Or(gvk.version, "~V"), "_", Or(gvk.kind, "~K")),
                       Cat(gvk.ToString(), "|", Or(r->ns(), "~X"), "|", Or(r->name(), "~N"))});
  }
  std::ranges::stable_sort(entries, Less);
  for (size_t i = 0; i < entries.size(); ++i) map.items()[i] = entries[i].resource;
  map.Touch();
  return {};
}

}  // namespace sluice::kustomize
