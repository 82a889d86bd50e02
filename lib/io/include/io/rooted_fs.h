// RootedFs: files and folders under one root, opened component by component and never outside it.
// This is the side that writes; FileTree (file_tree.h) is the one that only reads. Paths are
// relative to the root, slash-separated; an absolute path, a ".." part or a NUL byte is
// kPermissionDenied, and so is a path that runs through a symbolic link: links are made, removed
// and read here, never followed. Errors read as Go's *PathError: "open a/b: no such file or
// directory". A cheap value (a shared descriptor of the root); thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "io/file_tree.h"
#include "io/unique_fd.h"

namespace sluice::io {

struct WriteFileOptions {
  uint32_t mode = 0600;
  bool sync = false;  // fsync the file, and its folder after the rename
};

class AtomicFile;

class RootedFs {
 public:
  // an existing directory
  static base::Result<RootedFs> Open(const std::string& root);
  // mkdir -p
  static base::Result<RootedFs> OpenOrCreate(const std::string& root, uint32_t mode = 0700);

  const std::string& root() const;
  // for messages and for libraries that want a path
  std::string Absolute(std::string_view path) const;

  base::Result<std::string> ReadFile(std::string_view path, uint64_t max_bytes = 64 << 20) const;
  // of the entry itself: does not follow a link
  base::Result<FileInfo> Stat(std::string_view path) const;
  base::Result<std::vector<DirEntry>> ReadDir(std::string_view path) const;  // sorted by name
  base::Result<std::string> ReadLink(std::string_view path) const;
  base::Result<UniqueFd> OpenFile(std::string_view path) const;  // for reading; a regular file

  // Replaces the file in one step (temporary sibling + rename): a reader sees the old or the new
  // bytes, whole.
  base::Status WriteFile(std::string_view path, std::string_view bytes,
                         const WriteFileOptions& options = {}) const;
  // The same for bytes that come in pieces.
  base::Result<AtomicFile> StartFile(std::string_view path,
                                     const WriteFileOptions& options = {}) const;
  // A new file opened for writing; kAlreadyExists if something has that name.
  base::Result<UniqueFd> CreateFile(std::string_view path, uint32_t mode = 0600) const;
  // Opened for reading and writing, created if absent, kept as it is.
  base::Result<UniqueFd> OpenReadWrite(std::string_view path, uint32_t mode = 0600) const;

  // with parents; ok if there
  base::Status MakeDirs(std::string_view path, uint32_t mode = 0700) const;
  base::Status Rename(std::string_view from, std::string_view to) const;  // replaces a file
  // A second name for a file; what had that name is replaced in one step.
  base::Status HardLink(std::string_view file, std::string_view name) const;
  // replaces a link or file, in one step
  base::Status Symlink(std::string_view target, std::string_view path) const;
  // file, link or empty folder; kNotFound if absent
  base::Status Remove(std::string_view path) const;
  base::Status RemoveAll(std::string_view path)
      const;  // the entry and all below it; ok if absent; "" empties the root
  base::Status SetMode(std::string_view path, uint32_t mode) const;
  base::Status SetModified(std::string_view path, base::Time when) const;

 private:
  struct Root;
  explicit RootedFs(std::shared_ptr<const Root> root) : root_(std::move(root)) {}
  base::Result<UniqueFd> OpenParent(std::string_view path, std::string& leaf) const;
  std::shared_ptr<const Root> root_;
};

// A file being written beside its final name. Destroyed without Commit it leaves nothing. A
// move-only resource.
class AtomicFile {
 public:
  AtomicFile(AtomicFile&&) noexcept;
  AtomicFile& operator=(AtomicFile&&) noexcept;
  ~AtomicFile();

  base::Status Write(std::string_view bytes);
  int fd() const { return fd_.get(); }
  base::Status Commit();  // close, rename; once

 private:
  friend class RootedFs;
  AtomicFile(UniqueFd dir, UniqueFd fd, std::string temp, std::string leaf, std::string path,
             bool sync);
  void Discard();
  UniqueFd dir_, fd_;
  std::string temp_, leaf_, path_;
  bool sync_ = false;
};

}  // namespace sluice::io
