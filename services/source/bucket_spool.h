// BucketSpool: downloaded objects on disk until they are archived. Each of its files is written by
// one thread, object behind object; reading is thread-safe. Gone with its object.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "bucket/bucket.h"
#include "io/temp_dir.h"
#include "io/unique_fd.h"

namespace sluice::source {

struct SpoolPlace {
  size_t file = SIZE_MAX;  // SIZE_MAX: nowhere
  uint64_t offset = 0, size = 0;
  bool empty() const { return file == SIZE_MAX; }
};

class BucketSpool {
 public:
  // Files without names below `parent`: nothing stays behind, however the process ends.
  static base::Result<BucketSpool> Create(const std::string& parent, std::string_view prefix,
                                          size_t files);

  // Takes the objects of one thread. One at a time.
  class Writer final : public bucket::ObjectSink {
   public:
    Writer(BucketSpool& spool, size_t file) : spool_(spool), file_(file) {}
    base::Status Begin() override;
    base::Status Write(std::string_view bytes) override;
    // What was written since the last Begin; the next object lies behind it.
    base::Result<SpoolPlace> Keep();

   private:
    base::Status Flush();
    BucketSpool& spool_;
    const size_t file_;
    uint64_t start_ = 0, at_ = 0;
    std::string buffer_;
    base::Status failed_;
  };

  base::Result<std::string> Read(const SpoolPlace& place) const;

 private:
  explicit BucketSpool(std::vector<io::UniqueFd> files) : files_(std::move(files)) {}
  std::vector<io::UniqueFd> files_;
};

}  // namespace sluice::source
