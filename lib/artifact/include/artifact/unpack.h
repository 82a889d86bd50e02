// Safe unpacking of a tar.gz into memory: the consumer's side of an artifact. One buffer holds the
// archive's decompressed bytes, the tree points into it; nothing touches the disk. Limits hold
// while inflating. Refused: absolute and climbing names, backslashes, links of any kind, devices, a
// name that is both file and directory.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "io/file_tree.h"
#include "io/unique_fd.h"

namespace sluice::artifact {

struct UnpackLimits {
  uint64_t max_bytes = uint64_t{1} << 30;  // decompressed
  uint64_t max_entries = 1'000'000;
  uint64_t max_ratio = 1000;  // past the first 10 MiB
  // leave symbolic links out instead of refusing (OCI layers)
  bool skip_links = false;
};

// The messages are Flux's: "requires gzip-compressed body: …", "tar contained invalid name error
// \"…\"", "tar file entry … is a symlink, which is not allowed in this context", "tar file entry …
// contained unsupported file type …".
base::Result<std::shared_ptr<const io::FileTree>> UnpackTarGz(std::string_view archive,
                                                              const UnpackLimits& limits = {});

// The same of an archive of any size at constant memory: its pieces in order, decompressed into
// `file` (empty, opened for reading and writing, nobody else's; better already unlinked). The tree
// keeps the file open. Thread-compatible; one use.
class TarGzSpool {
 public:
  explicit TarGzSpool(io::UniqueFd file, const UnpackLimits& limits = {});
  ~TarGzSpool();

  base::Status Write(std::string_view bytes);
  base::Result<std::shared_ptr<const io::FileTree>> Finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// `digest` ("sha256:<hex>") against the bytes: ok, or kDataLoss "computed digest doesn't match
// '<digest>'".
base::Status VerifyDigest(std::string_view bytes, std::string_view digest);

}  // namespace sluice::artifact
