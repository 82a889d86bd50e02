#include "io/rooted_fs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "base/strings.h"
#include "errno_status.h"
#include "fd.h"

namespace sluice::io {
namespace {

// A name beside the final one that no other writer of this or another process picks.
std::string TempName(std::string_view leaf) {
  static std::atomic<uint64_t> counter{0};
  return base::Cat(".", leaf.substr(0, 200), ".tmp", std::to_string(getpid()), "-",
                   std::to_string(counter++));
}

base::Status MakePath(const std::string& root, uint32_t mode) {
  for (size_t slash = root.find('/', 1);; slash = root.find('/', slash + 1)) {
    const std::string part = root.substr(0, slash);
    if (mkdir(part.c_str(), mode) != 0 && errno != EEXIST) return ErrnoStatus("mkdir", part, errno);
    if (slash == root.npos) return base::OkStatus();
  }
}

}  // namespace

struct RootedFs::Root {
  std::string path;
  UniqueFd fd;
};

base::Result<RootedFs> RootedFs::Open(const std::string& root) {
  UniqueFd fd(open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return ErrnoStatus("open", root, errno);
  return RootedFs(std::make_shared<Root>(Root{root, std::move(fd)}));
}

base::Result<RootedFs> RootedFs::OpenOrCreate(const std::string& root, uint32_t mode) {
  SLUICE_TRY(MakePath(root, mode));
  return Open(root);
}

const std::string& RootedFs::root() const { return root_->path; }

std::string RootedFs::Absolute(std::string_view path) const {
  return path.empty() ? root() : base::Cat(root(), "/", path);
}

// The folder that holds `path`'s last part, each folder on the way opened without following a link.
base::Result<UniqueFd> RootedFs::OpenParent(std::string_view path, std::string& leaf) const {
  if (path.starts_with('/') || path.find('\0') != path.npos) return EscapesStatus("open", path);
  UniqueFd dir(fcntl(root_->fd.get(), F_DUPFD_CLOEXEC, 0));
  if (!dir) return ErrnoStatus("open", path, errno);
  leaf.clear();
  for (const auto part : base::Split(path, "/")) {
    if (part.empty() || part == ".") continue;
    if (part == "..") return EscapesStatus("open", path);
    if (!leaf.empty()) {
      UniqueFd next(
          openat(dir.get(), leaf.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      if (!next) {
        struct stat st;
        const int error = errno;
        if (fstatat(dir.get(), leaf.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISLNK(st.st_mode)) {
          return EscapesStatus("open", path);
        }
        return ErrnoStatus("open", path, error);
      }
      dir = std::move(next);
    }
    leaf = part;
  }
  if (leaf.empty()) leaf = ".";
  return dir;
}

base::Result<std::string> RootedFs::ReadFile(std::string_view path, uint64_t max_bytes) const {
  SLUICE_TRY(const UniqueFd fd, OpenFile(path));
  return ReadAll(fd.get(), path, max_bytes);
}

base::Result<FileInfo> RootedFs::Stat(std::string_view path) const {
  std::string leaf;
  SLUICE_TRY(const UniqueFd dir, OpenParent(path, leaf));
  struct stat st;
  if (fstatat(dir.get(), leaf.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0)
    return ErrnoStatus("stat", path, errno);
  return InfoOf(st);
}

base::Result<std::vector<DirEntry>> RootedFs::ReadDir(std::string_view path) const {
  std::string leaf;
  SLUICE_TRY(const UniqueFd dir, OpenParent(path, leaf));
  UniqueFd fd(openat(dir.get(), leaf.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) return ErrnoStatus("open", path, errno);
  return ReadEntries(std::move(fd), path);
}

base::Result<std::string> RootedFs::ReadLink(std::string_view path) const {
  std::string leaf;
  SLUICE_TRY(const UniqueFd dir, OpenParent(path, leaf));
  return ReadLinkAt(dir.get(), leaf, path);
}

base::Result<UniqueFd> RootedFs::OpenFile(std::string_view path) const {
  std::string leaf;
  SLUICE_TRY(const UniqueFd dir, OpenParent(path, leaf));
  UniqueFd fd(openat(dir.get(), leaf.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return errno == ELOOP ? EscapesStatus("open", path) : ErrnoStatus("open", path, errno);
  struct stat st;
  if (fstat(fd.get(), &st) != 0) return ErrnoStatus("stat", path, errno);
  if (!S_ISREG(st.st_mode))
    return base::InvalidArgument(base::Cat("open ", path, ": not a regular file"));
  return fd;
}

base::Status RootedFs::WriteFile(std::string_view path, std::string_view bytes,
                                 const WriteFileOptions& options) const {
  SLUICE_TRY(AtomicFile file, StartFile(path, options));
  SLUICE_TRY(file.Write(bytes));
  return file.Commit();
}

base::Result<AtomicFile> RootedFs::StartFile(std::string_view path,
                                             const WriteFileOptions& options) const {
  std::string leaf;
  SLUICE_TRY(UniqueFd dir, OpenParent(path, leaf));
  std::string temp = TempName(leaf);
  UniqueFd fd(openat(dir.get(), temp.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                     options.mode));
  if (!fd) return ErrnoStatus("open", path, errno);
  return AtomicFile(std::move(dir), std::move(fd), std::move(temp), std::move(leaf),
                    std::string(path), options.sync);
}

base::Result<UniqueFd> RootedFs::CreateFile(std::string_view path, uint32_t mode) const {
  std::string leaf;
  SLUICE_TRY(const UniqueFd dir, OpenParent(path, leaf));
  UniqueFd fd(
      openat(dir.get(), leaf.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!fd) return ErrnoStatus("open", path, errno);
  return fd;
}

base::Result<UniqueFd> RootedFs::OpenReadWrite(std::string_view path, uint32_t mode) const {
  std::string leaf;
  SLUICE_TRY(const UniqueFd dir, OpenParent(path, leaf));
  UniqueFd fd(openat(dir.get(), leaf.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!fd) return errno == ELOOP ? EscapesStatus("open", path) : ErrnoStatus("open", path, errno);
  return fd;
}

base::Status RootedFs::MakeDirs(std::string_view path, uint32_t mode) const {
  for (size_t slash = path.find('/');; slash = path.find('/', slash + 1)) {
    const auto part = path.substr(0, slash);
    std::string leaf;
    SLUICE_TRY(const UniqueFd dir, OpenParent(part, leaf));
    if (mkdirat(dir.get(), leaf.c_str(), mode) != 0) {
      struct stat st;
      const int error = errno;
      if (error != EEXIST || fstatat(dir.get(), leaf.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0 ||
          !S_ISDIR(st.st_mode)) {
        return ErrnoStatus("mkdir", path, error == EEXIST ? ENOTDIR : error);
      }
    }
    if (slash == path.npos) return base::OkStatus();
  }
}

base::Status RootedFs::Rename(std::string_view from, std::string_view to) const {
  std::string from_leaf, to_leaf;
  SLUICE_TRY(const UniqueFd from_dir, OpenParent(from, from_leaf));
  SLUICE_TRY(const UniqueFd to_dir, OpenParent(to, to_leaf));
  if (renameat(from_dir.get(), from_leaf.c_str(), to_dir.get(), to_leaf.c_str()) != 0) {
    return ErrnoStatus("rename", base::Cat(from, " ", to), errno);
  }
  return base::OkStatus();
}

base::Status RootedFs::HardLink(std::string_view file, std::string_view name) const {
  std::string from_leaf, to_leaf;
  SLUICE_TRY(const UniqueFd from_dir, OpenParent(file, from_leaf));
  SLUICE_TRY(const UniqueFd to_dir, OpenParent(name, to_leaf));
  const std::string temp = TempName(to_leaf);
  if (linkat(from_dir.get(), from_leaf.c_str(), to_dir.get(), temp.c_str(), 0) != 0) {
    return ErrnoStatus("link", base::Cat(file, " ", name), errno);
  }
  const bool renamed = renameat(to_dir.get(), temp.c_str(), to_dir.get(), to_leaf.c_str()) == 0;
  const int error = errno;
  unlinkat(to_dir.get(), temp.c_str(), 0);  // rename leaves it where both names are the same file's
  return renamed ? base::OkStatus() : ErrnoStatus("link", base::Cat(file, " ", name), error);
}

base::Status RootedFs::Symlink(std::string_view target, std::string_view path) const {
  std::string leaf;
  SLUICE_TRY(const UniqueFd dir, OpenParent(path, leaf));
  const std::string temp = TempName(leaf);
  if (symlinkat(std::string(target).c_str(), dir.get(), temp.c_str()) != 0)
    return ErrnoStatus("symlink", path, errno);
  if (renameat(dir.get(), temp.c_str(), dir.get(), leaf.c_str()) != 0) {
    const int error = errno;
    unlinkat(dir.get(), temp.c_str(), 0);
    return ErrnoStatus("symlink", path, error);
  }
  return base::OkStatus();
}

base::Status RootedFs::Remove(std::string_view path) const {
  std::string leaf;
  SLUICE_TRY(const UniqueFd dir, OpenParent(path, leaf));
  if (unlinkat(dir.get(), leaf.c_str(), 0) == 0) return base::OkStatus();
  if (errno == EISDIR && unlinkat(dir.get(), leaf.c_str(), AT_REMOVEDIR) == 0)
    return base::OkStatus();
  return ErrnoStatus("remove", path, errno);
}

base::Status RootedFs::RemoveAll(std::string_view path) const {
  const auto entry = Stat(path);
  if (!entry.ok())
    return entry.status().code() == base::StatusCode::kNotFound ? base::OkStatus() : entry.status();
  if (entry->kind == FileKind::kDirectory) {
    SLUICE_TRY(const auto children, ReadDir(path));
    for (const auto& child : children) {
      SLUICE_TRY(RemoveAll(path.empty() ? child.name : base::Cat(path, "/", child.name)));
    }
    if (path.empty()) return base::OkStatus();
  }
  const base::Status removed = Remove(path);
  return removed.code() == base::StatusCode::kNotFound ? base::OkStatus() : removed;
}

base::Status RootedFs::SetMode(std::string_view path, uint32_t mode) const {
  std::string leaf;
  SLUICE_TRY(const UniqueFd dir, OpenParent(path, leaf));
  const UniqueFd fd(
      openat(dir.get(), leaf.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!fd || fchmod(fd.get(), mode) != 0) return ErrnoStatus("chmod", path, errno);
  return base::OkStatus();
}

base::Status RootedFs::SetModified(std::string_view path, base::Time when) const {
  std::string leaf;
  SLUICE_TRY(const UniqueFd dir, OpenParent(path, leaf));
  const auto ns = when.time_since_epoch();
  const auto s = std::chrono::floor<std::chrono::seconds>(ns);
  const timespec at{s.count(), (ns - s).count()};
  const timespec times[2] = {at, at};
  if (utimensat(dir.get(), leaf.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0)
    return ErrnoStatus("chtimes", path, errno);
  return base::OkStatus();
}

AtomicFile::AtomicFile(UniqueFd dir, UniqueFd fd, std::string temp, std::string leaf,
                       std::string path, bool sync)
    : dir_(std::move(dir)),
      fd_(std::move(fd)),
      temp_(std::move(temp)),
      leaf_(std::move(leaf)),
      path_(std::move(path)),
      sync_(sync) {}

AtomicFile::AtomicFile(AtomicFile&&) noexcept = default;

AtomicFile& AtomicFile::operator=(AtomicFile&& other) noexcept {
  Discard();
  dir_ = std::move(other.dir_);
  fd_ = std::move(other.fd_);
  temp_ = std::move(other.temp_);
  leaf_ = std::move(other.leaf_);
  path_ = std::move(other.path_);
  sync_ = other.sync_;
  return *this;
}

AtomicFile::~AtomicFile() { Discard(); }

void AtomicFile::Discard() {
  if (!fd_) return;
  unlinkat(dir_.get(), temp_.c_str(), 0);
  fd_.Reset();
}

base::Status AtomicFile::Write(std::string_view bytes) {
  SLUICE_CHECK(static_cast<bool>(fd_));
  return WriteAll(fd_.get(), bytes, path_);
}

base::Status AtomicFile::Commit() {
  SLUICE_CHECK(static_cast<bool>(fd_));
  if (sync_ && fsync(fd_.get()) != 0) return ErrnoStatus("sync", path_, errno);
  if (renameat(dir_.get(), temp_.c_str(), dir_.get(), leaf_.c_str()) != 0)
    return ErrnoStatus("rename", path_, errno);
  fd_.Reset();
  if (sync_ && fsync(dir_.get()) != 0) return ErrnoStatus("sync", path_, errno);
  return base::OkStatus();
}

}  // namespace sluice::io
