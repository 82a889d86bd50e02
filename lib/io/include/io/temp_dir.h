// TempDir: a private folder (0700) that is removed, with all it holds, when the object ends. A
// move-only resource.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "io/rooted_fs.h"

namespace sluice::io {

class TempDir {
 public:
  // "<parent>/<prefix><random digits>", as Go's os.MkdirTemp names it.
  static base::Result<TempDir> Create(const std::string& parent, std::string_view prefix);

  TempDir(TempDir&& other) noexcept = default;
  TempDir& operator=(TempDir&& other) noexcept;
  ~TempDir();

  const std::string& path() const { return fs_.root(); }
  const RootedFs& fs() const { return fs_; }

 private:
  explicit TempDir(RootedFs fs) : fs_(std::move(fs)), owned_(true) {}
  void Remove();
  RootedFs fs_;
  struct Owned {  // moves to false
    bool value;
    Owned(bool v) : value(v) {}  // NOLINT(google-explicit-constructor)
    Owned(Owned&& o) noexcept : value(o.value) { o.value = false; }
    Owned& operator=(Owned&& o) noexcept {
      value = o.value;
      o.value = false;
      return *this;
    }
  } owned_;
};

}  // namespace sluice::io
