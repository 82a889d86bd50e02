// Metrics: sluice-kustomize's own, beside those of its libraries. Thread-safe.
#pragma once

#include "observe/metrics.h"

namespace sluice::kustomization {

class Metrics {
 public:
  explicit Metrics(observe::Registry& registry)
      : unchanged_(registry.NewCounter(
            "sluice_kustomize_unchanged_total",
            "Passes that found nothing to build, by what told them: the source's table of paths, "
            "or the artifact.")),
        by_table_(unchanged_.With({{"known_by", "table"}})),
        by_artifact_(unchanged_.With({{"known_by", "artifact"}})) {}

  void UnchangedByTable() { by_table_.Add(); }
  void UnchangedByArtifact() { by_artifact_.Add(); }

 private:
  observe::Family<observe::Counter>& unchanged_;
  observe::Counter& by_table_;
  observe::Counter& by_artifact_;
};

}  // namespace sluice::kustomization
