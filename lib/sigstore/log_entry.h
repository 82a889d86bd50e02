// LogEntry: one entry of Rekor, the transparency log: what proves that it is in the log, and what
// it says was signed by whom.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "crypto.h"
#include "material.h"

namespace sluice::sigstore {

struct InclusionProof {
  uint64_t index = 0, tree_size = 0;
  std::string root;  // raw, like the hashes
  std::vector<std::string> hashes;
  std::string checkpoint;  // a signed note
};

struct LogEntry {
  std::string body;                   // canonical JSON
  std::string log_id;                 // raw
  int64_t index = 0, integrated = 0;  // seconds since the epoch; 0 = the log does not say (Rekor 2)
  std::string set;                    // the log's signature, DER; "" = none
  std::optional<InclusionProof> proof;
};

// Ok if the log's key vouches for the entry: the signed entry timestamp where there is one, the
// inclusion proof with its checkpoint where there is one, and at least one of both. Rekor 2 has
// proofs alone, under checkpoints named for the log's host.
base::Status VerifyInLog(const LogEntry& entry, const std::vector<TransparencyLog>& logs);
base::Status VerifySet(const LogEntry& entry, const std::vector<TransparencyLog>& logs);
base::Status VerifyProof(const LogEntry& entry, const TransparencyLog& log);

// What an entry of kind hashedrekord, dsse or intoto is about.
struct LoggedSignature {
  std::string kind;
  std::string payload_sha256;  // hex: of what was signed (hashedrekord) or of the envelope's
                               // payload; "" if it does not say
  struct One {
    std::string signature;  // raw
    std::string key;        // PEM of a certificate or public key; of Rekor 2 the certificate's DER
  };
  std::vector<One> signatures;
};
base::Result<LoggedSignature> ParseLogBody(std::string_view body);

// RFC 6962: the root that a leaf at `index` of a tree of `size` leads to by `hashes`; "" if that
// cannot be.
std::string RootOf(std::string_view leaf_hash, uint64_t index, uint64_t size,
                   const std::vector<std::string>& hashes);

}  // namespace sluice::sigstore
