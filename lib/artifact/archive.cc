#include "artifact/archive.h"

#include <zlib.h>

#include <array>
#include <cstring>

#include "artifact/source_ignore.h"
#include "tar_header.h"
#include "walk.h"

namespace sluice::artifact {
namespace {

// Of zlib's levels the one that costs little more than copying on manifests, at a size near the default level's (README.md has numbers).
constexpr int kDeflateLevel = 3;
constexpr size_t kOutBuffer = 64 << 10;
constexpr size_t kMaxDroppedPaths = 5;
// No name, no time, "unknown" system: nothing of this machine gets in.
constexpr std::string_view kGzipHeader("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff", 10);

}  // namespace

struct ArchiveWriter::Impl {
  Impl(ByteSink to, base::DigestAlgorithm algorithm) : sink(std::move(to)), hasher(algorithm) {
    // Raw deflate: the gzip frame is ours. Fails only without memory.
    SLUICE_CHECK(deflateInit2(&z, kDeflateLevel, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  }
  ~Impl() { deflateEnd(&z); }

  base::Status Emit(std::string_view bytes) {
    if (bytes.empty()) return base::OkStatus();
    hasher.Update(bytes);
    summary.size += bytes.size();
    return sink(bytes);
  }

  base::Status Put(std::string_view bytes, int flush = Z_NO_FLUSH) {
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
        SLUICE_TRY(Emit({out.data(), out.size() - z.avail_out}));
      } while (z.avail_out == 0 || (flush == Z_FINISH && rc != Z_STREAM_END));
    } while (!bytes.empty());
    return base::OkStatus();
  }

  base::Status PutEntry(const TarEntry& entry, std::string_view content) {
    if (summary.entries++ == 0) SLUICE_TRY(Emit(kGzipHeader));
    SLUICE_TRY(const std::string head, FormatTarHeader(entry));
    SLUICE_TRY(Put(head));
    SLUICE_TRY(Put(content));
    static constexpr std::array<char, kTarBlock> kZeros{};
    const size_t rest = content.size() % kTarBlock;
    return rest == 0 ? base::OkStatus() : Put({kZeros.data(), kTarBlock - rest});
  }

  ByteSink sink;
  base::Hasher hasher;
  z_stream z{};
  std::string out = std::string(kOutBuffer, '\0');
  uLong crc = 0;
  uint64_t raw_size = 0;
  ArchiveSummary summary;
  PathDigestsBuilder paths;
};

ArchiveWriter::ArchiveWriter(ByteSink sink, base::DigestAlgorithm algorithm)
    : impl_(std::make_unique<Impl>(std::move(sink), algorithm)) {}
ArchiveWriter::~ArchiveWriter() = default;

base::Status ArchiveWriter::AddDirectory(std::string_view path) {
  if (path != ".") impl_->paths.AddDirectory(path);
  return impl_->PutEntry({.name = path, .directory = true}, "");
}

base::Status ArchiveWriter::AddFile(std::string_view path, std::string_view content, bool executable) {
  SLUICE_TRY(impl_->PutEntry({.name = path, .executable = executable, .size = content.size()}, content));
  impl_->paths.AddFile(path, content, executable);
  return base::OkStatus();
}

void ArchiveWriter::CountDropped(std::string_view path) {
  ++impl_->summary.dropped;
  if (impl_->summary.dropped_paths.size() < kMaxDroppedPaths) impl_->summary.dropped_paths.emplace_back(path);
}

base::Result<ArchiveSummary> ArchiveWriter::Finish() {
  if (impl_->summary.entries == 0) SLUICE_TRY(impl_->Emit(kGzipHeader));
  static constexpr std::array<char, 2 * kTarBlock> kEnd{};
  SLUICE_TRY(impl_->Put({kEnd.data(), kEnd.size()}));
  SLUICE_TRY(impl_->Put("", Z_FINISH));
  std::array<char, 8> trailer;
  for (size_t i = 0; i < 4; ++i) {
    trailer[i] = static_cast<char>(impl_->crc >> (8 * i) & 0xff);
    trailer[4 + i] = static_cast<char>(impl_->raw_size >> (8 * i) & 0xff);
  }
  SLUICE_TRY(impl_->Emit({trailer.data(), trailer.size()}));
  impl_->summary.digest = impl_->hasher.Finish().ToString();
  impl_->summary.paths = impl_->paths.Build();
  return std::move(impl_->summary);
}

base::Result<ArchiveSummary> ArchiveTree(const io::FileTree& tree, const IgnoreMatcher* ignore, ByteSink sink,
                                         const ArchiveLimits& limits) {
  ArchiveWriter writer(std::move(sink), limits.digest_algorithm);
  SLUICE_TRY(writer.AddDirectory("."));
  const WalkLimits walk{limits.max_entries, limits.max_depth};
  SLUICE_TRY(WalkTree(tree, walk, [&](const WalkEntry& e) -> base::Result<bool> {
    const bool directory = e.info.kind == io::FileKind::kDirectory;
    if (ignore != nullptr && ignore->Ignores(e.path, directory)) return ignore->has_includes();
    switch (e.info.kind) {
      case io::FileKind::kDirectory:
        SLUICE_TRY(writer.AddDirectory(e.path));
        return true;
      case io::FileKind::kRegular: {
        SLUICE_TRY(const std::string content, tree.ReadFile(e.path, limits.max_file_bytes));
        SLUICE_TRY(writer.AddFile(e.path, content, e.info.executable));
        return false;
      }
      default:
        writer.CountDropped(e.path);
        return false;
    }
  }));
  return writer.Finish();
}

}  // namespace sluice::artifact
