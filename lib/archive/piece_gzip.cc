#include "archive/piece_gzip.h"

#include <zlib.h>

#include <array>
#include <utility>

namespace sluice::archive {
namespace {

constexpr size_t kOutBuffer = 64 << 10;
constexpr std::string_view kHeader("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff", 10);
constexpr std::string_view kLastBlock("\x03\x00", 2);  // an empty final block

}  // namespace

struct PieceGzipWriter::Impl {
  Impl(ByteSink to, int level) : sink(std::move(to)) {
    // fails only without memory
    SLUICE_CHECK(deflateInit2(&z, level, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  }
  ~Impl() { deflateEnd(&z); }

  base::Status Emit(std::string_view bytes) {
    if (written == 0) {
      written = kHeader.size();
      SLUICE_TRY(sink(kHeader));
    }
    written += bytes.size();
    return bytes.empty() ? base::OkStatus() : sink(bytes);
  }

  base::Status Deflate(std::string_view raw, int flush) {
    constexpr size_t kPart = 1 << 30;  // avail_in is 32 bits
    do {
      const std::string_view part = raw.substr(0, kPart);
      raw.remove_prefix(part.size());
      // zlib takes a null pointer for "begin anew".
      if (!part.empty())
        piece.crc = static_cast<uint32_t>(
            crc32_z(piece.crc, reinterpret_cast<const Bytef*>(part.data()), part.size()));
      piece.raw_size += part.size();
      z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(part.data()));
      z.avail_in = static_cast<uInt>(part.size());
      do {
        z.next_out = reinterpret_cast<Bytef*>(out.data());
        z.avail_out = static_cast<uInt>(out.size());
        deflate(&z, flush);
        SLUICE_TRY(Emit({out.data(), out.size() - z.avail_out}));
      } while (z.avail_out == 0);
    } while (!raw.empty());
    return base::OkStatus();
  }

  void Account(const GzipPiece& p) {
    crc = static_cast<uint32_t>(crc32_combine(crc, p.crc, static_cast<z_off_t>(p.raw_size)));
    raw_size += p.raw_size;
  }

  ByteSink sink;
  z_stream z{};
  std::string out = std::string(kOutBuffer, '\0');
  GzipPiece piece;
  bool open = false;
  uint64_t written = 0, raw_size = 0;
  uint32_t crc = 0;
};

PieceGzipWriter::PieceGzipWriter(ByteSink sink, int level)
    : impl_(std::make_unique<Impl>(std::move(sink), level)) {}
PieceGzipWriter::~PieceGzipWriter() = default;

base::Status PieceGzipWriter::Write(std::string_view raw) {
  if (!impl_->open) {
    SLUICE_TRY(impl_->Emit({}));
    impl_->open = true;
    impl_->piece = {.offset = impl_->written};
  }
  return raw.empty() ? base::OkStatus() : impl_->Deflate(raw, Z_NO_FLUSH);
}

base::Result<GzipPiece> PieceGzipWriter::EndPiece() {
  SLUICE_TRY(Write({}));
  SLUICE_TRY(impl_->Deflate({}, Z_FULL_FLUSH));
  SLUICE_CHECK(deflateReset(&impl_->z) == Z_OK);
  impl_->open = false;
  impl_->piece.size = impl_->written - impl_->piece.offset;
  impl_->Account(impl_->piece);
  return impl_->piece;
}

GzipPiece PieceGzipWriter::Adopt(const GzipPiece& piece) {
  SLUICE_CHECK(!impl_->open);
  GzipPiece here = piece;
  here.offset = impl_->written == 0 ? kHeader.size() : impl_->written;
  impl_->Account(piece);
  return here;
}

base::Status PieceGzipWriter::CopyBytes(std::string_view bytes) { return impl_->Emit(bytes); }

base::Status PieceGzipWriter::Finish() {
  SLUICE_CHECK(!impl_->open);
  SLUICE_TRY(impl_->Emit(kLastBlock));
  std::array<char, 8> trailer;
  for (size_t i = 0; i < 4; ++i) {
    trailer[i] = static_cast<char>(impl_->crc >> (8 * i) & 0xff);
    trailer[4 + i] = static_cast<char>(impl_->raw_size >> (8 * i) & 0xff);
  }
  return impl_->Emit({trailer.data(), trailer.size()});
}

base::Result<std::string> InflatePiece(std::string_view bytes, const GzipPiece& piece) {
  const auto bad = [] { return base::DataLoss("gzip: invalid data"); };
  constexpr uint64_t kMost = uint64_t{1} << 31;  // avail_in and avail_out are 32 bits
  if (bytes.size() != piece.size || bytes.size() >= kMost || piece.raw_size >= kMost) return bad();
  z_stream z{};
  SLUICE_CHECK(inflateInit2(&z, -MAX_WBITS) == Z_OK);  // fails only without memory
  std::string out(static_cast<size_t>(piece.raw_size), '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  z.avail_in = static_cast<uInt>(bytes.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  const int result = inflate(&z, Z_SYNC_FLUSH);
  const bool whole =
      (result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR) && z.avail_out == 0;
  inflateEnd(&z);
  if (!whole || crc32_z(0, reinterpret_cast<const Bytef*>(out.data()), out.size()) != piece.crc)
    return bad();
  return out;
}

}  // namespace sluice::archive
