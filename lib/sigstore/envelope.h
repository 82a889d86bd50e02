// Envelope: what a notation signature envelope says, once its signature was checked with the key of
// its own first certificate.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "crypto.h"

namespace sluice::sigstore {

struct Envelope {
  std::string payload, content_type;
  std::string scheme;  // "notary.x509", "notary.x509.signingAuthority"
  base::Time signing_time{};
  std::optional<base::Time> expiry;
  std::vector<Certificate> chain;     // the signer's first
  std::vector<std::string> critical;  // attributes beyond those of the specification
};

// The error is one of integrity.
base::Result<Envelope> OpenEnvelope(std::string_view media_type, std::string_view bytes);

}  // namespace sluice::sigstore
