// FinalizerReconciler: Providers and Alerts have no status; only their finalizer is kept right:
// Providers carry it while they live, Alerts lose the one older Flux versions put there
// (notification.md §4, §5). Thread-safe.
#pragma once

#include "kube/client.h"
#include "kube/informer.h"
#include "runtime/event_recorder.h"
#include "runtime/reconciler.h"
#include "runtime/status_writer.h"

namespace sluice::notify {

class FinalizerReconciler final : public runtime::Reconciler {
 public:
  enum class Rule : uint8_t { kKeep, kStrip };
  FinalizerReconciler(kube::Client& client, kube::Informer& objects,
                      runtime::EventRecorder& recorder, const kube::GroupVersionKind& gvk,
                      Rule rule);
  runtime::Outcome Reconcile(const observe::Context& ctx, const kube::ObjectKey& key) override;

 private:
  kube::Informer& objects_;
  runtime::EventRecorder& recorder_;
  const std::string kind_;
  const Rule rule_;
  runtime::StatusWriter writer_;
};

}  // namespace sluice::notify
