#include "runtime/controller.h"

#include <pthread.h>

#include <exception>

#include "api/meta.h"
#include "base/strings.h"
#include "reconcile_metrics.h"

namespace sluice::runtime {

using kube::InformerEvent;
using kube::ObjectKey;

Controller::Controller(ControllerOptions options, Reconciler& reconciler, Timer& timer,
                       observe::Registry& registry, observe::Logger log, base::UuidSource& uuids)
    : options_(std::move(options)),
      reconciler_(reconciler),
      log_(log.With({{"controller", options_.name},
                     {"controllerGroup", options_.gvk.group},
                     {"controllerKind", options_.gvk.kind}})),
      uuids_(uuids),
      clock_(timer.clock()),
      metrics_(std::make_unique<ReconcileMetrics>(registry, options_.name, options_.gvk.kind,
                                                  options_.workers)),
      queue_({.name = options_.name,
              .min_delay = options_.min_retry_delay,
              .max_delay = options_.max_retry_delay},
             timer, &registry) {}

Controller::~Controller() { Stop(); }

void Controller::For(kube::Informer& informer) {
  own_ = &informer;
  informer.AddHandler([this](const InformerEvent& event) {
    const ObjectKey key = kube::KeyOf(*event.object);
    switch (event.type) {
      case InformerEvent::Type::kAdded:
        queue_.Add(key, own_->Synced() ? Priority::kHigh : Priority::kLow);
        break;
      case InformerEvent::Type::kUpdated:
        if (api::WakesReconcile(*event.old_object, *event.object)) queue_.Add(key);
        break;
      case InformerEvent::Type::kDeleted:
        queue_.Add(key);
        break;
    }
  });
}

void Controller::Watches(kube::Informer& informer,
                         std::function<std::vector<ObjectKey>(const InformerEvent&)> keys_of) {
  informer.AddHandler([this, keys_of = std::move(keys_of)](const InformerEvent& event) {
    for (const ObjectKey& key : keys_of(event)) queue_.Add(key);
  });
}

void Controller::Start() {
  log_.Info("Starting workers", {{"worker count", options_.workers}});
  for (int i = 0; i < options_.workers; ++i) {
    workers_.emplace_back([this] {
      pthread_setname_np(pthread_self(), "worker");
      Work(stop_.get_token());
    });
  }
}

void Controller::StopAccepting() { queue_.ShutDown(); }
void Controller::RequestStop() { stop_.request_stop(); }

void Controller::Join() { workers_.clear(); }

void Controller::Stop() {
  StopAccepting();
  RequestStop();
  Join();
}

void Controller::Work(const std::stop_token& stop) {
  const observe::Context base = observe::Context(log_).WithStop(stop);
  while (const auto key = queue_.Get()) {
    ProcessOne(base, *key);
    queue_.Done(*key);
    if (options_.on_idle && queue_.idle()) options_.on_idle();
  }
}

void Controller::ProcessOne(const observe::Context& base, const ObjectKey& key) {
  const observe::Context ctx =
      base.WithFields({{options_.gvk.kind, observe::ObjectRef{key.name, key.ns}},
                       {"namespace", key.ns},
                       {"name", key.name},
                       {"reconcileID", uuids_.NewUuid()}});
  metrics_->active_workers.Add(1);
  const auto begin = clock_.Steady();
  const Outcome outcome = Guarded(ctx, key);
  const auto took = clock_.Steady() - begin;
  metrics_->active_workers.Add(-1);
  metrics_->Observe(took);
  if (own_ == nullptr || own_->Get(key) != nullptr) {
    metrics_->Observe(key, took);
  } else {
    metrics_->Remove(key);
  }
  Settle(ctx, key, outcome);
}

Outcome Controller::Guarded(const observe::Context& ctx, const ObjectKey& key) {
  std::string what = "unknown exception";
  try {
    return reconciler_.Reconcile(ctx, key);
  } catch (const std::exception& e) {
    what = e.what();
  } catch (...) {
  }
  metrics_->panics.Add();
  return Outcome::Error(base::Internal(base::Cat("panic: ", what, " [recovered]")));
}

void Controller::Settle(const observe::Context& ctx, const ObjectKey& key, const Outcome& outcome) {
  switch (outcome.kind) {
    case Outcome::Kind::kSuccess:
      queue_.Forget(key);
      metrics_->success.Add();
      break;
    case Outcome::Kind::kRequeue:
      queue_.AddRateLimited(key);
      metrics_->requeue.Add();
      break;
    case Outcome::Kind::kRequeueAfter:
      queue_.Forget(key);
      queue_.AddAfter(key, outcome.after);
      metrics_->requeue_after.Add();
      break;
    case Outcome::Kind::kTerminal:
      queue_.Forget(key);
      metrics_->terminal_errors.Add();
      metrics_->errors.Add();
      metrics_->error.Add();
      ctx.log().Error(outcome.status, "Reconciler error");
      break;
    case Outcome::Kind::kError:
      queue_.AddRateLimited(key, outcome.after);
      if (outcome.status.code() == base::StatusCode::kDeadlineExceeded) metrics_->timeouts.Add();
      metrics_->errors.Add();
      metrics_->error.Add();
      ctx.log().Error(outcome.status, "Reconciler error");
      break;
  }
}

}  // namespace sluice::runtime
