// The deterministic tar.gz every source stores: same entries, same bytes, run after run. The header
// rules are Flux's (USTAR, PAX only for long or non-ASCII names, zero times, uid and gid 0, modes
// 0750 / 0700 / 0600); the deflate implementation and level are pinned, so the digest depends on
// nothing but the entries.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "archive/gzip.h"
#include "artifact/path_digests.h"
#include "base/digest.h"
#include "base/status.h"
#include "io/file_tree.h"

namespace sluice::artifact {

class IgnoreMatcher;

// Takes the compressed bytes in order. An error stops the archive and is what the writer returns.
using archive::ByteSink;

struct ArchiveSummary {
  std::string digest;                      // "sha256:<hex>" of the compressed bytes
  uint64_t size = 0;                       // compressed bytes
  uint64_t entries = 0;                    // headers written, directories included
  uint64_t dropped = 0;                    // symbolic links and special files left out
  std::vector<std::string> dropped_paths;  // the first few of them
  PathDigests paths;                       // of the files archived
};

// Streams entries into a tar.gz. Thread-compatible; one use. Names are checked: relative, no empty,
// "." or ".." part (but for the root entry "."), no backslash, no NUL.
class ArchiveWriter {
 public:
  // REQUIRES: algorithm != kBlake3
  explicit ArchiveWriter(ByteSink sink,
                         base::DigestAlgorithm algorithm = base::DigestAlgorithm::kSha256);
  ~ArchiveWriter();
  ArchiveWriter(const ArchiveWriter&) = delete;
  ArchiveWriter& operator=(const ArchiveWriter&) = delete;

  base::Status AddDirectory(std::string_view path);
  base::Status AddFile(std::string_view path, std::string_view content, bool executable);
  void CountDropped(std::string_view path);
  // Writes the end of the archive. Nothing may be added after it.
  base::Result<ArchiveSummary> Finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct ArchiveLimits {
  uint64_t max_file_bytes = uint64_t{2} << 30;
  uint64_t max_entries = 1'000'000;
  uint64_t max_depth = 256;
  base::DigestAlgorithm digest_algorithm = base::DigestAlgorithm::kSha256;
};

// The whole tree in Flux's order: "." first, depth first, each directory's entries in byte order.
// `ignore` may be null. Links and special files are dropped; an excluded directory's entry is left
// out while its children are still tested.
base::Result<ArchiveSummary> ArchiveTree(const io::FileTree& tree, const IgnoreMatcher* ignore,
                                         ByteSink sink, const ArchiveLimits& limits = {});

}  // namespace sluice::artifact
