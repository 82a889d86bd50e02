#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "bus/source.h"
#include "io/unique_fd.h"

namespace sluice::bus {
namespace {

class FileReader final : public ArtifactReader {
 public:
  FileReader(io::UniqueFd fd, uint64_t size) : fd_(std::move(fd)), size_(size) {}
  uint64_t size() const override { return size_; }

  base::Result<size_t> ReadAt(uint64_t offset, std::span<char> out) override {
    size_t filled = 0;
    while (filled < out.size()) {
      const ssize_t n = ::pread(fd_.get(), out.data() + filled, out.size() - filled, static_cast<off_t>(offset + filled));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return base::Unavailable(std::string("read artifact: ") + std::strerror(errno));
      if (n == 0) break;
      filled += static_cast<size_t>(n);
    }
    return filled;
  }

 private:
  io::UniqueFd fd_;
  uint64_t size_;
};

}  // namespace

base::Result<std::unique_ptr<ArtifactReader>> OpenArtifactFile(const std::string& path) {
  io::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat info = {};
  if (!fd || ::fstat(fd.get(), &info) != 0) {
    const std::string message = "open " + path + ": " + std::strerror(errno);
    return errno == ENOENT ? base::NotFound(message) : base::Unavailable(message);
  }
  if (!S_ISREG(info.st_mode)) return base::InvalidArgument("open " + path + ": not a regular file");
  return std::unique_ptr<ArtifactReader>(std::make_unique<FileReader>(std::move(fd), static_cast<uint64_t>(info.st_size)));
}

}  // namespace sluice::bus
