// OciLayerStep: from a manifest to the stored artifact: which layer, then its files packed anew or
// its bytes as they are (source.md §8.2 steps 10 to 13). Nothing of a layer is published before its
// digest was checked. Memory does not grow with the layer. Thread-safe.
#pragma once

#include <string>

#include "api/oci_repository.h"
#include "artifact_step.h"
#include "kube/object.h"
#include "oci/client.h"
#include "source_kind.h"

namespace sluice::source {

struct OciRevision {
  std::string revision;  // "v1@sha256:…", "sha256:…"
  std::string digest;    // "sha256:…"
};

class OciLayerStep {
 public:
  explicit OciLayerStep(const SourceEnv& env)
      : env_(env), artifact_(env.store, env.events, env.clock) {}

  // On success status.artifact is the new one.
  StepResult Run(const observe::Context& ctx, const kube::ObjectKey& key,
                 const api::OciRepositorySpec& spec, oci::RemoteRepository& remote,
                 const OciRevision& revision, SourceStatus& status, Made& made);

 private:
  StepResult Extract(const observe::Context& ctx, const kube::ObjectKey& key,
                     const api::OciRepositorySpec& spec, oci::RemoteRepository& remote,
                     const oci::Descriptor& layer, const ArtifactRequest& request,
                     SourceStatus& status, Made& made);
  StepResult Copy(const observe::Context& ctx, const api::OciRepositorySpec& spec,
                  oci::RemoteRepository& remote, const oci::Descriptor& layer,
                  const ArtifactRequest& request, SourceStatus& status);

  const SourceEnv env_;
  ArtifactStep artifact_;
};

// The layer that the selector means: "no layers found in artifact", "failed to find layer with
// media type '<m>' in artifact".
base::Result<oci::Descriptor> SelectLayer(const oci::Manifest& manifest,
                                          const std::string& media_type);

}  // namespace sluice::source
