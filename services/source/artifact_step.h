// ArtifactStep: makes the artifact of a commit and stores it (source.md §3.10, §5).
#pragma once

#include "api/source.h"
#include "artifact/path_digests.h"
#include "artifact/store.h"
#include "base/clock.h"
#include "git_source_step.h"
#include "source_status.h"

namespace sluice::source {

class ArtifactStep {
 public:
  ArtifactStep(artifact::ArtifactStore& store, base::Clock& clock) : store_(store), clock_(clock) {}  // outlive this

  // On success the status names the new artifact and `paths` says what lies at each of its paths.
  StepResult Run(const observe::Context& ctx, const artifact::ObjectDirectory& directory, const api::GitRepositorySpec& spec,
                 const Checkout& checkout, SourceStatus& status, artifact::PathDigests& paths);

 private:
  artifact::ArtifactStore& store_;
  base::Clock& clock_;
};

}  // namespace sluice::source
