// GitArchiveStep: a commit's files as an archive. Of a plain commit it remembers where in the
// archive what lies, so that the next one of the same object is made by copying all that did not
// change (artifact/incremental.h). Thread-safe; one object is in one pass at a time.
#pragma once

#include <string>

#include "api/artifact.h"
#include "archive_memory.h"
#include "artifact/incremental.h"
#include "artifact/store.h"
#include "git/mirror.h"
#include "kube/object.h"

namespace sluice::source {

class GitArchiveStep {
 public:
  // Indexes live below `directory` (created), one file an object: a cache that may be lost at any
  // time.
  GitArchiveStep(artifact::ArtifactStore& store, std::string directory)
      : memory_(store, std::move(directory)) {}

  struct Result {
    artifact::ArchiveSummary summary;
    std::string index;  // for Remember
  };
  // `former`: the artifact the status names now, or null.
  base::Result<Result> Run(const kube::ObjectKey& key, const git::MirrorSession& session,
                           const git::CommitInfo& commit, std::string_view spec_ignore,
                           const api::Artifact* former, const artifact::ArchiveLimits& limits,
                           artifact::ByteSink sink) const;
  // Once the archive is stored as `made`. Failing to remember costs time only.
  void Remember(const kube::ObjectKey& key, const api::Artifact& made,
                const std::string& index) const {
    memory_.Remember(key, made, index);
  }
  void Forget(const kube::ObjectKey& key) const { memory_.Forget(key); }
  // Removes what `live` does not hold of.
  base::Status Sweep(const std::function<bool(const kube::ObjectKey&)>& live) const {
    return memory_.Sweep(live);
  }

 private:
  const ArchiveMemory memory_;
};

}  // namespace sluice::source
