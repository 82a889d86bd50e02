// SourceMetrics: what Flux's source-controller tells of its caches and we do, too:
// gotk_cache_events_total of Helm indexes, by whose reconcile looked one up (a HelmRepository's
// name for its charts, a HelmChart's for its dependencies). Those of tokens are the token cache's
// own. Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "cloud/token_cache.h"
#include "kube/object.h"
#include "observe/metrics.h"

namespace sluice::source {

class SourceMetrics {
 public:
  SourceMetrics(observe::Registry& registry, cloud::TokenCache& tokens);  // outlive this

  void IndexLookedUp(const kube::ObjectKey& by, bool hit);
  // The object is gone: so are its series.
  void Forget(std::string_view kind, const kube::ObjectKey& key);

 private:
  observe::Family<observe::Counter>& index_events_;
  cloud::TokenCache& tokens_;
};

}  // namespace sluice::source
