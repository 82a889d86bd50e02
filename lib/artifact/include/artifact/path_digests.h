// PathDigests: what lies at each path of an artifact, as a sorted table of (path, digest of
// everything at and below it). It travels with a revision event, so that a consumer knows in
// microseconds whether the paths it read have changed, before it fetches a byte.
//
// A file's digest covers its bytes and its executable bit; a directory's covers the names and
// digests below it. 16 bytes: SHA-256 cut in half. Digests are comparable between any two
// artifacts. A table over a size budget drops the deepest entries; a path that is not listed then
// answers with its nearest listed ancestor's digest: it may say "changed" for nothing, never
// "unchanged" wrongly.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "io/file_tree.h"

namespace sluice::artifact {

using PathDigest = std::array<uint8_t, 16>;

class PathDigests {
 public:
  static constexpr size_t kDefaultBudget = 512 << 10;  // bytes of all paths and values as text

  // The digest of everything at `path` ("" = the whole artifact; "a/b", clean). All zeros: nothing
  // is there. An empty table knows nothing: test empty() first.
  PathDigest Of(std::string_view path) const;
  bool Same(const PathDigests& other, std::string_view path) const {
    return Of(path) == other.Of(path);
  }
  bool empty() const { return paths_.empty(); }
  size_t size() const { return paths_.size(); }

  // As a revision event carries it: path → base64url of the digest, 22 characters. A table that
  // does not list every path has one more entry, "/" → "partial". FromMap of an empty map is an
  // empty table; a malformed value is kInvalidArgument.
  std::map<std::string, std::string> ToMap() const;
  static base::Result<PathDigests> FromMap(const std::map<std::string, std::string>& map);

  // From a tree at hand (an artifact that came over HTTP, without a table). Links and special files
  // do not count.
  static base::Result<PathDigests> FromTree(const io::FileTree& tree,
                                            size_t budget = kDefaultBudget);

 private:
  friend class PathDigestsBuilder;
  friend class PathTable;
  bool complete_ = true;            // every path of the artifact is listed
  std::vector<std::string> paths_;  // sorted by bytes; "" first
  std::vector<PathDigest> digests_;
};

// Fed with an artifact's files in any order.
class PathDigestsBuilder {
 public:
  void AddFile(std::string_view path, std::string_view content, bool executable);
  void AddDirectory(std::string_view path);  // so that an empty one counts
  PathDigests Build(size_t budget = PathDigests::kDefaultBudget);

 private:
  struct Entry {
    std::string path;
    bool directory = false;
    PathDigest digest{};
  };
  std::vector<Entry> entries_;
};

}  // namespace sluice::artifact
