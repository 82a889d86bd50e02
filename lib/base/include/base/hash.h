// Small hashes for caches and file formats; none resists an attacker (digest.h does). Pure
// functions.
#pragma once

#include <cstdint>
#include <string_view>

namespace sluice::base {

uint64_t Fnv1a64(std::string_view bytes);
// Fast over long inputs, well mixed; may change between versions: never written to disk or wire.
uint64_t Hash64(std::string_view bytes, uint64_t seed = 0);
// CRC-32 (IEEE 802.3, as zlib's crc32); pass the former result to go on.
uint32_t Crc32(std::string_view bytes, uint32_t crc = 0);

}  // namespace sluice::base
