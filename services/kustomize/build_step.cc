#include "api/conditions.h"
#include "steps.h"

namespace sluice::kustomization {

StepResult BuildStep::Run(Attempt& attempt, Pass& pass, const LoadedArtifact& artifact) {
  pass.progress = api::BuildingMessage(pass.artifact.revision, attempt.spec.timeout);
  auto built = builder_.Build(artifact.tree(), pass.path, attempt.key, attempt.spec);
  if (!built.ok()) return StepResult::Failed(api::kBuildFailedReason, built.status());
  pass.baseline.generation = pass.generation;
  pass.baseline.build_digest = std::move(built->digest);
  pass.baseline.inputs = std::move(built->inputs);
  // A table that knows all that was read saves digesting the whole artifact.
  if (pass.believes_table && KnowsAll(*pass.table, pass.baseline.inputs)) {
    pass.baseline.inputs_key = InputsKey(*pass.table, pass.baseline.inputs);
  } else {
    const auto paths = artifact.Paths();
    if (!paths.ok()) return StepResult::Failed(api::kArtifactFailedReason, paths.status());
    pass.baseline.inputs_key = InputsKey(**paths, pass.baseline.inputs);
  }
  pass.baseline.read_at = pass.started;
  if (pass.table != nullptr) pass.baseline.Learn(*pass.table);
  pass.table.reset();
  for (const auto& object : built->objects) {
    const auto ref = apply::ObjectRef::Of(object);
    if (ref.gk.group == "batch" && ref.gk.kind == "Job" &&
        object["spec"].Find("ttlSecondsAfterFinished") != nullptr) {
      pass.ttl_jobs.push_back(ref);
    }
  }
  pass.objects = std::move(built->objects);
  return StepResult::Next();
}

}  // namespace sluice::kustomization
