// What a TrustedRoot holds.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "crypto.h"

namespace sluice::sigstore {

struct Authority {
  Certificate root;
  std::vector<Certificate> intermediates;
  std::optional<base::Time> from, until;
};
struct TimestampAuthority {
  std::optional<Certificate> leaf;  // what it signs with, where the root says so
  std::vector<Certificate> intermediates;
  Certificate root;
  std::optional<base::Time> from, until;
};
struct TransparencyLog {
  std::string base_url, id;  // the id is raw
  PublicKey key;
  std::optional<base::Time> from, until;
};
struct TrustedMaterial {
  std::vector<Authority> authorities;
  std::vector<TransparencyLog> rekor;
  std::vector<CtLog> ct;
  std::vector<TimestampAuthority> timestamps;
};

}  // namespace sluice::sigstore
