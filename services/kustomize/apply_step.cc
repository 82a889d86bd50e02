#include "api/conditions.h"
#include "api/meta.h"
#include "steps.h"

namespace sluice::kustomization {
namespace {

using base::Status;

bool Covers(const apply::Inventory& inventory, const apply::Inventory& other) {
  return other.Minus(inventory).empty();
}

}  // namespace

apply::ApplyOptions OptionsOf(const api::KustomizationSpec& spec, const ApplySettings& settings) {
  apply::ApplyOptions options;
  options.field_manager = api::kKustomizeController;
  options.owner_group = api::kKustomizeGroup;
  options.force = spec.force;
  options.custom_stage = settings.custom_stage;
  options.override_managers = settings.override_managers;
  options.concurrency = settings.concurrency;
  for (const auto& rule : spec.ignore) {
    options.ignore.push_back({rule.paths, rule.group, rule.version, rule.kind, rule.ns, rule.name,
                              rule.label_selector, rule.annotation_selector});
  }
  return options;
}

// Before the first write: the finalizer is on, and every id the pass may create is in the
// inventory, so that a crash orphans nothing.
Status ApplyStep::Announce(Attempt& attempt, Pass& pass, const apply::Inventory& planned) {
  if (pass.announced) return base::OkStatus();
  if (api::HasFinalizer(attempt.object()) && Covers(pass.old_inventory, planned))
    return base::OkStatus();
  apply::Inventory covering = planned;
  covering.Merge(pass.old_inventory);
  SLUICE_TRY(reporter_.Running(attempt, pass, covering));
  pass.announced = true;
  return base::OkStatus();
}

std::unique_ptr<apply::Applier> ApplyStep::MakeApplier(Attempt& attempt, Pass& pass) {
  if (pass.full) attempt.state.memory.clear();
  apply::ApplyOptions options = OptionsOf(attempt.spec, settings_);
  options.resumes_since = attempt.state.interrupted_since.value_or("");
  return apply::Applier::Make(*attempt.target, live_, attempt.state.memory, std::move(pass.objects),
                              std::move(options));
}

StepResult ApplyStep::Run(Attempt& attempt, Pass& pass) {
  pass.progress = api::DetectingDriftMessage(pass.artifact.revision, attempt.spec.timeout);
  if (pass.applier == nullptr) pass.applier = MakeApplier(attempt, pass);
  pass.applier->OnFirstWrite([this, &attempt, &pass](const apply::Inventory& planned) {
    return Announce(attempt, pass, planned);
  });
  const auto result = pass.applier->Run(attempt.ctx);
  if (result.state == apply::ApplyState::kWaiting) return StepResult::Parked(result.retry_after);
  pass.changes = pass.applier->changes();
  pass.inventory = pass.changes.ToInventory();
  pass.applier.reset();
  attempt.state.interrupted_since = "";
  if (result.state == apply::ApplyState::kFailed) {
    // What was there stays ours, what was made before the failure is ours too.
    apply::Inventory kept = pass.old_inventory;
    kept.Merge(pass.inventory);
    pass.inventory = std::move(kept);
    return StepResult::Failed(api::kReconciliationFailedReason, result.status);
  }
  if (pass.changes.Changed()) {
    reporter_.PassEvent(attempt, pass, api::EventSeverity::kInfo, api::kProgressingReason,
                        pass.changes.Lines(true));
    attempt.ctx.log().Info("server-side apply completed", {{"output", pass.changes.Lines(true)},
                                                           {"revision", pass.artifact.revision}});
  }
  return StepResult::Next();
}

}  // namespace sluice::kustomization
