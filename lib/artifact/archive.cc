#include "artifact/archive.h"

#include <array>

#include "archive/piece_gzip.h"
#include "archive/tar.h"
#include "artifact/source_ignore.h"
#include "pieces.h"
#include "walk.h"

namespace sluice::artifact {
namespace {

constexpr size_t kMaxDroppedPaths = 5;

}  // namespace

struct ArchiveWriter::Impl {
  Impl(ByteSink to, base::DigestAlgorithm algorithm)
      : sink(std::move(to)),
        hasher(algorithm),
        gzip([this](std::string_view bytes) { return Emit(bytes); }, kDeflateLevel) {}

  base::Status Emit(std::string_view bytes) {
    hasher.Update(bytes);
    summary.size += bytes.size();
    return sink(bytes);
  }

  base::Status PutEntry(const archive::TarEntry& entry, std::string_view content) {
    // The root goes with the first entry; see pieces.h.
    if (summary.entries > 1 && (weight >= kPieceWeight || CutsBefore(entry.name))) {
      SLUICE_TRY(gzip.EndPiece());
      weight = 0;
    }
    weight += WeightOf(content.size());
    ++summary.entries;
    SLUICE_TRY(const std::string head, archive::FormatTarHeader(entry));
    SLUICE_TRY(gzip.Write(head));
    SLUICE_TRY(gzip.Write(content));
    static constexpr std::array<char, archive::kTarBlock> kZeros{};
    const size_t rest = content.size() % archive::kTarBlock;
    return rest == 0 ? base::OkStatus() : gzip.Write({kZeros.data(), archive::kTarBlock - rest});
  }

  ByteSink sink;
  base::Hasher hasher;
  archive::PieceGzipWriter gzip;
  uint64_t weight = 0;  // of the open piece
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

base::Status ArchiveWriter::AddFile(std::string_view path, std::string_view content,
                                    bool executable) {
  SLUICE_TRY(
      impl_->PutEntry({.name = path, .executable = executable, .size = content.size()}, content));
  impl_->paths.AddFile(path, content, executable);
  return base::OkStatus();
}

void ArchiveWriter::CountDropped(std::string_view path) {
  ++impl_->summary.dropped;
  if (impl_->summary.dropped_paths.size() < kMaxDroppedPaths)
    impl_->summary.dropped_paths.emplace_back(path);
}

base::Result<ArchiveSummary> ArchiveWriter::Finish() {
  static constexpr std::array<char, 2 * archive::kTarBlock> kEnd{};
  if (impl_->summary.entries > 0) SLUICE_TRY(impl_->gzip.EndPiece());
  SLUICE_TRY(impl_->gzip.Write({kEnd.data(), kEnd.size()}));
  SLUICE_TRY(impl_->gzip.EndPiece());
  SLUICE_TRY(impl_->gzip.Finish());
  impl_->summary.digest = impl_->hasher.Finish().ToString();
  impl_->summary.paths = impl_->paths.Build();
  return std::move(impl_->summary);
}

base::Result<ArchiveSummary> ArchiveTree(const io::FileTree& tree, const IgnoreMatcher* ignore,
                                         ByteSink sink, const ArchiveLimits& limits) {
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
