// ArchiveIndex: what is remembered of an archive so that the next one can copy from it: every entry
// of the tree in the archive's order (ignored ones and links, too), and the pieces. Serialised as
// bytes of this machine's order behind a magic, with a checksum.
#pragma once

#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "archive/piece_gzip.h"
#include "artifact/incremental.h"
#include "artifact/path_digests.h"

namespace sluice::artifact {

struct IndexEntry {
  static constexpr uint32_t kNoRank = UINT32_MAX;
  std::string_view path;  // into the index's or the listing's own bytes
  ContentTree::Kind kind = ContentTree::Kind::kFile;
  bool judged = false;    // `archived` and `dropped` are known
  bool archived = false;  // has a header in the archive
  bool dropped = false;   // a link or special file, left out
  bool cuts = false;      // CutsBefore(path)
  bool read = false;      // `size` and `digest` are known
  ContentTree::Id id{};
  uint64_t size = 0;               // of a file
  PathDigest digest{};             // of a file
  uint32_t descendants = 0;        // of a directory: the entries that follow it and lie below it
  uint32_t former_rank = kNoRank;  // among the archived ones of the former index; not stored
};

struct IndexPiece {
  archive::GzipPiece gzip;
  uint32_t first_rank = 0, count = 0;
};

struct ArchiveIndex {
  ContentTree::Id root{};
  std::array<uint8_t, 32> patterns{};  // a hash of the ignore patterns in force
  std::vector<IndexEntry> entries;
  std::vector<IndexPiece> pieces;

  std::string Serialize() const;
  // Views point into `bytes`. kDataLoss for anything that is not such an index, whole.
  static base::Result<ArchiveIndex> Parse(std::string_view bytes);
};

}  // namespace sluice::artifact
