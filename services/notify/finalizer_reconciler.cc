#include "finalizer_reconciler.h"

#include "api/meta.h"
#include "api/notification.h"
#include "base/strings.h"

namespace sluice::notify {

using runtime::Outcome;

FinalizerReconciler::FinalizerReconciler(kube::Client& client, kube::Informer& objects,
                                         runtime::EventRecorder& recorder,
                                         const kube::GroupVersionKind& gvk, Rule rule)
    : objects_(objects),
      recorder_(recorder),
      kind_(gvk.kind),
      rule_(rule),
      writer_(client, &objects,
              {.gvk = gvk, .field_manager = "notification-controller", .owned_conditions = {}}) {}

Outcome FinalizerReconciler::Reconcile(const observe::Context& ctx, const kube::ObjectKey& key) {
  const kube::ObjectPtr before = objects_.Get(key);
  if (!before) return Outcome::Success();
  document::Value after = *before;
  const bool deleting = kube::IsBeingDeleted(after);
  if (rule_ == Rule::kKeep && !deleting) {
    if (!api::AddFinalizer(after)) return Outcome::Success();
  } else if (!deleting && api::IsSuspended(after)) {
    return Outcome::Success();
  } else if (!api::RemoveFinalizer(after)) {
    return Outcome::Success();
  }
  const auto written = writer_.Write(ctx, *before, after);
  if (!written.ok() && written.status().code() != base::StatusCode::kNotFound)
    return Outcome::Error(written.status());
  if (rule_ == Rule::kStrip) {
    recorder_.RecordLocal(
        after, api::EventSeverity::kInfo, api::kMigrationReason,
        base::Cat("removed finalizer from ", kind_, " to migrate to static ", kind_));
  }
  return Outcome::Success();
}

}  // namespace sluice::notify
