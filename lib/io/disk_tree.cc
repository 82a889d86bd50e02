// A FileTree over a directory of the disk. A path is walked with one open descriptor per component,
// each opened with O_NOFOLLOW; links are read and resolved here, so neither a link nor a rename
// under our feet leads outside the root.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <deque>
#include <memory>
#include <utility>

#include "base/strings.h"
#include "errno_status.h"
#include "fd.h"
#include "io/file_tree.h"

namespace sluice::io {
namespace {

constexpr int kMaxLinks = 40;  // as Linux

struct Place {
  UniqueFd fd;  // O_PATH of the entry; the root's own descriptor is not owned here
  struct stat st;
  std::string resolved;  // relative to the root
};

void PushFront(std::deque<std::string>& pending, std::string_view path) {
  const auto parts = base::Split(path, "/");
  for (auto it = parts.rbegin(); it != parts.rend(); ++it) {
    if (!it->empty() && *it != ".") pending.emplace_front(*it);
  }
}

class DiskTree final : public FileTree {
 public:
  explicit DiskTree(UniqueFd root) : root_(std::move(root)) {}

  base::Result<std::string> ReadFile(std::string_view path, uint64_t max_bytes) const override {
    SLUICE_TRY(const Place place, Walk("open", path, true));
    SLUICE_TRY(const UniqueFd fd, Reopen(place, "open", path, O_RDONLY));
    return ReadAll(fd.get(), path, max_bytes);
  }

  base::Result<FileInfo> Stat(std::string_view path) const override {
    SLUICE_TRY(const Place place, Walk("stat", path, true));
    return InfoOf(place.st);
  }

  base::Result<std::string> ReadLink(std::string_view path) const override {
    SLUICE_TRY(const Place place, Walk("readlink", path, false));
    if (!S_ISLNK(place.st.st_mode)) return ErrnoStatus("readlink", path, EINVAL);
    return ReadLinkAt(place.fd.get(), "", path);
  }

  base::Result<std::vector<DirEntry>> ReadDir(std::string_view path) const override {
    SLUICE_TRY(const Place place, Walk("open", path, true));
    SLUICE_TRY(UniqueFd dir, Reopen(place, "open", path, O_RDONLY | O_DIRECTORY));
    return ReadEntries(std::move(dir), path);
  }

  base::Result<std::string> Resolve(std::string_view path) const override {
    SLUICE_TRY(Place place, Walk("lstat", path, true));
    return std::move(place.resolved);
  }

 private:
  base::Result<Place> Walk(std::string_view op, std::string_view path, bool follow_last) const {
    if (path.starts_with('/')) return EscapesStatus(op, path);
    std::deque<std::string> pending;
    PushFront(pending, path);
    std::vector<Place> stack;  // the entry reached and its parents below the root
    int links = 0;
    while (!pending.empty()) {
      const std::string part = std::move(pending.front());
      pending.pop_front();
      if (part == "..") {
        if (stack.empty()) return EscapesStatus(op, path);
        stack.pop_back();
        continue;
      }
      const int dir = stack.empty() ? root_.get() : stack.back().fd.get();
      Place next{UniqueFd(openat(dir, part.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC)), {}, {}};
      if (!next.fd || fstat(next.fd.get(), &next.st) != 0) return ErrnoStatus(op, path, errno);
      if (S_ISLNK(next.st.st_mode) && (follow_last || !pending.empty())) {
        if (++links > kMaxLinks) return ErrnoStatus(op, path, ELOOP);
        SLUICE_TRY(const std::string target, ReadLinkAt(next.fd.get(), "", path));
        if (target.starts_with('/')) return EscapesStatus(op, path);
        PushFront(pending, target);
        continue;
      }
      if (!pending.empty() && !S_ISDIR(next.st.st_mode)) return ErrnoStatus(op, path, ENOTDIR);
      next.resolved = stack.empty() ? part : base::Cat(stack.back().resolved, "/", part);
      stack.push_back(std::move(next));
    }
    if (!stack.empty()) return std::move(stack.back());
    Place root{UniqueFd(fcntl(root_.get(), F_DUPFD_CLOEXEC, 0)), {}, {}};
    if (!root.fd || fstat(root.fd.get(), &root.st) != 0) return ErrnoStatus(op, path, errno);
    return root;
  }

  // O_PATH descriptors cannot be read: the entry is opened again through /proc, which names this
  // very inode.
  static base::Result<UniqueFd> Reopen(const Place& place, std::string_view op,
                                       std::string_view path, int flags) {
    const std::string name = base::Cat("/proc/self/fd/", std::to_string(place.fd.get()));
    // O_NONBLOCK: a FIFO must not hang us; ReadAll refuses what is no regular file.
    UniqueFd fd(open(name.c_str(), flags | O_CLOEXEC | O_NONBLOCK));
    if (!fd) return ErrnoStatus(op, path, errno);
    return fd;
  }

  const UniqueFd root_;
};

}  // namespace

base::Result<std::unique_ptr<FileTree>> OpenDirectory(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return ErrnoStatus("open", path, errno);
  return std::unique_ptr<FileTree>(std::make_unique<DiskTree>(std::move(fd)));
}

}  // namespace sluice::io
