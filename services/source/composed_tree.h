// ComposedTree: the files of an artifact where they are not simply a commit's: a part of it
// (spec.sparseCheckout), with submodules and included artifacts at their places (source.md §7.8,
// §7.10). A read-only FileTree over others; nothing is copied. Thread-safe once composed.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "io/file_tree.h"

namespace sluice::source {

class ComposedTree final : public io::FileTree {
 public:
  explicit ComposedTree(std::unique_ptr<io::FileTree> base) : base_(std::move(base)) {}

  // Only base files whose path begins with one of `prefixes` show (no rule of directories: "app"
  // also selects "apple/x"). {}: all.
  void Select(std::vector<std::string> prefixes) { prefixes_ = std::move(prefixes); }
  // What `tree` has at `from` ("" = all of it), a file or directory, stands at `at`, with the
  // directories above it. What the base has there is hidden. REQUIRES: `at` is a clean path, not
  // the root
  void Mount(const std::string& at, std::shared_ptr<const io::FileTree> tree,
             const std::string& from);

  base::Result<std::string> ReadFile(std::string_view path, uint64_t max_bytes) const override;
  base::Result<io::FileInfo> Stat(std::string_view path) const override;
  base::Result<std::string> ReadLink(std::string_view path) const override;
  base::Result<std::vector<io::DirEntry>> ReadDir(std::string_view path) const override;
  base::Result<std::string> Resolve(std::string_view path) const override;

 private:
  struct Mounted {
    std::shared_ptr<const io::FileTree> tree;
    std::string from;
  };
  struct Place {
    const io::FileTree* tree = nullptr;
    std::string path;
    bool base = false;
  };
  Place Locate(std::string_view path) const;
  bool Selected(std::string_view path, bool directory) const;

  const std::unique_ptr<io::FileTree> base_;
  std::vector<std::string> prefixes_;
  std::map<std::string, Mounted> mounts_;  // by path
};

}  // namespace sluice::source
