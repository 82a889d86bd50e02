// KustomizationReconciler: brings the cluster to what a Kustomization's source says. It reads what
// is and decides whether there is anything to do; the steps of a pass do it. A pass that waits for
// the cluster is parked in the Kustomization's State and holds no worker. Thread-safe.
#pragma once

#include <string>

#include "attempt.h"
#include "clients.h"
#include "dependencies.h"
#include "finalizer.h"
#include "kube/informer.h"
#include "precedence.h"
#include "reporter.h"
#include "runtime/reconciler.h"
#include "runtime/work_queue.h"
#include "sources.h"
#include "steps.h"

namespace sluice::kustomization {

struct ReconcilerSettings {
  base::Duration requeue_dependency = std::chrono::seconds(30);
  int interval_jitter_percentage = 5;
  bool no_cross_namespace_refs = false;
  bool cancel_health_on_new_revision = true;
};

// The parts it is made of; all outlive it.
struct ReconcilerParts {
  kube::Informer& kustomizations;
  Sources& sources;
  States& states;
  Clients& clients;
  apply::LiveObjects& live;
  Reporter& reporter;
  Finalizer& finalizer;
  FetchStep& fetch;
  BuildStep& build;
  ApplyStep& apply;
  PruneStep& prune;
  HealthStep& health;
  Precedence& precedence;
  base::Clock& clock;
  base::Random& random;
};

class KustomizationReconciler : public runtime::Reconciler {
 public:
  KustomizationReconciler(ReconcilerParts parts, ReconcilerSettings settings)
      : parts_(parts), settings_(settings), dependencies_(parts.kustomizations, parts.states) {}

  runtime::Outcome Reconcile(const observe::Context& ctx, const kube::ObjectKey& key) override;

  // An object of ours moved (any thread): true if the owner is worth a look.
  bool Touch(const kube::ObjectKey& owner, apply::LiveObjects::Change change);

 private:
  // Why a pass is due.
  struct Cause {
    bool any = false;
    // spec, revision or request: the result is reported even if nothing changed
    bool news = false;
    bool requested = false;  // a user asked: nothing is taken for granted
    bool drift = false, interval = false;
    base::Duration wait{};  // !any: until something is due
  };

  runtime::Outcome Work(Attempt& attempt);
  runtime::Outcome Refuse(Attempt& attempt, std::string_view reason, const std::string& message);
  runtime::Outcome WithoutSource(Attempt& attempt, const Sources::Found& found);
  Cause WhyRun(const Attempt& attempt, const Sources::Found& found);
  bool Drifted(const State& state) const;
  bool ResumesParked(Attempt& attempt, const Sources::Found& found);
  runtime::Outcome AwaitDependencies(Attempt& attempt, const Dependencies::Verdict& verdict,
                                     const std::string& revision);
  std::unique_ptr<Pass> NewPass(const Attempt& attempt, const Sources::Found& found,
                                const Cause& cause);
  runtime::Outcome RunPass(Attempt& attempt, std::unique_ptr<Pass> pass);
  StepResult RunSteps(Attempt& attempt, Pass& pass);
  runtime::Outcome FinishFailed(Attempt& attempt, const Pass& pass, const StepResult& result);
  runtime::Outcome FinishOk(Attempt& attempt, Pass& pass);
  bool NothingToTell(const Attempt& attempt, const Pass& pass) const;
  runtime::Outcome Settle(Attempt& attempt, const Pass& pass, bool ok, base::Duration next);

  const ReconcilerParts parts_;
  const ReconcilerSettings settings_;
  const Dependencies dependencies_;
};

}  // namespace sluice::kustomization
