// A walk over a FileTree in the order of an archive: depth first, each directory's entries in byte
// order, an entry before its children.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/status.h"
#include "io/file_tree.h"

namespace sluice::artifact {

struct WalkLimits {
  uint64_t max_entries = 1'000'000;
  uint64_t max_depth = 256;
};
struct WalkEntry {
  std::string path;
  io::FileInfo info;
};

// `visit` says whether to go into the directory it was shown (ignored for others). The root itself
// is not shown. kResourceExhausted past a limit.
base::Status WalkTree(const io::FileTree& tree, const WalkLimits& limits,
                      const std::function<base::Result<bool>(const WalkEntry&)>& visit);

}  // namespace sluice::artifact
