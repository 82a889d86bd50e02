#include "archive/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <utility>

namespace sluice::archive {
namespace {

constexpr uint64_t kRatioGrace = 10 << 20;
constexpr size_t kOutBuffer = 64 << 10;
constexpr char kFlagExtra = 4, kFlagComment = 16;

class Inflater {
 public:
  Inflater(std::string_view in, const InflateLimits& limits) : in_(in), limits_(limits) {
    limits_.max_bytes = std::min(limits_.max_bytes, uint64_t{1} << 40);
    limits_.max_ratio = std::max<uint64_t>(limits_.max_ratio, 1);
  }
  ~Inflater() {
    if (open_) inflateEnd(&z_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  base::Result<std::string> Run() {
    if (in_.size() < 2) return base::InvalidArgument("unexpected EOF");
    if (!in_.starts_with("\x1f\x8b")) return base::InvalidArgument("gzip: invalid header");
    if (in_.size() > UINT32_MAX) return base::ResourceExhausted("archive is larger than 4 GiB");
    if (inflateInit2(&z_, 16 + MAX_WBITS) != Z_OK) return base::ResourceExhausted("out of memory");
    open_ = true;
    z_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in_.data()));
    z_.avail_in = static_cast<uInt>(in_.size());
    out_.resize(std::min<uint64_t>(limits_.max_bytes + 1, FirstRoom()));
    for (;;) {
      Room();
      z_.next_out = reinterpret_cast<Bytef*>(out_.data() + used_);
      z_.avail_out = static_cast<uInt>(std::min<size_t>(out_.size() - used_, 1 << 30));
      const uInt before = z_.avail_out;
      const int rc = inflate(&z_, Z_NO_FLUSH);
      used_ += before - z_.avail_out;
      SLUICE_TRY(CheckBudget());
      if (rc == Z_STREAM_END) {
        if (z_.avail_in == 0) break;
        if (inflateReset(&z_) != Z_OK) return base::Internal("inflateReset failed");
        continue;  // a further member
      }
      if (rc == Z_BUF_ERROR && z_.avail_in == 0) return base::DataLoss("unexpected EOF");
      if (rc != Z_OK && rc != Z_BUF_ERROR) return base::DataLoss("gzip: invalid data");
    }
    out_.resize(used_);
    if (out_.capacity() > out_.size() * 2) out_.shrink_to_fit();
    return std::move(out_);
  }

 private:
  // One allocation in the usual case: what the last four bytes claim, where that is likely.
  // Manifests shrink about five times.
  uint64_t FirstRoom() const {
    constexpr uint64_t kLeast = 16 << 10, kLikely = 40;
    uint64_t claimed = 0;
    for (size_t i = 0; i < 4 && i < in_.size(); ++i)
      claimed = claimed << 8 | static_cast<unsigned char>(in_[in_.size() - 1 - i]);
    if (claimed >= in_.size() && claimed <= in_.size() * kLikely)
      return std::max(claimed + 16, kLeast);
    return std::max<uint64_t>(in_.size() * 6, kLeast);
  }

  void Room() {
    if (used_ == out_.size())
      out_.resize(std::min<uint64_t>(limits_.max_bytes + 1, out_.size() * 2));
  }

  base::Status CheckBudget() const {
    if (used_ > limits_.max_bytes) {
      return base::ResourceExhausted("archive is larger than " + std::to_string(limits_.max_bytes) +
                                     " bytes when unpacked");
    }
    const uint64_t read = in_.size() - z_.avail_in;
    if (used_ > kRatioGrace && used_ / limits_.max_ratio > read) {
      return base::ResourceExhausted("archive expands more than " +
                                     std::to_string(limits_.max_ratio) + " times");
    }
    return base::OkStatus();
  }

  std::string_view in_;
  InflateLimits limits_;
  z_stream z_{};
  bool open_ = false;
  std::string out_;
  size_t used_ = 0;
};

void AppendLittleEndian(std::string& out, uint64_t value, int bytes) {
  for (; bytes-- > 0; value >>= 8) out += static_cast<char>(value & 0xff);
}

std::string Header(const GzipOptions& options) {
  std::string out("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff", 10);
  out[3] = static_cast<char>((options.extra.empty() ? 0 : kFlagExtra) |
                             (options.comment.empty() ? 0 : kFlagComment));
  if (!options.extra.empty()) {
    AppendLittleEndian(out, options.extra.size(), 2);
    out += options.extra;
  }
  if (!options.comment.empty()) out.append(options.comment).append(1, '\0');
  return out;
}

}  // namespace

base::Result<std::string> InflateGzip(std::string_view bytes, const InflateLimits& limits) {
  return Inflater(bytes, limits).Run();
}

struct GzipWriter::Impl {
  Impl(ByteSink to, const GzipOptions& options) : sink(std::move(to)), header(Header(options)) {
    // Raw deflate: the gzip frame is ours. Fails only without memory.
    SLUICE_CHECK(deflateInit2(&z, options.level, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) ==
                 Z_OK);
  }
  ~Impl() { deflateEnd(&z); }

  base::Status Start() {
    if (header.empty()) return base::OkStatus();
    return sink(std::exchange(header, {}));
  }

  base::Status Put(std::string_view bytes, int flush) {
    SLUICE_TRY(Start());
    constexpr size_t kPiece = 1 << 30;  // avail_in is 32 bits
    do {
      const std::string_view piece = bytes.substr(0, kPiece);
      bytes.remove_prefix(piece.size());
      crc = crc32_z(crc, reinterpret_cast<const Bytef*>(piece.data()), piece.size());
      raw_size += piece.size();
      z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
      z.avail_in = static_cast<uInt>(piece.size());
      int rc = Z_OK;
      do {
        z.next_out = reinterpret_cast<Bytef*>(out.data());
        z.avail_out = static_cast<uInt>(out.size());
        rc = deflate(&z, flush);
        const std::string_view made(out.data(), out.size() - z.avail_out);
        if (!made.empty()) SLUICE_TRY(sink(made));
      } while (z.avail_out == 0 || (flush == Z_FINISH && rc != Z_STREAM_END));
    } while (!bytes.empty());
    return base::OkStatus();
  }

  ByteSink sink;
  std::string header;
  z_stream z{};
  std::string out = std::string(kOutBuffer, '\0');
  uLong crc = 0;
  uint64_t raw_size = 0;
};

GzipWriter::GzipWriter(ByteSink sink, const GzipOptions& options)
    : impl_(std::make_unique<Impl>(std::move(sink), options)) {}
GzipWriter::~GzipWriter() = default;

base::Status GzipWriter::Write(std::string_view bytes) { return impl_->Put(bytes, Z_NO_FLUSH); }

base::Status GzipWriter::Finish() {
  SLUICE_TRY(impl_->Put("", Z_FINISH));
  std::string trailer;
  AppendLittleEndian(trailer, impl_->crc, 4);
  AppendLittleEndian(trailer, impl_->raw_size, 4);
  return impl_->sink(trailer);
}

}  // namespace sluice::archive
