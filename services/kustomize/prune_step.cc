#include "api/conditions.h"
#include "api/meta.h"
#include "apply/pruner.h"
#include "base/strings.h"
#include "steps.h"

namespace sluice::kustomization {

StepResult PruneStep::Run(Attempt& attempt, Pass& pass) {
  if (!attempt.spec.prune) return StepResult::Next();
  auto stale = pass.old_inventory.Minus(pass.inventory);
  if (stale.empty()) return StepResult::Next();
  apply::PruneOptions options;
  options.owner_group = api::kKustomizeGroup;
  options.owner = attempt.key;
  auto result = apply::Prune(attempt.ctx, *attempt.target, std::move(stale), options);
  for (auto& ref : result.kept) pass.inventory.Add(std::move(ref));
  pass.pruned = pass.pruned || result.changes.Changed();
  if (!result.changes.empty()) {
    const std::string lines = result.changes.Lines(false);
    reporter_.PassEvent(attempt, pass, api::EventSeverity::kInfo, api::kProgressingReason, lines);
    attempt.ctx.log().Info(base::Cat("garbage collection completed: ", lines),
                           {{"revision", pass.artifact.revision}});
  }
  if (!result.status.ok()) return StepResult::Failed(api::kPruneFailedReason, result.status);
  return StepResult::Next();
}

}  // namespace sluice::kustomization
