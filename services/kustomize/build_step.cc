#include "api/conditions.h"
#include "steps.h"

namespace sluice::kustomization {

StepResult BuildStep::Run(Attempt& attempt, Pass& pass, const LoadedArtifact& artifact) {
  pass.progress = api::BuildingMessage(pass.artifact.revision, attempt.spec.timeout);
  auto built = builder_.Build(*artifact.tree, pass.path, attempt.key, attempt.spec);
  if (!built.ok()) return StepResult::Failed(api::kBuildFailedReason, built.status());
  pass.build_digest = std::move(built->digest);
  pass.inputs = std::move(built->inputs);
  pass.inputs_key = InputsKey(artifact.paths, pass.inputs);
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
