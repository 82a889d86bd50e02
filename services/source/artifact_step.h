// ArtifactStep: stores what a kind produced and names it in the status (source.md §3.10). For every
// kind. Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "artifact/store.h"
#include "base/clock.h"
#include "observe/context.h"
#include "runtime/event_recorder.h"
#include "source_status.h"

namespace sluice::source {

struct ArtifactRequest {
  artifact::ObjectDirectory directory;
  std::string file;  // "<40 hex>.tar.gz"
  std::string revision;
  std::map<std::string, std::string> metadata{};
  std::string_view failure = "unable to archive artifact to storage";  // what an error begins with
  std::string latest{};  // name of the link in status.url ("latest.tar.gz"); "" = none
};

class ArtifactStep {
 public:
  // They outlive this.
  ArtifactStep(artifact::ArtifactStore& store, runtime::EventRecorder& events, base::Clock& clock)
      : store_(store), events_(events), clock_(clock) {}

  using Produce = std::function<base::Result<artifact::ArchiveSummary>(artifact::ByteSink)>;
  // On success the status names the new artifact, and `summary` says what it holds. On failure the
  // old one stays, and StorageOperationFailed says why. The context is checked at each piece
  // written.
  StepResult Run(const observe::Context& ctx, const ArtifactRequest& request, SourceStatus& status,
                 const Produce& produce, artifact::ArchiveSummary& summary);
  // The same for content that is stored already, under another name: no byte is copied. The error
  // is the store's, and changes nothing.
  base::Status Share(const observe::Context& ctx, const ArtifactRequest& request,
                     std::string_view existing, const std::string& digest, SourceStatus& status);

 private:
  void Name(const observe::Context& ctx, const ArtifactRequest& request, const std::string& digest,
            uint64_t size, SourceStatus& status);
  artifact::ArtifactStore& store_;
  runtime::EventRecorder& events_;
  base::Clock& clock_;
};

}  // namespace sluice::source
