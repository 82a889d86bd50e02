#include "fd.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "base/strings.h"
#include "errno_status.h"

namespace sluice::io {

void UniqueFd::Reset(int fd) {
  if (fd_ >= 0) close(fd_);
  fd_ = fd;
}

FileInfo InfoOf(const struct stat& st) {
  FileInfo info;
  info.kind = S_ISREG(st.st_mode)   ? FileKind::kRegular
              : S_ISDIR(st.st_mode) ? FileKind::kDirectory
              : S_ISLNK(st.st_mode) ? FileKind::kSymlink
                                    : FileKind::kOther;
  info.size = info.kind == FileKind::kDirectory ? 0 : static_cast<uint64_t>(st.st_size);
  info.executable = info.kind == FileKind::kRegular && (st.st_mode & S_IXUSR) != 0;
  info.modified = base::Time(std::chrono::seconds(st.st_mtim.tv_sec) +
                             std::chrono::nanoseconds(st.st_mtim.tv_nsec));
  return info;
}

base::Result<std::string> ReadAll(int fd, std::string_view path, uint64_t max_bytes) {
  struct stat st;
  if (fstat(fd, &st) != 0) return ErrnoStatus("stat", path, errno);
  if (S_ISDIR(st.st_mode)) return ErrnoStatus("read", path, EISDIR);
  if (!S_ISREG(st.st_mode))
    return base::InvalidArgument(base::Cat("open ", path, ": not a regular file"));
  const auto too_large = [&] {
    return base::ResourceExhausted(base::Cat("read ", path, ": file exceeds the limit of ",
                                             std::to_string(max_bytes), " bytes"));
  };
  if (static_cast<uint64_t>(st.st_size) > max_bytes) return too_large();
  // one more: sees the end without growing
  std::string out(static_cast<size_t>(st.st_size) + 1, '\0');
  size_t used = 0;
  for (;;) {
    const ssize_t n = read(fd, out.data() + used, out.size() - used);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoStatus("read", path, errno);
    if (n == 0) break;
    used += static_cast<size_t>(n);
    if (used > max_bytes) return too_large();
    if (used == out.size()) out.resize(out.size() * 2);
  }
  out.resize(used);
  return out;
}

base::Result<std::vector<DirEntry>> ReadEntries(UniqueFd dir, std::string_view path) {
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(fdopendir(dir.get()), closedir);
  if (!stream) return ErrnoStatus("open", path, errno);
  const int fd = dir.Release();  // the stream's now
  std::vector<DirEntry> out;
  for (;;) {
    errno = 0;
    const dirent* e = readdir(stream.get());
    if (e == nullptr) {
      if (errno != 0) return ErrnoStatus("readdir", path, errno);
      break;
    }
    const std::string_view name = e->d_name;
    if (name == "." || name == "..") continue;
    struct stat st;
    if (fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0) continue;  // gone meanwhile
    out.push_back({std::string(name), InfoOf(st)});
  }
  std::ranges::sort(out, {}, &DirEntry::name);
  return out;
}

base::Result<std::string> ReadLinkAt(int dir, const std::string& name, std::string_view path) {
  std::string target(4096, '\0');
  const ssize_t n = readlinkat(dir, name.c_str(), target.data(), target.size());
  if (n < 0) return ErrnoStatus("readlink", path, errno);
  target.resize(static_cast<size_t>(n));
  return target;
}

base::Status WriteAll(int fd, std::string_view bytes, std::string_view path) {
  while (!bytes.empty()) {
    const ssize_t n = write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoStatus("write", path, errno);
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return base::OkStatus();
}

}  // namespace sluice::io
