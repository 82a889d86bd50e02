// PathTables: what lies at each path of the newest artifact of each source, as its source process
// said with the news of it; one table a source, shared by all that follow it, and bounded over all
// sources: the one told of longest ago goes first, and who misses it reads the artifact.
//
// A table is believed as the digest beside it is: both come in one message of the one process that
// makes the artifact, and count for that digest alone. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "artifact/path_digests.h"
#include "observe/mutex.h"

namespace sluice::kustomization {

using PathTablePtr = std::shared_ptr<const artifact::PathDigests>;

class PathTables {
 public:
  explicit PathTables(size_t max_bytes = 32 << 20) : max_bytes_(max_bytes) {}

  // `source`'s newest artifact has this digest. An empty table says nothing: what was said of the
  // same digest before stays. A malformed one counts as none.
  void Put(const std::string& source, const std::string& digest, std::string_view encoded);
  void Drop(const std::string& source);
  // Null: nothing is known of an artifact with this digest.
  PathTablePtr Of(const std::string& source, std::string_view digest) const;

 private:
  struct Entry {
    std::string digest;
    PathTablePtr table;
    uint64_t put = 0;  // counts up
  };
  void Erase(std::map<std::string, Entry>::iterator it) SLUICE_REQUIRES(mu_);

  const size_t max_bytes_;
  mutable observe::Mutex mu_;
  std::map<std::string, Entry> entries_ SLUICE_GUARDED_BY(mu_);
  size_t bytes_ SLUICE_GUARDED_BY(mu_) = 0;
  uint64_t puts_ SLUICE_GUARDED_BY(mu_) = 0;
};

}  // namespace sluice::kustomization
