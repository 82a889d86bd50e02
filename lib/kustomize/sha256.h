// SHA-256 (FIPS 180-4) of short texts: the hash in generated names. Ours, because libcrypto alone takes longer to load than a build of
// a small overlay runs; digests that guard content are base's.
#pragma once

#include <string>
#include <string_view>

namespace sluice::kustomize {

std::string Sha256Hex(std::string_view bytes);

}  // namespace sluice::kustomize
