#include <zlib.h>

#include <algorithm>

#include "archive/gzip.h"

namespace sluice::archive {
namespace {

constexpr uint64_t kRatioGrace = 10 << 20;
constexpr size_t kOutBuffer = 64 << 10;

}  // namespace

struct GzipReader::Impl {
  Impl(ByteSink to, const InflateLimits& l) : sink(std::move(to)), limits(l) {
    SLUICE_CHECK(inflateInit2(&z, 16 + MAX_WBITS) == Z_OK);  // fails only without memory
  }
  ~Impl() { inflateEnd(&z); }

  base::Status CheckBudget() const {
    if (made > limits.max_bytes) {
      return base::ResourceExhausted("archive is larger than " + std::to_string(limits.max_bytes) +
                                     " bytes when unpacked");
    }
    if (made > kRatioGrace && made / std::max<uint64_t>(limits.max_ratio, 1) > taken) {
      return base::ResourceExhausted("archive expands more than " +
                                     std::to_string(limits.max_ratio) + " times");
    }
    return base::OkStatus();
  }

  ByteSink sink;
  const InflateLimits limits;
  z_stream z{};
  std::string out = std::string(kOutBuffer, '\0');
  std::string start;    // the first two bytes
  bool at_end = false;  // of a member, with nothing behind it yet
  uint64_t taken = 0, made = 0;
};

GzipReader::GzipReader(ByteSink sink, const InflateLimits& limits)
    : impl_(std::make_unique<Impl>(std::move(sink), limits)) {}
GzipReader::~GzipReader() = default;

base::Status GzipReader::Write(std::string_view bytes) {
  Impl& s = *impl_;
  if (bytes.empty()) return base::OkStatus();
  if (s.start.size() < 2) {
    s.start += bytes.substr(0, 2 - s.start.size());
    if (s.start.size() == 2 && s.start != "\x1f\x8b")
      return base::InvalidArgument("gzip: invalid header");
  }
  constexpr size_t kPiece = 1 << 30;  // avail_in is 32 bits
  for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), kPiece))) {
    const std::string_view piece = bytes.substr(0, kPiece);
    s.z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
    s.z.avail_in = static_cast<uInt>(piece.size());
    s.taken += piece.size();
    do {
      if (s.at_end && s.z.avail_in > 0) {
        if (inflateReset(&s.z) != Z_OK) return base::Internal("inflateReset failed");
        s.at_end = false;
      }
      s.z.next_out = reinterpret_cast<Bytef*>(s.out.data());
      s.z.avail_out = static_cast<uInt>(s.out.size());
      const int rc = inflate(&s.z, Z_NO_FLUSH);
      if (rc != Z_OK && rc != Z_BUF_ERROR && rc != Z_STREAM_END)
        return base::DataLoss("gzip: invalid data");
      s.at_end = rc == Z_STREAM_END;
      const std::string_view got(s.out.data(), s.out.size() - s.z.avail_out);
      s.made += got.size();
      SLUICE_TRY(s.CheckBudget());
      if (!got.empty()) SLUICE_TRY(s.sink(got));
    } while (s.z.avail_in > 0 || (s.z.avail_out == 0 && !s.at_end));
  }
  return base::OkStatus();
}

base::Status GzipReader::Finish() {
  if (impl_->start.size() < 2) return base::InvalidArgument("unexpected EOF");
  return impl_->at_end ? base::OkStatus() : base::DataLoss("unexpected EOF");
}

}  // namespace sluice::archive
