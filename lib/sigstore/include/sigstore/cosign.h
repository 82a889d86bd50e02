// Signatures of OCI artifacts as cosign makes them: the simple signing payloads of cosign 2 (tag
// "sha256-<hex>.sig") and the Sigstore bundles of cosign 3 (an in-toto statement in a DSSE
// envelope). Either by a key, or keyless: a certificate of a trusted authority for an identity,
// noted in its certificate log and in the transparency log while it was valid (where the log is
// Rekor 2, a timestamp authority says when). Pure: bytes in, a verdict out; thread-safe.
//
// What binds a signature to an artifact is its digest: a payload or statement about another digest
// is refused whoever signed it. Messages are cosign's and sigstore-go's.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "sigstore/trusted_root.h"

namespace sluice::sigstore {

inline constexpr std::string_view kSimpleSigning =
    "application/vnd.dev.cosign.simplesigning.v1+json";
inline constexpr std::string_view kBundlePrefix = "application/vnd.dev.sigstore.bundle";
inline constexpr size_t kMaxSignatures = 50;  // looked at, of one artifact

// Both are expressions of Go's regexp; "" matches any.
struct Identity {
  std::string issuer, subject;
};

class CosignPolicy {
 public:
  // A PEM public key: ECDSA, RSA or Ed25519. The transparency log does not count then, as in Flux.
  static base::Result<CosignPolicy> ByKey(std::string_view pem);
  // Any of `identities`; none: any identity at all. An expression that is none fails here:
  // "malformed issuer in identity: …".
  static base::Result<CosignPolicy> Keyless(TrustedRoot root, std::vector<Identity> identities);
  ~CosignPolicy();
  CosignPolicy(CosignPolicy&&) noexcept;

  struct Impl;
  const Impl& impl() const { return *impl_; }  // for this library

 private:
  explicit CosignPolicy(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// A layer of the ".sig" manifest and its annotations.
struct SimpleSignature {
  std::string payload;      // the layer's bytes
  std::string signature;    // dev.cosignproject.cosign/signature, base64
  std::string certificate;  // dev.sigstore.cosign/certificate, PEM
  std::string bundle;       // dev.sigstore.cosign/bundle, JSON
};

// Ok if the signature is good and about `digest` ("sha256:<hex>").
base::Status VerifySimpleSignature(const CosignPolicy& policy, const SimpleSignature& signature,
                                   std::string_view digest);
// The same of a Sigstore bundle's JSON.
base::Status VerifyBundle(const CosignPolicy& policy, std::string_view json,
                          std::string_view digest);
// True if it can be read as a bundle at all: other things refer to an artifact, too.
bool IsBundle(std::string_view json);

}  // namespace sluice::sigstore
