// Artifacts of a tree whose parts have names by content (a Git commit), in time proportional to
// what changed since the one before: unchanged stretches of the former archive are copied as they
// are, compressed, and their files are not even read. The bytes are those ArchiveTree makes of the
// same files: they depend on the tree alone, never on what came before.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "artifact/archive.h"
#include "artifact/store.h"
#include "base/status.h"

namespace sluice::artifact {

class ContentTree {
 public:
  using Id = std::array<uint8_t, 20>;
  // kEmptyDirectory: List is not asked
  enum class Kind : uint8_t { kFile, kExecutable, kDirectory, kEmptyDirectory, kOther };
  struct Item {
    std::string name;
    Kind kind;
    Id id;
  };
  virtual ~ContentTree() = default;
  virtual Id root() const = 0;
  // A directory's entries, sorted by the bytes of their names, each name once, none empty, "." or
  // ".." or with a slash. Equal ids: equal entries all the way down.
  virtual base::Result<std::vector<Item>> List(const Id& directory) const = 0;
  virtual base::Result<std::string> Read(const Id& file, uint64_t max_bytes) const = 0;
};

struct IncrementalRequest {
  const ContentTree& tree;
  std::string_view spec_ignore;  // as LoadIgnore takes it
  ArchiveLimits limits{};
  std::string_view former_index{};   // what the last archive of this tree's history returned; "" or
                                     // anything else: all is made anew
  const OpenFile* former = nullptr;  // its file. REQUIRES: the file that `former_index` belongs to
  bool ignore = true;                // false: no pattern counts, all files go in
  // what the former archive holds is read from it, and asked of the tree only where that fails
  bool read_former = false;
};

struct IncrementalArchive {
  ArchiveSummary summary;
  // opaque, checked by a checksum when it is read: about 100 bytes an entry
  std::string index;
  uint64_t copied_bytes = 0;  // of the archive, from the former one
};

// The files of an archive, by their ids, sorted: with read_former the tree need not have them.
// Empty for anything but an index.
std::vector<ContentTree::Id> FilesOfIndex(std::string_view index);

// A failure to read .sourceignore begins with kIgnoreUnreadable.
inline constexpr std::string_view kIgnoreUnreadable =
    "failed to load source ignore patterns from repository";
base::Result<IncrementalArchive> ArchiveIncrementally(const IncrementalRequest& request,
                                                      ByteSink sink);

}  // namespace sluice::artifact
