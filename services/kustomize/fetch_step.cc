#include "api/conditions.h"
#include "steps.h"

namespace sluice::kustomization {
namespace {

constexpr base::Duration kFirstRetry = std::chrono::milliseconds(500);

}  // namespace

bool FetchStep::Believes(const Attempt& attempt, const Pass& pass) {
  const auto& former = attempt.state.baseline;
  return pass.table != nullptr && pass.news && !pass.full &&
         (!former || former->Recent(pass.started, attempt.spec.interval));
}

// Where all that the last build read is as it was.
bool FetchStep::Unchanged(const Attempt& attempt, Pass& pass, const artifact::PathDigests& paths) {
  const auto& former = attempt.state.baseline;
  if (pass.full || !former || former->generation != pass.generation || !former->HoldsIn(paths)) {
    return false;
  }
  pass.baseline = *former;
  pass.unchanged_inputs = true;
  return true;
}

StepResult FetchStep::Run(Attempt& attempt, Pass& pass, LoadedArtifactPtr& artifact) {
  pass.progress = api::FetchingMessage(pass.artifact.revision, attempt.spec.timeout);
  const bool believes = Believes(attempt, pass);
  if (believes && Unchanged(attempt, pass, *pass.table)) {
    attempt.state.fetch_attempts = 0;
    pass.attempted = true;
    pass.table.reset();
    metrics_.UnchangedByTable();
    return StepResult::Next();
  }
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
  auto path = builder_.FindPath(artifact->tree(), attempt.key, attempt.spec);
  if (!path.ok()) return StepResult::Failed(api::kArtifactFailedReason, path.status());
  pass.path = *std::move(path);
  pass.attempted = true;
  pass.believes_table = believes;
  const auto& former = attempt.state.baseline;
  if (believes && (!former || KnowsAll(*pass.table, former->inputs))) return StepResult::Next();
  const auto paths = artifact->Paths();
  if (!paths.ok()) return StepResult::Failed(api::kArtifactFailedReason, paths.status());
  if (Unchanged(attempt, pass, **paths)) {
    pass.baseline.read_at = pass.started;
    if (pass.table != nullptr) pass.baseline.Learn(*pass.table);
    pass.table.reset();
    metrics_.UnchangedByArtifact();
  }
  return StepResult::Next();
}

}  // namespace sluice::kustomization
