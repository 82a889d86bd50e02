// CommitTree: the FileTree of a commit, read straight from its tree objects. Directories seen are
// kept, within a bound. Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "git/object_id.h"
#include "io/file_tree.h"
#include "object_database.h"
#include "objects.h"
#include "observe/mutex.h"

namespace sluice::git {

class CommitTree final : public io::FileTree {
 public:
  // `odb` outlives the tree.
  CommitTree(const ObjectDatabase& odb, const ObjectId& root) : odb_(odb), root_(root) {}

  base::Result<std::string> ReadFile(std::string_view path, uint64_t max_bytes) const override;
  base::Result<io::FileInfo> Stat(std::string_view path) const override;
  base::Result<std::string> ReadLink(std::string_view path) const override;
  // sizes are 0
  base::Result<std::vector<io::DirEntry>> ReadDir(std::string_view path) const override;
  base::Result<std::string> Resolve(std::string_view path) const override;

 private:
  using Dir = std::vector<TreeItem>;
  base::Result<std::shared_ptr<const Dir>> DirAt(const std::string& path) const;
  // The entry at a path none of whose parents is a link. REQUIRES: not the root
  base::Result<TreeItem> ItemAt(const std::string& path) const;

  const ObjectDatabase& odb_;
  const ObjectId root_;
  mutable observe::Mutex mu_;
  mutable std::unordered_map<std::string, std::shared_ptr<const Dir>> dirs_ SLUICE_GUARDED_BY(mu_);
};

}  // namespace sluice::git
