// GeneratedTree: the files of an artifact while a generator puts it together: each a place in
// another tree, or bytes of its own (a merged file). Nothing is copied; the trees it was given live
// as long as it does. Placing speaks of paths as Go's os.Root does, and none leaves the root.
// Thread-compatible while it is filled, then a read-only FileTree, thread-safe.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "io/file_tree.h"

namespace sluice::source {

class GeneratedTree final : public io::FileTree {
 public:
  static constexpr size_t kMaxEntries = 1'000'000;
  static constexpr size_t kMaxDepth = 250;

  // Paths are cleaned first: "" and "." are the root. "mkdirat <path>: path escapes from parent".
  base::Status MakeDirectory(const std::string& path);
  // The file `from` of `tree` at `path`, in place of a file that is there; directories above are
  // made.
  base::Status PlaceFile(const std::string& path, std::shared_ptr<const io::FileTree> tree,
                         const std::string& from, bool executable);
  // Replaces the bytes of a file that is there; its mode stays.
  base::Status ReplaceContent(const std::string& path, std::string content);

  base::Result<std::string> ReadFile(std::string_view path, uint64_t max_bytes) const override;
  base::Result<io::FileInfo> Stat(std::string_view path) const override;
  base::Result<std::string> ReadLink(std::string_view path) const override;
  base::Result<std::vector<io::DirEntry>> ReadDir(std::string_view path) const override;
  base::Result<std::string> Resolve(std::string_view path) const override;

 private:
  struct Node {
    bool directory = true, executable = false;
    std::map<std::string, std::unique_ptr<Node>, std::less<>> children;
    std::shared_ptr<const io::FileTree> tree;  // null: `content`
    std::string from, content;
    uint64_t size = 0;
  };
  const Node* Find(std::string_view path) const;
  base::Result<Node*> Directory(const std::vector<std::string_view>& parts, size_t count,
                                std::string_view path);
  static io::FileInfo InfoOf(const Node& node);

  Node root_;
  size_t entries_ = 0;
};

}  // namespace sluice::source
