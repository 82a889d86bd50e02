// Controller: the workers of one kind. It takes keys off its queue, calls the reconciler, requeues
// by the outcome, counts and logs as controller-runtime does. Services; owned by the Manager (or a
// test).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "kube/informer.h"
#include "kube/object.h"
#include "observe/context.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "runtime/reconciler.h"
#include "runtime/timer.h"
#include "runtime/work_queue.h"

namespace sluice::runtime {

struct ControllerOptions {
  std::string name;            // lower-case kind: "kustomization"
  kube::GroupVersionKind gvk;  // names the log fields
  int workers = 2;             // --concurrent
  base::Duration min_retry_delay = std::chrono::milliseconds(750);
  base::Duration max_retry_delay = std::chrono::minutes(15);
  // after a reconcile that left nothing to do; on a worker, must be quick; may be null
  std::function<void()> on_idle = {};
};

class ReconcileMetrics;

class Controller {
 public:
  // All references outlive the controller.
  Controller(ControllerOptions options, Reconciler& reconciler, Timer& timer,
             observe::Registry& registry, observe::Logger log,
             base::UuidSource& uuids = base::SystemUuids());
  ~Controller();  // stops
  Controller(const Controller&) = delete;
  Controller& operator=(const Controller&) = delete;

  WorkQueue& queue() { return queue_; }

  // Call before the informer starts.
  // The kind's own informer: each object that appears is enqueued (low priority before the first
  // list is in), an update that api::WakesReconcile, a deletion; the object's metrics go with it.
  void For(kube::Informer& informer);
  // Any other informer: `keys_of(event)` are enqueued; runs on the kube I/O thread.
  void Watches(kube::Informer& informer,
               std::function<std::vector<kube::ObjectKey>(const kube::InformerEvent&)> keys_of);

  void Start();
  // In steps: no new key is handed out; the contexts of running reconciles stop; their workers are
  // joined.
  void StopAccepting();
  void RequestStop();
  void Join();
  void Stop();  // all three; idempotent

 private:
  void Work(const std::stop_token& stop);
  void ProcessOne(const observe::Context& base, const kube::ObjectKey& key);
  Outcome Guarded(const observe::Context& ctx, const kube::ObjectKey& key);
  void Settle(const observe::Context& ctx, const kube::ObjectKey& key, const Outcome& outcome);

  const ControllerOptions options_;
  Reconciler& reconciler_;
  observe::Logger log_;
  base::UuidSource& uuids_;
  base::Clock& clock_;
  std::unique_ptr<ReconcileMetrics> metrics_;
  WorkQueue queue_;
  kube::Informer* own_ = nullptr;
  std::stop_source stop_;
  std::vector<std::jthread> workers_;
};

}  // namespace sluice::runtime
