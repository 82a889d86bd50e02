// The FileTree over an unpacked archive: keeps the decompressed tar alive, files are views into it.
// Built once, then immutable and thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "io/file_tree.h"

namespace sluice::artifact {

class UnpackedTree final : public io::FileTree {
 public:
  explicit UnpackedTree(std::string bytes);
  // `owner` keeps `bytes`; `drop`, if set, is told of each range that was read and may leave memory
  // again.
  UnpackedTree(std::string_view bytes, std::shared_ptr<const void> owner,
               std::function<void(std::string_view)> drop);
  std::string_view bytes() const { return bytes_; }

  // `path` is clean; a name that is file and directory is kInvalidArgument, a file given twice
  // keeps the later content.
  base::Status AddDirectory(std::string_view path);
  base::Status AddFile(std::string_view path, std::string_view content, bool executable);
  void Seal();  // sorts the listings

  base::Result<std::string> ReadFile(std::string_view path, uint64_t max_bytes) const override;
  base::Result<io::FileInfo> Stat(std::string_view path) const override;
  base::Result<std::string> ReadLink(std::string_view path) const override;
  base::Result<std::vector<io::DirEntry>> ReadDir(std::string_view path) const override;
  base::Result<std::string> Resolve(std::string_view path) const override;

 private:
  struct Node {
    bool directory = false, executable = false;
    std::string_view content{};
    std::vector<std::string> children{};  // names
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view s) const { return std::hash<std::string_view>{}(s); }
  };
  base::Result<const Node*> Find(std::string_view path) const;
  static io::FileInfo InfoOf(const Node& node);

  std::shared_ptr<const void> owner_;
  std::string_view bytes_;
  std::function<void(std::string_view)> drop_;
  std::unordered_map<std::string, Node, Hash, std::equal_to<>> nodes_;
};

}  // namespace sluice::artifact
