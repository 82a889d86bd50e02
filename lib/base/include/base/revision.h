// Revision names the upstream state an Artifact was made from (Flux RFC-0005):
//   [ pointer ] [ "@" ] algorithm ":" checksum      or a bare pointer
//   main@sha1:5394…   6.1.6@sha256:90f0…   sha256:8fb6…   1.2.3 (a chart version)
// The text goes verbatim into .status.artifact.revision, and clients compare it byte for byte, so
// ToString() of a parsed canonical string returns that same string. A value; thread-compatible.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "base/status.h"

namespace sluice::base {

class Revision {
 public:
  // Also accepts Git's pre-RFC forms "main/<hex>", "HEAD/<hex>" and "<hex>", which ToString() then
  // prints in the canonical form.
  static Result<Revision> Parse(std::string_view text);

  const std::string& pointer() const { return pointer_; }      // "" for a checksum alone
  const std::string& algorithm() const { return algorithm_; }  // "" for a pointer alone
  const std::string& checksum() const { return checksum_; }    // lower-case hex
  std::string ToString() const;

  friend auto operator<=>(const Revision&, const Revision&) = default;

 private:
  Revision() = default;
  std::string pointer_, algorithm_, checksum_;
};

}  // namespace sluice::base
