// The steps of a pass, one class each, in the order they run. A step reads and fills the Pass and
// says how it ended; it writes to the status only where the pass must be visible before it goes on.
// Thread-safe.
#pragma once

#include <functional>

#include "apply/live.h"
#include "artifact_cache.h"
#include "attempt.h"
#include "builder.h"
#include "metrics.h"
#include "reporter.h"

namespace sluice::kustomization {

// Gets the artifact and finds the path in it; notices when nothing the last build read has changed:
// before it gets anything, where the source's table of paths came with the revision.
class FetchStep {
 public:
  FetchStep(ArtifactCache& artifacts, Builder& builder, Metrics& metrics, int attempts)
      : artifacts_(artifacts), builder_(builder), metrics_(metrics), attempts_(attempts) {}
  StepResult Run(Attempt& attempt, Pass& pass, LoadedArtifactPtr& artifact);

 private:
  // The source's table counts for a new revision only, and not where the bytes were last read an
  // interval ago: an interval's pass, a request and a drift read them as ever.
  static bool Believes(const Attempt& attempt, const Pass& pass);
  static bool Unchanged(const Attempt& attempt, Pass& pass, const artifact::PathDigests& paths);

  ArtifactCache& artifacts_;
  Builder& builder_;
  Metrics& metrics_;
  const int attempts_;
};

class BuildStep {
 public:
  explicit BuildStep(Builder& builder) : builder_(builder) {}
  StepResult Run(Attempt& attempt, Pass& pass, const LoadedArtifact& artifact);

 private:
  Builder& builder_;
};

struct ApplySettings {
  std::vector<kube::GroupKind> custom_stage;
  std::vector<std::string> override_managers;
  size_t concurrency = 4;
};

class ApplyStep {
 public:
  ApplyStep(apply::LiveObjects& live, Reporter& reporter, ApplySettings settings)
      : live_(live), reporter_(reporter), settings_(std::move(settings)) {}
  StepResult Run(Attempt& attempt, Pass& pass);

 private:
  std::unique_ptr<apply::Applier> MakeApplier(Attempt& attempt, Pass& pass);
  base::Status Announce(Attempt& attempt, Pass& pass, const apply::Inventory& planned);

  apply::LiveObjects& live_;
  Reporter& reporter_;
  const ApplySettings settings_;
};

class PruneStep {
 public:
  explicit PruneStep(Reporter& reporter) : reporter_(reporter) {}
  StepResult Run(Attempt& attempt, Pass& pass);

 private:
  Reporter& reporter_;
};

class HealthStep {
 public:
  using Wake = std::function<void(const kube::ObjectKey&)>;
  HealthStep(kube::Client& client, apply::LiveObjects& live, Reporter& reporter, bool fail_fast,
             Wake wake)
      : client_(client),
        live_(live),
        reporter_(reporter),
        fail_fast_(fail_fast),
        wake_(std::move(wake)) {}
  StepResult Run(Attempt& attempt, Pass& pass);
  static bool Wanted(const api::KustomizationSpec& spec) {
    return spec.wait || !spec.health_checks.empty();
  }

 private:
  std::vector<apply::ObjectRef> Targets(const Attempt& attempt, const Pass& pass) const;

  kube::Client& client_;
  apply::LiveObjects& live_;
  Reporter& reporter_;
  const bool fail_fast_;
  const Wake wake_;
};

// Fields of objects the steps share.
apply::ApplyOptions OptionsOf(const api::KustomizationSpec& spec, const ApplySettings& settings);

}  // namespace sluice::kustomization
