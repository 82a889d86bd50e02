// Attempt: what one reconcile works with: the object as last read, its spec, what the process
// remembers of it, and whom it acts as.
#pragma once

#include "api/kustomization.h"
#include "document/value.h"
#include "kube/client.h"
#include "kube/informer.h"
#include "observe/context.h"
#include "state.h"

namespace sluice::kustomization {

struct Attempt {
  observe::Context ctx;
  kube::ObjectKey key;
  // as the API server last showed it; replaced by the answer to each status patch
  kube::ObjectPtr held;
  api::KustomizationSpec spec;
  State& state;
  kube::Client* target = nullptr;  // acts as the Kustomization's service account

  const document::Value& object() const { return *held; }
};

}  // namespace sluice::kustomization
