#include "kustomization_reconciler.h"

#include <algorithm>
#include <utility>

#include "api/conditions.h"
#include "api/external_artifact.h"
#include "api/meta.h"
#include "base/strings.h"
#include "runtime/jitter.h"

namespace sluice::kustomization {
namespace {

using base::Status;
using document::Value;
using runtime::Outcome;

constexpr base::Duration kUnsettledPatience = std::chrono::seconds(5);
constexpr base::Duration kFirstDriftDelay = std::chrono::seconds(1);
constexpr base::Duration kMaxDriftDelay = std::chrono::minutes(1);
constexpr base::Duration kYield = std::chrono::milliseconds(5);
// a status is not late for longer than that
constexpr base::Duration kMaxHold = std::chrono::milliseconds(200);
constexpr int kFullEvery = 6;  // intervals between two passes that take nothing for granted

// A status patch that failed on a conflict or an unreachable API server is tried again soon; the
// work itself is not repeated in vain, since unchanged objects cost nothing.
Outcome StatusFailure(const Status& status) {
  if (status.code() == base::StatusCode::kNotFound) return Outcome::Success();  // deleted meanwhile
  return Outcome::Error(status.Wrap("failed to update status"));
}

}  // namespace

bool KustomizationReconciler::Touch(const kube::ObjectKey& owner,
                                    apply::LiveObjects::Change change) {
  const auto state = parts_.states.Find(owner);
  if (state == nullptr) return false;
  if (state->parked) return true;
  if (change != apply::LiveObjects::Change::kOurs) return false;
  return !state->touched.exchange(true) && !state->working;
}

Outcome KustomizationReconciler::Reconcile(const observe::Context& ctx,
                                           const kube::ObjectKey& key) {
  const kube::ObjectPtr object = parts_.kustomizations.Get(key);
  if (object == nullptr) {
    parts_.states.Drop(key);
    return Outcome::Success();
  }
  const auto state = parts_.states.Of(key);
  auto spec = api::KustomizationSpec::Of(*object);
  Attempt attempt{ctx,    key,    object, spec.ok() ? *std::move(spec) : api::KustomizationSpec(),
                  *state, nullptr};
  attempt.target = &parts_.clients.For(key.ns, attempt.spec);
  if (!state->interrupted_since)
    state->interrupted_since = Reporter::InterruptedSince(*object, attempt.spec);
  if (kube::IsBeingDeleted(attempt.object())) {
    const Outcome outcome = parts_.finalizer.Run(attempt);
    if (outcome.kind == Outcome::Kind::kSuccess) parts_.states.Drop(key);
    return outcome;
  }
  if (!spec.ok()) return Refuse(attempt, api::kReconciliationFailedReason, spec.status().message());
  return Work(attempt);
}

Outcome KustomizationReconciler::Refuse(Attempt& attempt, std::string_view reason,
                                        const std::string& message) {
  attempt.state.pass.reset();
  attempt.state.parked = false;
  const auto before = api::GetCondition(attempt.object(), api::kStalled);
  const bool known = before && before->reason == reason && before->message == message &&
                     before->observed_generation == kube::GenerationOf(attempt.object());
  if (const Status status = parts_.reporter.NotReady(attempt, reason, message, /*stalled=*/true);
      !status.ok()) {
    return StatusFailure(status);
  }
  if (!known) parts_.reporter.Event(attempt, api::EventSeverity::kError, reason, message, {});
  return Outcome::Success();
}

Outcome KustomizationReconciler::WithoutSource(Attempt& attempt, const Sources::Found& found) {
  const auto& source = attempt.spec.source;
  attempt.state.pass.reset();
  attempt.state.parked = false;
  std::string message;
  base::Duration retry = attempt.spec.retry_interval;
  if (!parts_.sources.Supports(source.kind)) {
    message = base::Cat("source `", source.name, "` kind '", source.kind, "' not supported");
  } else if (!found.exists) {
    message = base::Cat(source.kind, ".source.toolkit.fluxcd.io \"", source.name, "\" not found");
    const bool own = source.ns == attempt.key.ns;
    attempt.ctx.log().Info(base::Cat("Source '", source.kind, "/", own ? "" : source.ns + "/",
                                     source.name, "' not found"));
  } else {
    retry = settings_.requeue_dependency;
    message = api::ArtifactMissingMessage(retry);
  }
  if (const Status status =
          parts_.reporter.NotReady(attempt, api::kArtifactFailedReason, message, /*stalled=*/false);
      !status.ok()) {
    return StatusFailure(status);
  }
  return Outcome::RequeueAfter(retry);
}

Outcome KustomizationReconciler::Work(Attempt& attempt) {
  const auto& spec = attempt.spec;
  if (spec.suspend) {
    attempt.state.pass.reset();
    attempt.state.parked = false;
    attempt.ctx.log().Info("Reconciliation is suspended for this object");
    const Status status = parts_.reporter.Acknowledge(attempt);
    return status.ok() ? Outcome::Success() : StatusFailure(status);
  }
  if (!spec.unsupported.empty())
    return Refuse(attempt, api::kUnsupportedReason, api::UnsupportedMessage(spec.unsupported));
  if (settings_.no_cross_namespace_refs && spec.source.ns != attempt.key.ns) {
    return Refuse(attempt, api::kAccessDeniedReason, api::CrossNamespaceDeniedMessage(spec.source));
  }
  if (spec.source.kind == api::kExternalArtifactKind &&
      !parts_.sources.Supports(spec.source.kind)) {
    return Refuse(attempt, api::kAccessDeniedReason,
                  base::Cat("can't access '", SourceKey(spec.source), "', ",
                            api::kExternalArtifactKind, " feature gate is disabled"));
  }
  const auto found = parts_.sources.Get(spec.source);
  if (!found.artifact) return WithoutSource(attempt, found);
  if (ResumesParked(attempt, found)) return RunPass(attempt, std::move(attempt.state.pass));
  const Cause cause = WhyRun(attempt, found);
  if (!cause.any) return Outcome::RequeueAfter(cause.wait);
  if (!spec.depends_on.empty()) {
    const auto verdict = dependencies_.Check(spec, found.artifact->revision);
    if (!verdict.status.ok()) return AwaitDependencies(attempt, verdict, found.artifact->revision);
    attempt.state.waits_for_dependency = false;
    attempt.state.dependency_since.reset();
    attempt.ctx.log().Info("All dependencies are ready, proceeding with reconciliation");
  }
  return RunPass(attempt, NewPass(attempt, found, cause));
}

// A parked pass goes on while what it is about has not changed; else it is dropped, and if it was
// waiting for health, says so.
bool KustomizationReconciler::ResumesParked(Attempt& attempt, const Sources::Found& found) {
  State& state = attempt.state;
  if (state.pass == nullptr) return false;
  const Pass& pass = *state.pass;
  const bool same_spec = pass.generation == kube::GenerationOf(attempt.object());
  const bool same_source = pass.artifact.revision == found.artifact->revision &&
                           pass.artifact.digest == found.artifact->digest;
  const bool waits_for_health = pass.step == Pass::Step::kHealth;
  if (same_spec && (same_source || (waits_for_health && !settings_.cancel_health_on_new_revision)))
    return true;
  if (waits_for_health) {
    const api::CrossNamespaceSourceRef trigger =
        same_spec ? attempt.spec.source
                  : api::CrossNamespaceSourceRef{std::string(api::kKustomizationKind),
                                                 attempt.key.ns, attempt.key.name};
    parts_.reporter.PassEvent(attempt, pass, api::EventSeverity::kInfo,
                              api::kHealthCheckCanceledReason,
                              api::HealthCheckCanceledMessage(trigger));
  }
  state.pass.reset();
  state.parked = false;
  return false;
}

bool KustomizationReconciler::Drifted(const State& state) const {
  return std::ranges::any_of(state.memory,
                             [&](const auto& entry) { return !entry.second.Matches(parts_.live); });
}

KustomizationReconciler::Cause KustomizationReconciler::WhyRun(const Attempt& attempt,
                                                               const Sources::Found& found) {
  State& state = attempt.state;
  Cause cause;
  const auto now = parts_.clock.Steady();
  const auto finished = state.finished();
  const bool touched = state.touched.exchange(false);
  const std::string requested(api::RequestedAt(attempt.object()));
  if (!finished || state.waits_for_dependency) {
    cause.any = true;
    cause.requested = api::HasPendingRequest(attempt.object());
    cause.news = cause.requested || state.waits_for_dependency;
    return cause;
  }
  cause.requested = !requested.empty() && requested != finished->requested_at;
  cause.news = cause.requested || finished->generation != kube::GenerationOf(attempt.object()) ||
               finished->revision != found.artifact->revision ||
               finished->artifact_digest != found.artifact->digest;
  cause.interval = now >= finished->due;
  if (touched && finished->ok && Drifted(state)) {
    if (now >= state.drift_next) {
      cause.drift = true;
    } else {
      state.touched = true;  // two writers fight: looked at again when the pause is over
      cause.wait = state.drift_next - now;
    }
  }
  cause.any = cause.news || cause.interval || cause.drift;
  const base::Duration due = finished->due - now;
  cause.wait = cause.wait > base::Duration::zero() ? std::min(cause.wait, due) : due;
  return cause;
}

Outcome KustomizationReconciler::AwaitDependencies(Attempt& attempt,
                                                   const Dependencies::Verdict& verdict,
                                                   const std::string& revision) {
  State& state = attempt.state;
  state.waits_for_dependency = true;
  const auto now = parts_.clock.Steady();
  if (!state.dependency_since) state.dependency_since = now;
  // A dependency that is being worked on in this very moment wakes us when it is done: nothing to
  // tell yet.
  const base::Duration patience = *state.dependency_since + kUnsettledPatience - now;
  if (!verdict.settled && patience > base::Duration::zero()) return Outcome::RequeueAfter(patience);
  const std::string shown = base::Cat(verdict.status.message(), "@", revision, "#",
                                      std::to_string(kube::GenerationOf(attempt.object())));
  if (const Status status = parts_.reporter.NotReady(attempt, api::kDependencyNotReadyReason,
                                                     verdict.status.message(), false);
      !status.ok()) {
    return StatusFailure(status);
  }
  if (state.last_dependency_error != shown) {
    state.last_dependency_error = shown;
    const std::string message = api::DependencyRetryMessage(settings_.requeue_dependency);
    attempt.ctx.log().Info(message);
    parts_.reporter.Event(attempt, api::EventSeverity::kInfo, api::kDependencyNotReadyReason,
                          message, {{std::string(api::kKustomizeRevisionKey), revision}});
  }
  return Outcome::RequeueAfter(settings_.requeue_dependency);
}

std::unique_ptr<Pass> KustomizationReconciler::NewPass(const Attempt& attempt,
                                                       const Sources::Found& found,
                                                       const Cause& cause) {
  State& state = attempt.state;
  auto pass = std::make_unique<Pass>();
  pass->artifact = *found.artifact;
  pass->origin_revision = found.origin_revision;
  pass->table = found.table;
  pass->news = cause.news;
  pass->requested_at = api::RequestedAt(attempt.object());
  pass->generation = kube::GenerationOf(attempt.object());
  pass->started = parts_.clock.Steady();
  pass->was_healthy = api::ConditionIs(attempt.object(), api::kHealthy, api::kTrue);
  if (cause.interval && !cause.news && ++state.interval_runs % kFullEvery == 0) pass->full = true;
  if (cause.requested) pass->full = true;
  state.touched = false;  // what moves from here on is compared at the end
  const auto finished = state.finished();
  // Objects that moved, or a last pass that did not get through, are not to be taken as they were.
  if (cause.drift || !finished || !finished->ok) state.baseline.reset();
  if (cause.drift) {
    const auto now = parts_.clock.Steady();
    const bool again =
        now < state.drift_next + kMaxDriftDelay && state.drift_delay > base::Duration::zero();
    state.drift_delay = again ? std::min(state.drift_delay * 2, kMaxDriftDelay) : kFirstDriftDelay;
    state.drift_next = now + (again ? state.drift_delay : base::Duration::zero());
  }
  return pass;
}

StepResult KustomizationReconciler::RunSteps(Attempt& attempt, Pass& pass) {
  LoadedArtifactPtr artifact;
  for (;;) {
    StepResult result;
    switch (pass.step) {
      case Pass::Step::kFetch: {
        auto inventory = apply::Inventory::FromStatus(attempt.object()["status"]["inventory"]);
        if (!inventory.ok())
          return StepResult::Failed(api::kReconciliationFailedReason, inventory.status());
        pass.old_inventory = *std::move(inventory);
        pass.inventory = pass.old_inventory;
        result = parts_.fetch.Run(attempt, pass, artifact);
        if (pass.unchanged_inputs && !std::exchange(pass.yielded, true)) {
          // Only the status is left to write. Queued again behind those that have something to
          // apply.
          pass.step = Pass::Step::kPrune;
          return StepResult::Parked(kYield);
        }
        break;
      }
      case Pass::Step::kBuild:
        if (!pass.unchanged_inputs) result = parts_.build.Run(attempt, pass, *artifact);
        break;
      case Pass::Step::kApply:
        if (!pass.unchanged_inputs) result = parts_.apply.Run(attempt, pass);
        break;
      case Pass::Step::kPrune:
        if (!pass.unchanged_inputs) result = parts_.prune.Run(attempt, pass);
        break;
      case Pass::Step::kHealth:
        result = parts_.health.Run(attempt, pass);
        break;
      case Pass::Step::kDone:
        return StepResult::Next();
    }
    if (result.state != StepResult::State::kNext) return result;
    pass.step = static_cast<Pass::Step>(static_cast<int>(pass.step) + 1);
  }
}

Outcome KustomizationReconciler::RunPass(Attempt& attempt, std::unique_ptr<Pass> pass) {
  State& state = attempt.state;
  if (pass->unchanged_inputs && pass->step == Pass::Step::kPrune) {
    const auto left = pass->started + kMaxHold - parts_.clock.Steady();
    if (left > base::Duration::zero() && parts_.precedence.HoldBack(attempt.key)) {
      state.pass = std::move(pass);
      state.parked = true;
      return Outcome::RequeueAfter(left);
    }
  }
  const Precedence::Turn turn(pass->unchanged_inputs ? nullptr : &parts_.precedence);
  const observe::Context whole = attempt.ctx;
  attempt.ctx = whole.WithTimeout(attempt.spec.timeout);
  state.working = true;
  const StepResult result = RunSteps(attempt, *pass);
  state.working = false;
  attempt.ctx = whole;
  if (result.state == StepResult::State::kParked) {
    state.pass = std::move(pass);
    state.parked = true;
    return Outcome::RequeueAfter(result.retry_after);
  }
  state.parked = false;
  if (result.state == StepResult::State::kRetrySoon) {
    state.touched = true;
    return Outcome::RequeueAfter(result.retry_after);
  }
  return result.state == StepResult::State::kFailed ? FinishFailed(attempt, *pass, result)
                                                    : FinishOk(attempt, *pass);
}

Outcome KustomizationReconciler::Settle(Attempt& attempt, const Pass& pass, bool ok,
                                        base::Duration next) {
  State& state = attempt.state;
  Finished finished;
  finished.generation = pass.generation;
  finished.revision = pass.artifact.revision;
  finished.artifact_digest = pass.artifact.digest;
  finished.requested_at = pass.requested_at;
  finished.ok = ok;
  finished.due = parts_.clock.Steady() + next;
  state.Finish(std::move(finished));
  if (ok) state.baseline = pass.baseline;
  if (ok && state.touched && Drifted(state))
    return Outcome::RequeueAfter(std::chrono::milliseconds(1));
  return Outcome::RequeueAfter(next);
}

Outcome KustomizationReconciler::FinishFailed(Attempt& attempt, const Pass& pass,
                                              const StepResult& result) {
  if (attempt.ctx.done()) return Outcome::Requeue();  // the process stops
  if (result.artifact_gone) {
    const std::string message = api::ArtifactGoneMessage(settings_.requeue_dependency);
    const Status status =
        parts_.reporter.NotReady(attempt, api::kArtifactFailedReason, message, false);
    if (!status.ok()) return StatusFailure(status);
    return Outcome::RequeueAfter(settings_.requeue_dependency);
  }
  const auto took = parts_.clock.Steady() - pass.started;
  attempt.ctx.log().Error(
      result.status,
      base::Cat("Reconciliation failed after ", base::FormatDuration(took), ", next try in ",
                base::FormatDuration(attempt.spec.retry_interval)),
      {{"revision", pass.artifact.revision}});
  const Status status = parts_.reporter.Failed(attempt, pass, result.reason, result.status);
  if (!status.ok()) return StatusFailure(status);
  return Settle(attempt, pass, /*ok=*/false, attempt.spec.retry_interval);
}

// The object says already all that this pass found, and the pass changed nothing.
bool KustomizationReconciler::NothingToTell(const Attempt& attempt, const Pass& pass) const {
  const Value& status = attempt.object()["status"];
  const auto inventory = apply::Inventory::FromStatus(status["inventory"]);
  return !pass.announced && !pass.changes.Changed() && !pass.pruned &&
         !api::HasPendingRequest(attempt.object()) && api::HasFinalizer(attempt.object()) &&
         api::IsReady(attempt.object()) &&
         api::ObservedGeneration(attempt.object()) == pass.generation &&
         status["lastAppliedRevision"].AsString() == pass.artifact.revision && inventory.ok() &&
         *inventory == pass.inventory &&
         HealthStep::Wanted(attempt.spec) == api::HasCondition(attempt.object(), api::kHealthy);
}

Outcome KustomizationReconciler::FinishOk(Attempt& attempt, Pass& pass) {
  const auto interval =
      runtime::Jitter(attempt.spec.interval, settings_.interval_jitter_percentage, parts_.random);
  if (NothingToTell(attempt, pass)) return Settle(attempt, pass, /*ok=*/true, interval);
  const Status status = parts_.reporter.Succeeded(attempt, pass, pass.healthy_now);
  if (!status.ok()) return StatusFailure(status);
  const auto took = parts_.clock.Steady() - pass.started;
  const std::string message = api::ReconciliationFinishedMessage(took, attempt.spec.interval);
  attempt.ctx.log().Info(message, {{"revision", pass.artifact.revision}});
  auto metadata = pass.EventMetadata();
  metadata[std::string(api::kKustomizeCommitStatusKey)] = "update";
  parts_.reporter.Event(attempt, api::EventSeverity::kInfo, api::kReconciliationSucceededReason,
                        message, metadata);
  return Settle(attempt, pass, /*ok=*/true, interval);
}

}  // namespace sluice::kustomization
