// ReceiverReconciler: keeps status.webhookPath in step with the Receiver's token (notification.md
// §6.2). Thread-safe.
#pragma once

#include <string>

#include "base/clock.h"
#include "kube/client.h"
#include "kube/informer.h"
#include "runtime/event_recorder.h"
#include "runtime/reconciler.h"
#include "runtime/status_writer.h"

namespace sluice::notify {

class ReceiverReconciler final : public runtime::Reconciler {
 public:
  // All outlive it.
  ReceiverReconciler(kube::Client& client, kube::Informer& receivers,
                     runtime::EventRecorder& recorder, base::Clock& clock);
  runtime::Outcome Reconcile(const observe::Context& ctx, const kube::ObjectKey& key) override;

 private:
  // What a pass found; the object's status is already written into `object`.
  runtime::Outcome Evaluate(const observe::Context& ctx, document::Value& object);
  runtime::Outcome Stall(document::Value& object, const std::string& why);
  base::Result<std::string> ReadToken(const observe::Context& ctx, const document::Value& object);

  kube::Client& client_;
  kube::Informer& receivers_;
  runtime::EventRecorder& recorder_;
  base::Clock& clock_;
  runtime::StatusWriter writer_;
};

}  // namespace sluice::notify
