#include "disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/strings.h"

namespace sluice::cli {
namespace {

using base::Cat;
using base::Result;
using base::Status;

// In Go's words, which start lower-case. What was done to which file is said by who asked.
Status FromErrno(int error) {
  std::string text = std::strerror(error);
  if (text.size() > 1 && text[1] >= 'a' && text[1] <= 'z')
    text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  if (error == ENOENT || error == ENOTDIR) return base::NotFound(text);
  if (error == EACCES || error == EPERM) return base::PermissionDenied(text);
  return base::Unavailable(text);
}

io::FileInfo ToInfo(const struct stat& s) {
  io::FileInfo info;
  info.kind = S_ISREG(s.st_mode)   ? io::FileKind::kRegular
              : S_ISDIR(s.st_mode) ? io::FileKind::kDirectory
              : S_ISLNK(s.st_mode) ? io::FileKind::kSymlink
                                   : io::FileKind::kOther;
  info.size = static_cast<uint64_t>(s.st_size);
  info.executable = (s.st_mode & S_IXUSR) != 0;
  return info;
}

struct Descriptor {
  explicit Descriptor(int f) : fd(f) {}
  ~Descriptor() {
    if (fd >= 0) close(fd);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int fd;
};

// A directory as it was listed, open for what is read in it next: a name in it is found without the
// way to it, and a regular file's size is known.
struct Listing {
  explicit Listing(std::string absolute)
      : path(std::move(absolute)), directory(opendir(path.c_str()), closedir) {}

  int fd() const { return dirfd(directory.get()); }
  // nullopt: no regular file was there.
  std::optional<uint64_t> SizeOf(std::string_view name) const {
    const auto it = std::ranges::lower_bound(
        entries, name, {}, [](const io::DirEntry& e) -> std::string_view { return e.name; });
    if (it == entries.end() || it->name != name || it->info.kind != io::FileKind::kRegular)
      return std::nullopt;
    return it->info.size;
  }

  std::string path;
  std::unique_ptr<DIR, int (*)(DIR*)> directory;
  std::vector<io::DirEntry> entries;  // by name
};

class Disk final : public io::FileTree {
 public:
  Result<std::string> ReadFile(std::string_view path, uint64_t max_bytes) const override {
    const std::string absolute = Cat("/", path);
    const size_t slash = absolute.rfind('/');
    const std::shared_ptr<const Listing> listing =
        ListingOf(std::string_view(absolute).substr(0, slash));
    const char* const name = absolute.c_str() + (listing == nullptr ? 0 : slash + 1);
    const Descriptor file(openat(listing == nullptr ? AT_FDCWD : listing->fd(), name,
                                 O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.fd < 0) return FromErrno(errno);
    std::optional<uint64_t> size = listing == nullptr ? std::nullopt : listing->SizeOf(name);
    if (!size.has_value()) {
      struct stat s {};
      if (fstat(file.fd, &s) != 0) return FromErrno(errno);
      if (!S_ISREG(s.st_mode)) return base::InvalidArgument("not a regular file");
      size = static_cast<uint64_t>(s.st_size);
    }
    std::string bytes;
    bytes.resize(static_cast<size_t>(*size) + 1);  // room to see the end
    size_t done = 0;
    while (true) {
      if (done == bytes.size()) bytes.resize(bytes.size() * 2);
      const size_t room = bytes.size() - done;
      const ssize_t n = read(file.fd, bytes.data() + done, room);
      if (n < 0) return FromErrno(errno);
      done += static_cast<size_t>(n);
      if (done > max_bytes)
        return base::ResourceExhausted(Cat("larger than ", std::to_string(max_bytes), " bytes"));
      if (static_cast<size_t>(n) < room) break;  // a regular file's end
    }
    bytes.resize(done);
    return bytes;
  }

  Result<io::FileInfo> Stat(std::string_view path) const override {
    const std::string absolute = Cat("/", path);
    {
      const std::lock_guard lock(mu_);
      if (absolute == last_path_) return last_info_;
    }
    struct stat s {};
    if (stat(absolute.c_str(), &s) != 0) return FromErrno(errno);
    return ToInfo(s);
  }

  Result<std::string> ReadLink(std::string_view path) const override {
    char target[PATH_MAX];
    const ssize_t n = readlink(Cat("/", path).c_str(), target, sizeof target);
    if (n < 0) return FromErrno(errno);
    return std::string(target, static_cast<size_t>(n));
  }

  Result<std::vector<io::DirEntry>> ReadDir(std::string_view path) const override {
    auto listing = std::make_shared<Listing>(Cat("/", path));
    if (listing->directory == nullptr) return FromErrno(errno);
    std::vector<io::DirEntry> entries;
    while (const dirent* entry = readdir(listing->directory.get())) {
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      struct stat s {};
      if (fstatat(listing->fd(), entry->d_name, &s, AT_SYMLINK_NOFOLLOW) != 0) continue;
      entries.push_back({std::string(name), ToInfo(s)});
    }
    std::ranges::sort(entries, {}, &io::DirEntry::name);
    listing->entries = entries;
    const std::lock_guard lock(mu_);
    while (!listings_.empty() && !listing->path.starts_with(Cat(listings_.back()->path, "/")))
      listings_.pop_back();
    listings_.push_back(std::move(listing));
    return entries;
  }

  // What is no link lies where its directory lies. Directories are resolved once.
  Result<std::string> Resolve(std::string_view path) const override {
    const std::string absolute = Cat("/", path);
    struct stat s {};
    if (lstat(absolute.c_str(), &s) != 0) return FromErrno(errno);
    const std::lock_guard lock(mu_);
    if (S_ISLNK(s.st_mode)) return FollowLinks(absolute);
    last_path_ = absolute;  // who resolves a path mostly asks next what it is
    last_info_ = ToInfo(s);
    const size_t slash = absolute.rfind('/');
    SLUICE_TRY(const std::string directory, ResolveDirectory(absolute.substr(0, slash)));
    return directory.empty() ? absolute.substr(slash + 1) : Cat(directory, absolute.substr(slash));
  }

 private:
  // Null where it was not listed, or not lately.
  std::shared_ptr<const Listing> ListingOf(std::string_view directory) const {
    const std::lock_guard lock(mu_);
    const auto it =
        std::ranges::find(listings_, directory,
                          [](const auto& listing) -> std::string_view { return listing->path; });
    return it == listings_.end() ? nullptr : *it;
  }

  // `absolute` is a directory or a link to one; "" = the root.
  Result<std::string> ResolveDirectory(const std::string& absolute) const {
    if (absolute.empty()) return std::string();
    if (const auto it = resolved_.find(absolute); it != resolved_.end()) return it->second;
    struct stat s {};
    if (lstat(absolute.c_str(), &s) != 0) return FromErrno(errno);
    if (S_ISLNK(s.st_mode)) return FollowLinks(absolute);
    const size_t slash = absolute.rfind('/');
    SLUICE_TRY(const std::string above, ResolveDirectory(absolute.substr(0, slash)));
    return resolved_[absolute] =
               above.empty() ? absolute.substr(slash + 1) : Cat(above, absolute.substr(slash));
  }

  Result<std::string> FollowLinks(const std::string& absolute) const {
    const std::unique_ptr<char, void (*)(void*)> real(realpath(absolute.c_str(), nullptr),
                                                      std::free);
    if (real == nullptr) return FromErrno(errno);
    return resolved_[absolute] = real.get() + 1;
  }

  mutable std::mutex mu_;
  // for one command: the disk is taken to hold still
  mutable std::map<std::string, std::string, std::less<>> resolved_;
  mutable std::vector<std::shared_ptr<const Listing>> listings_;  // each within the one before it
  mutable std::string last_path_;
  mutable io::FileInfo last_info_;
};

}  // namespace

std::unique_ptr<io::FileTree> OpenDisk() { return std::make_unique<Disk>(); }

}  // namespace sluice::cli
