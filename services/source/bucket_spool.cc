#include "bucket_spool.h"

#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/strings.h"

namespace sluice::source {
namespace {

constexpr size_t kBuffer = 256 << 10;

base::Status Errno(std::string_view what) {
  const int e = errno;
  const auto code =
      e == ENOSPC ? base::StatusCode::kResourceExhausted : base::StatusCode::kUnavailable;
  std::string text = std::generic_category().message(e);
  if (!text.empty()) text[0] = base::ToLower(text.substr(0, 1))[0];
  return {code, base::Cat(what, ": ", text)};
}

}  // namespace

base::Result<BucketSpool> BucketSpool::Create(const std::string& parent, std::string_view prefix,
                                              size_t files) {
  SLUICE_TRY(const auto dir, io::TempDir::Create(parent, prefix));
  std::vector<io::UniqueFd> open;
  for (size_t i = 0; i < files; ++i) {
    SLUICE_TRY(auto fd, dir.fs().OpenReadWrite(std::to_string(i)));
    open.push_back(std::move(fd));
  }
  return BucketSpool(std::move(open));
}

base::Status BucketSpool::Writer::Begin() {
  buffer_.clear();
  at_ = start_;
  failed_ = {};
  return base::OkStatus();
}

base::Status BucketSpool::Writer::Write(std::string_view bytes) {
  if (at_ + buffer_.size() + bytes.size() - start_ > bucket::kMaxObjectBytes) {
    return base::ResourceExhausted(
        base::Cat("the object is larger than ", std::to_string(bucket::kMaxObjectBytes), " bytes"));
  }
  buffer_ += bytes;
  return buffer_.size() < kBuffer ? base::OkStatus() : Flush();
}

base::Status BucketSpool::Writer::Flush() {
  std::string_view rest = buffer_;
  while (!rest.empty() && failed_.ok()) {
    const ssize_t n =
        ::pwrite(spool_.files_[file_].get(), rest.data(), rest.size(), static_cast<off_t>(at_));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      failed_ = Errno("write spool");
      break;
    }
    at_ += static_cast<uint64_t>(n);
    rest.remove_prefix(static_cast<size_t>(n));
  }
  buffer_.clear();
  return failed_;
}

base::Result<SpoolPlace> BucketSpool::Writer::Keep() {
  SLUICE_TRY(Flush());
  const SpoolPlace place{file_, start_, at_ - start_};
  start_ = at_;
  return place;
}

base::Result<std::string> BucketSpool::Read(const SpoolPlace& place) const {
  std::string out(static_cast<size_t>(place.size), '\0');
  for (size_t done = 0; done < out.size();) {
    const ssize_t n = ::pread(files_[place.file].get(), out.data() + done, out.size() - done,
                              static_cast<off_t>(place.offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return n < 0 ? Errno("read spool") : base::DataLoss("read spool: unexpected EOF");
    done += static_cast<size_t>(n);
  }
  return out;
}

}  // namespace sluice::source
