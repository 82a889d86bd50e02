// StorageStep: collects garbage, and finds out whether the artifact that the status names is still
// there and whole (source.md §3.3).
#pragma once

#include "artifact/store.h"
#include "kube/object.h"
#include "runtime/event_recorder.h"
#include "source_status.h"

namespace sluice::source {

class StorageStep {
 public:
  StorageStep(artifact::ArtifactStore& store, runtime::EventRecorder& events)
      : store_(store), events_(events) {}  // outlive this

  StepResult Run(const artifact::ObjectDirectory& directory, SourceStatus& status);

 private:
  // True if the file is there with its digest.
  bool Verify(const api::Artifact& artifact, SourceStatus& status);
  artifact::ArtifactStore& store_;
  runtime::EventRecorder& events_;
};

}  // namespace sluice::source
