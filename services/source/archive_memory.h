// ArchiveMemory: of each object's artifact the index that tells where in it what lies, so that the
// next one is made by copying (artifact/incremental.h). A cache that may be lost at any time.
// Thread-safe; one object is in one pass at a time.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "api/artifact.h"
#include "artifact/store.h"
#include "base/status.h"
#include "kube/object.h"

namespace sluice::source {

class ArchiveMemory {
 public:
  // One file an object below `directory` (created). `store` outlives this.
  ArchiveMemory(artifact::ArtifactStore& store, std::string directory)
      : store_(store), directory_(std::move(directory)) {}

  struct Former {
    std::string index;  // "" = nothing is known
    std::shared_ptr<artifact::OpenFile> file;
  };
  // `former`: the artifact the status names now, or null. Its bytes are verified.
  Former Recall(const kube::ObjectKey& key, const api::Artifact* former) const;
  // Once the archive is stored as `made`; an empty index is none. Failing to remember costs time
  // only.
  void Remember(const kube::ObjectKey& key, const api::Artifact& made,
                const std::string& index) const;
  void Forget(const kube::ObjectKey& key) const;
  // Removes what `live` does not hold of.
  base::Status Sweep(const std::function<bool(const kube::ObjectKey&)>& live) const;

 private:
  artifact::ArtifactStore& store_;
  const std::string directory_;
};

}  // namespace sluice::source
