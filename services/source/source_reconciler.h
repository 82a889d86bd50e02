// SourceReconciler: one pass over one object of any source kind (source.md §3.3): deletion,
// finalizer, suspension, the storage step, the kind's own steps, then the revision on the bus, one
// status patch and the events. Thread-safe; everything it is given outlives it.
#pragma once

#include "kube/informer.h"
#include "poke_ledger.h"
#include "runtime/reconciler.h"
#include "runtime/status_writer.h"
#include "source_kind.h"
#include "storage_step.h"

namespace sluice::source {

class SourceReconciler final : public runtime::Reconciler {
 public:
  SourceReconciler(const SourceEnv& env, SourceKind& kind, kube::Informer& informer,
                   PokeLedger& pokes);
  runtime::Outcome Reconcile(const observe::Context& ctx, const kube::ObjectKey& key) override;

 private:
  void Forget(const kube::ObjectKey& key);
  runtime::Outcome Gone(const kube::ObjectKey& key);
  runtime::Outcome Delete(const observe::Context& ctx, document::Value object);
  runtime::Outcome Suspended(const observe::Context& ctx, document::Value object);
  // Of an object the kind does not follow (any more).
  runtime::Outcome LeaveAlone(const observe::Context& ctx, document::Value object);
  StepResult RunSteps(const observe::Context& ctx, const kube::ObjectKey& key,
                      SourceStatus& status);
  // The last step: status, events, what comes next.
  runtime::Outcome Settle(const observe::Context& ctx, const StepResult& result,
                          base::Duration interval, SourceStatus& status);
  runtime::Outcome Next(base::Duration interval);
  base::Duration AskedToWait(const document::Value& object) const;
  void NotifySuccess(const SourceStatus& status, const Made& made);
  artifact::ObjectDirectory DirectoryOf(const kube::ObjectKey& key) const;

  const SourceEnv env_;
  SourceKind& kind_;
  kube::Informer& informer_;
  PokeLedger& pokes_;
  runtime::StatusWriter writer_;
  StorageStep storage_;
};

}  // namespace sluice::source
