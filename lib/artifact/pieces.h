// Where an archive is cut into pieces (archive/piece_gzip.h): shared by the two writers, which must
// agree. A cut lies before an entry whose path hashes to it, one in 64, and wherever a piece has
// grown past its weight. So a change moves cuts only up to the next one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "archive/tar.h"
#include "base/status.h"

namespace sluice::artifact {

// Of zlib's levels the one that costs little more than copying on manifests, at a size near the
// default level's (README.md has numbers).
inline constexpr int kDeflateLevel = 3;
inline constexpr uint64_t kPieceWeight = 256 << 10;

bool CutsBefore(std::string_view path);

// What an entry weighs in its piece.
inline uint64_t WeightOf(uint64_t size) {
  return archive::kTarBlock +
         (size + archive::kTarBlock - 1) / archive::kTarBlock * archive::kTarBlock;
}

}  // namespace sluice::artifact
