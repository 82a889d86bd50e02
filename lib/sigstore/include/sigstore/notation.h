// Signatures of the Notary Project (notation): a JWS or COSE envelope over the artifact's
// descriptor, by a certificate of a trusted authority, judged by a trust policy document
// (https://notaryproject.dev, specification 1.1). Pure: bytes in, a verdict out; thread-safe.
//
// Not here: verification plugins (an envelope that demands one is refused), and revocation by OCSP
// or CRL: where a policy enforces it, a certificate that names such a service is refused as of
// unknown status. Timestamp countersignatures do not count: certificates must be valid now.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/time.h"

namespace sluice::sigstore {

inline constexpr std::string_view kNotationArtifactType = "application/vnd.cncf.notary.signature";
inline constexpr size_t kMaxNotationSignatures = 3;  // tried of one artifact, as Flux does

enum class Enforcement : uint8_t { kEnforce, kLog, kSkip };
struct NotationLevel {
  std::string name;  // "strict", "permissive", "audit", "skip", "custom"
  Enforcement integrity = Enforcement::kEnforce, authenticity = Enforcement::kEnforce,
              timestamp = Enforcement::kEnforce, expiry = Enforcement::kEnforce,
              revocation = Enforcement::kEnforce;
};

struct NotationStatement {
  std::string name;
  std::vector<std::string> scopes, trust_stores, identities;
  NotationLevel level;
};

class TrustPolicy {
 public:
  // A valid document of version 1.0; notation's messages. Stores and identities of a statement that
  // skips are dropped, as Flux does.
  static base::Result<TrustPolicy> Parse(std::string_view json);
  // The statement for a repository ("host/path"); null if none applies.
  const NotationStatement* For(std::string_view repository) const;

 private:
  std::vector<NotationStatement> statements_;
};

// The artifact that is said to be signed.
struct SignedArtifact {
  std::string media_type, digest;
  int64_t size = 0;
};

struct NotationOutcome {
  bool authentic = false;             // false: the policy only logs that it is not
  std::vector<std::string> messages;  // of checks that failed and are only logged
};

// `envelope` of media type application/jose+json or application/cose; `roots` are PEM or DER
// certificates, which serve every trust store. The error is why the signature does not count.
base::Result<NotationOutcome> VerifyNotation(const NotationStatement& statement,
                                             const std::vector<std::string>& roots,
                                             std::string_view media_type, std::string_view envelope,
                                             const SignedArtifact& artifact, base::Time now);

}  // namespace sluice::sigstore
