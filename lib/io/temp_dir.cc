#include "io/temp_dir.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <random>
#include <utility>

#include "base/strings.h"
#include "errno_status.h"

namespace sluice::io {

namespace {
constexpr size_t kMaxPrefix = 180;  // of a name's 255 bytes: objects of Kubernetes may have 253
}

base::Result<TempDir> TempDir::Create(const std::string& parent, std::string_view prefix) {
  std::random_device random;
  for (int attempt = 0; attempt < 1000; ++attempt) {
    std::string path = base::Cat(parent, "/", prefix.substr(0, kMaxPrefix));
    for (int i = 0; i < 4; ++i) path += std::to_string(random());  // 128 bits
    if (mkdir(path.c_str(), 0700) == 0) {
      SLUICE_TRY(RootedFs fs, RootedFs::Open(path));
      return TempDir(std::move(fs));
    }
    if (errno != EEXIST) return ErrnoStatus("mkdir", path, errno);
  }
  return ErrnoStatus("mkdir", parent, EEXIST);
}

TempDir& TempDir::operator=(TempDir&& other) noexcept {
  if (this == &other) return *this;
  Remove();
  fs_ = other.fs_;
  owned_ = std::move(other.owned_);
  return *this;
}

TempDir::~TempDir() { Remove(); }

void TempDir::Remove() {
  if (!owned_.value) return;
  owned_.value = false;
  // A leftover is a leak of space, not of correctness; a destructor has nobody to tell.
  if (fs_.RemoveAll("").ok()) rmdir(fs_.root().c_str());
}

}  // namespace sluice::io
