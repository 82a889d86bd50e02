// RevisionPublisher: tells the bus of every artifact as soon as it is stored, and serves artifacts
// by digest. Thread-safe.
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
  explicit RevisionPublisher(const artifact::ArtifactStore& store)
      : store_(store) {}  // outlives this

  // Before the first reconcile. `on_bound` is told the endpoint, now or when the keys are there.
  base::Status Bind(bus::Bus& bus, const std::string& endpoint, bus::BoundHandler on_bound);

  // The artifact of `object` is `artifact`; said once for each revision, digest and URL.
  void Stored(const document::Value& object, const api::Artifact& artifact,
              const artifact::PathDigests* paths);
  void Deleted(const std::string& kind, const std::string& ns, const std::string& name);

 private:
  const artifact::ArtifactStore& store_;
  std::unique_ptr<bus::SourceServer> server_;
  observe::Mutex mu_;
  std::map<bus::SourceRef, std::string> said_ SLUICE_GUARDED_BY(mu_);
};

}  // namespace sluice::source
