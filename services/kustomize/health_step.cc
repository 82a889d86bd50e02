#include <algorithm>

#include "api/conditions.h"
#include "steps.h"

namespace sluice::kustomization {
namespace {

using Clock = std::chrono::steady_clock;

}  // namespace

std::vector<apply::ObjectRef> HealthStep::Targets(const Attempt& attempt, const Pass& pass) const {
  std::vector<apply::ObjectRef> out;
  if (attempt.spec.wait) {
    for (const auto& change : pass.changes.changes()) {
      if (change.action != apply::Action::kSkipped) out.push_back(change.object);
    }
    if (pass.unchanged_inputs) out = pass.inventory.entries();
  } else {
    for (const auto& check : attempt.spec.health_checks) {
      const auto gvk = kube::GroupVersionKind::FromApiVersion(check.api_version, check.kind);
      out.push_back({gvk.ToGroupKind(), {check.ns, check.name}, gvk.version});
    }
  }
  std::erase_if(out, [&](const apply::ObjectRef& ref) {
    return ref.gk.kind == api::kKustomizationKind &&
           ref.gk.group == "kustomize.toolkit.fluxcd.io" && ref.key == attempt.key;
  });
  return out;
}

StepResult HealthStep::Run(Attempt& attempt, Pass& pass) {
  if (!Wanted(attempt.spec)) return StepResult::Next();
  const bool first = pass.health == nullptr;
  if (first) {
    auto targets = Targets(attempt, pass);
    if (targets.empty()) return StepResult::Next();
    pass.progress = api::HealthCheckingMessage(pass.artifact.revision, attempt.spec.timeout);
    apply::HealthOptions options;
    options.timeout = attempt.spec.timeout;
    options.fail_fast = fail_fast_;
    pass.health =
        apply::HealthCheck::Start(client_, live_, std::move(targets), pass.ttl_jobs, options,
                                  [wake = wake_, key = attempt.key] { wake(key); });
  }
  // From here on a change wakes the pass, also one between this look and the return of the worker.
  attempt.state.parked = true;
  const auto verdict = pass.health->Evaluate(attempt.ctx);
  switch (verdict.state) {
    case apply::HealthVerdict::State::kPassed:
      break;
    case apply::HealthVerdict::State::kFailed:
      return StepResult::Failed(api::kHealthCheckFailedReason, verdict.status);
    case apply::HealthVerdict::State::kWaiting: {
      if (first) {
        if (const auto status = reporter_.CheckingHealth(attempt, pass); !status.ok()) {
          return StepResult::Failed(api::kReconciliationFailedReason,
                                    status.Wrap("failed to update status"));
        }
      }
      return StepResult::Parked(std::max<base::Duration>(pass.health->deadline() - Clock::now(),
                                                         std::chrono::milliseconds(1)));
    }
  }
  pass.healthy_now = true;
  if (!pass.was_healthy || pass.changes.Changed()) {
    reporter_.PassEvent(attempt, pass, api::EventSeverity::kInfo, api::kProgressingReason,
                        api::HealthCheckPassedMessage(Clock::now() - pass.health->started()));
  }
  return StepResult::Next();
}

}  // namespace sluice::kustomization
