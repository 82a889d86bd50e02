// A gzip member made of pieces, each deflated for itself and ending at a byte: no piece refers to
// another, so one that is made of the same input can be copied from a former archive as it is. The
// whole is one valid member to every reader.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "archive/gzip.h"
#include "base/status.h"

namespace sluice::archive {

struct GzipPiece {
  uint64_t offset = 0;  // in the member's bytes
  uint64_t size = 0;    // compressed
  uint64_t raw_size = 0;
  uint32_t crc = 0;  // of the raw bytes
};

// What went into a piece, from its own bytes alone. kDataLoss if they are not that piece's.
base::Result<std::string> InflatePiece(std::string_view bytes, const GzipPiece& piece);

// Thread-compatible; one use. The bytes depend on nothing but the input and where its pieces end.
class PieceGzipWriter {
 public:
  explicit PieceGzipWriter(ByteSink sink, int level);
  ~PieceGzipWriter();
  PieceGzipWriter(const PieceGzipWriter&) = delete;
  PieceGzipWriter& operator=(const PieceGzipWriter&) = delete;

  base::Status Write(std::string_view raw);  // into the open piece
  base::Result<GzipPiece> EndPiece();
  // A piece of another member; its bytes follow by CopyBytes, in any cutting. REQUIRES: no piece is
  // open
  GzipPiece Adopt(const GzipPiece& piece);
  base::Status CopyBytes(std::string_view bytes);
  base::Status Finish();  // REQUIRES: no piece is open

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::archive
