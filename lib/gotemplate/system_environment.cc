#include "gotemplate/system_environment.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

#include "base/strings.h"

namespace sluice::gotemplate {
namespace {

constexpr off_t kMaxZoneFile = 1 << 20;

// Names come from templates: nothing that leads out of the folder.
bool IsZoneName(std::string_view name) {
  if (name.empty() || name.size() > 255 || name.front() == '/' || name.find('\0') != name.npos)
    return false;
  for (const std::string_view part : base::Split(name, "/")) {
    if (part.empty() || part == "." || part == "..") return false;
  }
  return true;
}

std::string ReadSmallFile(int fd) {
  struct stat info {};
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size > kMaxZoneFile) return {};
  std::string out(static_cast<size_t>(info.st_size), '\0');
  size_t size = 0;
  while (size < out.size()) {
    const ssize_t n = read(fd, out.data() + size, out.size() - size);
    if (n <= 0) break;
    size += static_cast<size_t>(n);
  }
  out.resize(size);
  return out;
}

}  // namespace

base::Time SystemEnvironment::Now() const {
  return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
}

void SystemEnvironment::Random(std::span<uint8_t> out) {
  while (!out.empty()) {
    const ssize_t n = getrandom(out.data(), out.size(), 0);
    // the kernel has no other failure for whoever asks like this
    SLUICE_CHECK(n > 0 || errno == EINTR);
    if (n > 0) out = out.subspan(static_cast<size_t>(n));
  }
}

std::string SystemEnvironment::ZoneFile(std::string_view name) {
  if (!IsZoneName(name)) return {};
  const std::string path = base::Cat("/usr/share/zoneinfo/", name);
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0) return {};
  std::string bytes = ReadSmallFile(fd);
  close(fd);
  return bytes;
}

}  // namespace sluice::gotemplate
