#include "source_metrics.h"

#include "api/helm_source.h"

namespace sluice::source {
namespace {

constexpr const char *kHit = "cache_hit", *kMiss = "cache_miss";

observe::Labels LabelsOf(const kube::ObjectKey& key, const char* event) {
  return {{"event_type", event}, {"name", key.name}, {"namespace", key.ns}};
}

}  // namespace

SourceMetrics::SourceMetrics(observe::Registry& registry, cloud::TokenCache& tokens)
    : index_events_(registry.NewCounter(
          "gotk_cache_events_total",
          "Total number of cache retrieval events for a Gitops Toolkit resource reconciliation.")),
      tokens_(tokens) {}

void SourceMetrics::IndexLookedUp(const kube::ObjectKey& by, bool hit) {
  index_events_.With(LabelsOf(by, hit ? kHit : kMiss)).Add();
}

void SourceMetrics::Forget(std::string_view kind, const kube::ObjectKey& key) {
  tokens_.Forget({std::string(kind), key.name, key.ns});
  if (kind != api::kHelmRepositoryKind && kind != api::kHelmChartKind) return;
  for (const char* event : {kHit, kMiss}) index_events_.Remove(LabelsOf(key, event));
}

}  // namespace sluice::source
