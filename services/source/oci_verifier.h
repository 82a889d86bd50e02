// OciVerifier: the signatures of an artifact: fetched from its registry, judged by lib/sigstore
// with the keys, roots and policies that the object's Secrets hold (source.md §8.4). Thread-safe.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/oci_repository.h"
#include "base/clock.h"
#include "kube/client.h"
#include "observe/context.h"
#include "oci/client.h"
#include "sigstore/cosign.h"
#include "sigstore/notation.h"

namespace sluice::source {

enum class OciVerdict : uint8_t {
  kVerified,
  kIgnored,  // the policy says that nothing is to be concluded
};

struct NotationTrust {
  sigstore::TrustPolicy policy;
  std::vector<std::string> roots;  // PEM or DER
};

// By what a chart is to be verified: read before anything is asked of its registry.
struct ChartTrust {
  std::vector<sigstore::CosignPolicy> cosign;  // one of them is enough
  std::optional<NotationTrust> notation;       // instead
};

class OciVerifier {
 public:
  // `public_root`: the file with the trusted_root.json of keyless signatures where the object names
  // none; "" = there is none. `client` and `clock` outlive this.
  OciVerifier(kube::Client& client, base::Clock& clock, std::string public_root)
      : client_(client), clock_(clock), public_root_(std::move(public_root)) {}

  // The error is the tail of "failed to verify the signature using provider '…': ".
  base::Result<OciVerdict> Verify(const observe::Context& ctx, const std::string& ns,
                                  const api::OciVerification& spec, oci::RemoteRepository& remote,
                                  const std::string& digest) const;

  // Of a HelmChart called `chart`. The error is the tail of the same words.
  base::Result<ChartTrust> TrustOfChart(const observe::Context& ctx, const std::string& ns,
                                        const std::string& chart,
                                        const api::OciVerification& spec) const;
  // The error is the first key's. Unlike Flux, which stops there, every key is tried.
  base::Result<OciVerdict> VerifyChart(const observe::Context& ctx, const ChartTrust& trust,
                                       oci::RemoteRepository& remote,
                                       const std::string& digest) const;

 private:
  base::Result<document::Value> Secret(const observe::Context& ctx, const std::string& ns,
                                       const std::string& name) const;
  // The Secret's *.pub, by name.
  base::Result<std::vector<std::string>> PublicKeys(const observe::Context& ctx,
                                                    const std::string& ns,
                                                    const api::OciVerification& spec) const;
  base::Result<sigstore::CosignPolicy> Keyless(const observe::Context& ctx, const std::string& ns,
                                               const api::OciVerification& spec) const;
  // `shown`: whose verification it is, where it names no Secret.
  base::Result<NotationTrust> Trust(const observe::Context& ctx, const std::string& ns,
                                    const api::OciVerification& spec,
                                    const std::string& shown) const;
  base::Status VerifyCosign(const observe::Context& ctx, const std::string& ns,
                            const api::OciVerification& spec, oci::RemoteRepository& remote,
                            const std::string& digest) const;
  base::Result<sigstore::TrustedRoot> Root(const observe::Context& ctx, const std::string& ns,
                                           const api::OciVerification& spec) const;

  kube::Client& client_;
  base::Clock& clock_;
  const std::string public_root_;
};

// Up to three signatures of the Notary Project against the statement that applies to the
// repository.
base::Result<OciVerdict> VerifyNotationSignatures(const observe::Context& ctx,
                                                  const NotationTrust& trust,
                                                  oci::RemoteRepository& remote,
                                                  const std::string& digest, base::Time now);

// One policy against every signature the registry has of the artifact: bundles first, then simple
// signatures.
base::Status VerifyCosignSignatures(const observe::Context& ctx,
                                    const sigstore::CosignPolicy& policy,
                                    oci::RemoteRepository& remote, const std::string& digest);

}  // namespace sluice::source
