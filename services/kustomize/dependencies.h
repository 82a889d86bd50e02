// Dependencies: whether what a Kustomization waits for (spec.dependsOn) is ready, read from the
// process's own watch. Thread-safe.
#pragma once

#include <string>

#include "api/kustomization.h"
#include "kube/informer.h"
#include "state.h"

namespace sluice::kustomization {

class Dependencies {
 public:
  Dependencies(const kube::Informer& kustomizations, const States& states)
      : kustomizations_(kustomizations), states_(states) {}

  struct Verdict {
    base::Status status;  // ok: all are ready; else Flux's words
    // false: the one that is not ready is still being worked on, its end will wake us
    bool settled = true;
  };
  // `revision`: of the source's artifact, which a dependency on the same source must have applied.
  Verdict Check(const api::KustomizationSpec& spec, const std::string& revision) const;

 private:
  bool Settled(const kube::ObjectKey& key, const document::Value& dependency,
               const api::KustomizationSpec& spec, const std::string& revision) const;

  const kube::Informer& kustomizations_;
  const States& states_;
};

}  // namespace sluice::kustomization
