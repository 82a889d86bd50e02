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
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "io/file_tree.h"

namespace sluice::artifact {

using PathDigest = std::array<uint8_t, 16>;

class PathDigests {
 public:
  // Of all rows: a path and kRowBytes each.
  static constexpr size_t kDefaultBudget = 512 << 10;
  static constexpr size_t kRowBytes = 22;

  // The digest of everything at `path` ("" = the whole artifact; "a/b", clean). All zeros: nothing
  // is there. An empty table knows nothing: test empty() first.
  PathDigest Of(std::string_view path) const;
  // Whether Of(path) is the answer for this very path, not for an ancestor of it.
  bool Knows(std::string_view path) const;
  bool Same(const PathDigests& other, std::string_view path) const {
    return Of(path) == other.Of(path);
  }
  bool empty() const { return digests_.empty(); }
  size_t size() const { return digests_.size(); }
  bool complete() const { return complete_; }  // every path of the artifact is listed
  size_t bytes() const { return names_.size() + size() * kRowBytes; }

  // As a revision event carries it: docs/bus.md has the format. "" for an empty table.
  std::string Encode() const;
  // kInvalidArgument for anything but a table of at most four default budgets.
  static base::Result<PathDigests> Decode(std::string_view bytes);

  // From a tree at hand (an artifact that came without a table). Links and special files do not
  // count.
  static base::Result<PathDigests> FromTree(const io::FileTree& tree,
                                            size_t budget = kDefaultBudget);

  friend bool operator==(const PathDigests&, const PathDigests&) = default;

 private:
  friend class PathDigestsBuilder;
  friend class PathTable;
  std::string_view PathAt(size_t row) const;
  size_t Find(std::string_view path) const;  // the row, or size()
  void Append(std::string_view path, const PathDigest& digest);

  bool complete_ = true;
  std::string names_;           // the paths one after the other, sorted by bytes; "" first
  std::vector<uint32_t> ends_;  // of each path in names_
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
