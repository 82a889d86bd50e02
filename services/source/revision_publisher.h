// RevisionPublisher: tells the bus of every artifact as soon as it is stored, and serves artifacts by digest. Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "api/artifact.h"
#include "artifact/path_digests.h"
#include "artifact/store.h"
#include "bus/bus.h"
#include "bus/source.h"
#include "document/value.h"
#include "observe/mutex.h"

namespace sluice::source {

class RevisionPublisher {
 public:
  // Publishes nothing until Bind.
  explicit RevisionPublisher(const artifact::ArtifactStore& store) : store_(store) {}  // outlives this

  // Returns the endpoint that was bound. Before the first reconcile.
  base::Result<std::string> Bind(bus::Bus& bus, const std::string& endpoint);

  // The artifact of `object` is `artifact`; said once for each revision, digest and URL.
  void Stored(const document::Value& object, const api::Artifact& artifact, const artifact::PathDigests* paths);
  void Deleted(const std::string& kind, const std::string& ns, const std::string& name);

 private:
  const artifact::ArtifactStore& store_;
  std::unique_ptr<bus::SourceServer> server_;
  observe::Mutex mu_;
  std::map<bus::SourceRef, std::string> said_ SLUICE_GUARDED_BY(mu_);
};

}  // namespace sluice::source
