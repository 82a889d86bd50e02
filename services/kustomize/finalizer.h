// Finalizer: what happens when a Kustomization is deleted: its objects go first, as its deletion
// policy says. Thread-safe.
#pragma once

#include "attempt.h"
#include "clients.h"
#include "reporter.h"
#include "runtime/reconciler.h"

namespace sluice::kustomization {

class Finalizer {
 public:
  Finalizer(Clients& clients, Reporter& reporter) : clients_(clients), reporter_(reporter) {}
  // A non-success outcome means: not done, the finalizer stays.
  runtime::Outcome Run(Attempt& attempt);

 private:
  runtime::Outcome AwaitTermination(Attempt& attempt);
  runtime::Outcome Release(Attempt& attempt);
  bool AccountIsGone(const Attempt& attempt);

  Clients& clients_;
  Reporter& reporter_;
};

}  // namespace sluice::kustomization
