#include "api/conditions.h"
#include "steps.h"

namespace sluice::kustomization {
namespace {

constexpr base::Duration kFirstRetry = std::chrono::milliseconds(500);

}  // namespace

StepResult FetchStep::Run(Attempt& attempt, Pass& pass, LoadedArtifactPtr& artifact) {
  pass.progress = api::FetchingMessage(pass.artifact.revision, attempt.spec.timeout);
  auto loaded = artifacts_.Get(attempt.ctx, pass.artifact);
  if (!loaded.ok()) {
    const bool transport = loaded.status().code() == base::StatusCode::kUnavailable ||
                           loaded.status().code() == base::StatusCode::kDeadlineExceeded;
    // A source that restarts is no failure yet.
    if (transport && attempt.state.fetch_attempts < attempts_) {
      return StepResult::RetrySoon(kFirstRetry *
                                   (1 << std::min(attempt.state.fetch_attempts++, 5)));
    }
    attempt.state.fetch_attempts = 0;
    auto failed = StepResult::Failed(api::kArtifactFailedReason, loaded.status());
    failed.artifact_gone = loaded.status().code() == base::StatusCode::kNotFound;
    return failed;
  }
  attempt.state.fetch_attempts = 0;
  artifact = *std::move(loaded);
  auto path = builder_.FindPath(*artifact->tree, attempt.key, attempt.spec);
  if (!path.ok()) return StepResult::Failed(api::kArtifactFailedReason, path.status());
  pass.path = *std::move(path);
  pass.attempted = true;
  const auto& baseline = attempt.state.baseline;
  if (!pass.full && baseline && baseline->generation == pass.generation &&
      InputsKey(artifact->paths, baseline->inputs) == baseline->inputs_key) {
    pass.unchanged_inputs = true;
    pass.build_digest = baseline->build_digest;
    pass.inputs_key = baseline->inputs_key;
    pass.inputs = baseline->inputs;
  }
  return StepResult::Next();
}

}  // namespace sluice::kustomization
