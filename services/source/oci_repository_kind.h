// OciRepositoryKind: an OCIRepository's own steps (source.md §8): which tag, its digest, its
// signature, its layer. Thread-safe.
#pragma once

#include "api/oci_repository.h"
#include "oci/client.h"
#include "oci_access.h"
#include "oci_layer_step.h"
#include "oci_verifier.h"
#include "source_kind.h"

namespace sluice::source {

class OciRepositoryKind final : public SourceKind {
 public:
  // env's parts, `registries` and `cloud` outlive this; `public_root` as OciVerifier has it.
  OciRepositoryKind(const SourceEnv& env, oci::RegistryClient& registries, CloudAccess& cloud,
                    std::string public_root);

  const KindTraits& traits() const override;
  base::Result<SpecHead> Head(const document::Value& object) const override;
  StepResult Run(const observe::Context& ctx, const kube::ObjectKey& key, SourceStatus& status,
                 Made& made) override;

 private:
  // The tag or digest to follow.
  StepResult ChooseReference(const observe::Context& ctx, const api::OciRepositorySpec& spec,
                             oci::RemoteRepository& remote, SourceStatus& status,
                             oci::Reference& out);
  StepResult FindRevision(const observe::Context& ctx, oci::RemoteRepository& remote,
                          const oci::Reference& ref, SourceStatus& status, OciRevision& out);
  // From a known revision to the artifact.
  StepResult Follow(const observe::Context& ctx, const kube::ObjectKey& key,
                    const api::OciRepositorySpec& spec, oci::RemoteRepository& remote,
                    const OciRevision& revision, SourceStatus& status, Made& made);
  StepResult Verify(const observe::Context& ctx, const kube::ObjectKey& key,
                    const api::OciRepositorySpec& spec, oci::RemoteRepository& remote,
                    const OciRevision& revision, bool same, SourceStatus& status);

  const SourceEnv env_;
  oci::RegistryClient& registries_;
  OciAccess access_;
  OciVerifier verifier_;
  OciLayerStep layer_;
};

// The highest tag that satisfies the constraint, as it is written in the registry. `chart`: tags
// have '_' for a version's '+'.
base::Result<std::string> ChooseTag(const std::vector<std::string>& tags,
                                    const std::string& constraint, const std::string& filter,
                                    bool chart);

// Of a success event, with the origin that the artifact's annotations tell.
std::string OciStoredMessage(const api::Artifact& artifact, const std::string& url);

}  // namespace sluice::source
