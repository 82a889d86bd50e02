// FileTree: read-only files under one root, whatever holds them: a directory, a tarball, a git
// tree, memory. The pure libraries read only through it. Paths are slash-separated and relative to
// the root, without "." or ".." parts; "" is the root itself. An implementation never follows a
// symbolic link out of its root. Implementations are thread-safe for reading.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/time.h"

namespace sluice::io {

enum class FileKind : uint8_t { kRegular, kDirectory, kSymlink, kOther };

struct FileInfo {
  FileKind kind = FileKind::kRegular;
  uint64_t size = 0;
  bool executable = false;
  base::Time modified{};  // the epoch where the tree does not know
};
struct DirEntry {
  std::string name;
  FileInfo info;  // of the entry itself: a link is kSymlink
};

class FileTree {
 public:
  virtual ~FileTree() = default;
  // Follows links inside the root. kNotFound: nothing there; kPermissionDenied: the path leaves the
  // root; kResourceExhausted: larger than max_bytes.
  virtual base::Result<std::string> ReadFile(std::string_view path,
                                             uint64_t max_bytes = 64 << 20) const = 0;
  // follows links
  virtual base::Result<FileInfo> Stat(std::string_view path) const = 0;
  virtual base::Result<std::string> ReadLink(std::string_view path) const = 0;
  // sorted by name (bytes)
  virtual base::Result<std::vector<DirEntry>> ReadDir(std::string_view path) const = 0;
  // The path with every link resolved, relative to the root.
  virtual base::Result<std::string> Resolve(std::string_view path) const = 0;
};

// A directory of the disk, opened component by component (openat, O_NOFOLLOW).
base::Result<std::unique_ptr<FileTree>> OpenDirectory(const std::string& path);
// path → bytes; directories are implied.
std::unique_ptr<FileTree> MakeMemoryTree(std::map<std::string, std::string> files);

// Lexical: joins and cleans as Go's path.Join / path.Clean do ("" → ".").
std::string CleanPath(std::string_view path);
std::string JoinPath(std::string_view a, std::string_view b);

}  // namespace sluice::io
