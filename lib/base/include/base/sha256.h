// SHA-256 (FIPS 180-4) of texts in memory. Ours, because libcrypto alone takes longer to load than
// a build of a small overlay or a render runs: for names, checksums and programs that start often;
// digests that guard content are digest.h's. Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace sluice::base {

std::string Sha256(std::string_view bytes);     // 32 bytes
std::string Sha256Hex(std::string_view bytes);  // lower case

}  // namespace sluice::base
