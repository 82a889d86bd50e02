// What a CosignPolicy holds, and the part of a verdict that both formats share.
#pragma once

#include <optional>
#include <vector>

#include "crypto.h"
#include "log_entry.h"
#include "material.h"
#include "regex/go_regex.h"
#include "sigstore/cosign.h"

namespace sluice::sigstore {

struct CosignPolicy::Impl {
  struct Pattern {
    std::optional<regex::GoRegex> issuer, subject;
  };
  std::optional<PublicKey> key;
  std::optional<TrustedRoot> root;
  std::vector<Pattern> identities;
};

// The certificate's chain at the time of signing, its SCT, and its identity.
base::Status CheckCertificate(const CosignPolicy::Impl& policy, const Certificate& leaf,
                              base::Time signed_at);

// True if what a log entry names as its key is this certificate, in PEM or DER.
bool NamesCertificate(std::string_view named, const Certificate& leaf);

}  // namespace sluice::sigstore
