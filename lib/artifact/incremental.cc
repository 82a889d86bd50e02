#include "artifact/incremental.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <optional>
#include <span>

#include "archive/tar.h"
#include "archive_index.h"
#include "artifact/source_ignore.h"
#include "base/digest.h"
#include "base/strings.h"
#include "path_hash.h"
#include "path_table.h"
#include "pieces.h"

namespace sluice::artifact {
namespace {

using Kind = ContentTree::Kind;

constexpr std::string_view kIgnoreFile = ".sourceignore";
constexpr uint64_t kMaxIgnoreFile = 1 << 20;
constexpr size_t kMaxDroppedPaths = 5;
constexpr size_t kCopyBuffer = 1 << 20;

bool IsFile(Kind k) { return k == Kind::kFile || k == Kind::kExecutable; }
bool IsDirectory(Kind k) { return k == Kind::kDirectory || k == Kind::kEmptyDirectory; }

// The entries of the new tree, in the archive's order. Where a directory is the one the former
// index has at its path, its entries are taken over and nothing is read: the walk goes down only
// where something changed.
class Lister {
 public:
  Lister(const ContentTree& tree, const ArchiveLimits& limits, const ArchiveIndex* former)
      : tree_(tree), limits_(limits), former_(former) {}

  base::Result<std::vector<IndexEntry>> Run() {
    if (former_ != nullptr) out_.reserve(former_->entries.size() + 64);
    if (former_ != nullptr && former_->root == tree_.root()) {
      out_ = former_->entries;
      return std::move(out_);
    }
    SLUICE_TRY(Enter(tree_.root(), "", kNone, 0, former_ == nullptr ? 0 : former_->entries.size()));
    while (!stack_.empty()) {
      Level& top = stack_.back();
      if (top.next == top.items.size()) {
        if (top.self != kNone)
          out_[top.self].descendants = static_cast<uint32_t>(out_.size() - top.self - 1);
        stack_.pop_back();
        continue;
      }
      SLUICE_TRY(Take(top.items[top.next++]));
    }
    return std::move(out_);
  }

  std::deque<std::string> TakePaths() { return std::move(paths_); }

 private:
  static constexpr size_t kNone = SIZE_MAX;
  struct Level {
    std::vector<ContentTree::Item> items;
    size_t next = 0;
    std::string_view path;   // of the directory
    size_t self = kNone;     // its entry
    size_t at = 0, end = 0;  // its entries in the former index
  };

  base::Status Enter(const ContentTree::Id& id, std::string_view path, size_t self, size_t at,
                     size_t end) {
    if (stack_.size() >= limits_.max_depth) {
      return base::ResourceExhausted("directories nested deeper than " +
                                     std::to_string(limits_.max_depth));
    }
    SLUICE_TRY(auto items, tree_.List(id));
    stack_.push_back({std::move(items), 0, path, self, at, end});
    return base::OkStatus();
  }

  // The former entry of that name in the directory; both are in the same order.
  const IndexEntry* Former(Level& level, std::string_view name) {
    const size_t skip = level.path.empty() ? 0 : level.path.size() + 1;
    while (level.at < level.end) {
      const IndexEntry& e = former_->entries[level.at];
      if (e.path.size() < skip) return nullptr;
      const int order = e.path.substr(skip).compare(name);
      if (order == 0) return &e;
      if (order > 0) return nullptr;
      level.at += 1 + e.descendants;
    }
    return nullptr;
  }

  base::Status Take(const ContentTree::Item& item) {
    Level& level = stack_.back();
    const IndexEntry* former = former_ == nullptr ? nullptr : Former(level, item.name);
    if (former != nullptr && former->kind == item.kind && former->id == item.id) {
      const auto begin = former_->entries.begin() + static_cast<ptrdiff_t>(level.at);
      out_.insert(out_.end(), begin, begin + 1 + former->descendants);
      return CheckCount();
    }
    const bool was_directory = former != nullptr && former->kind == Kind::kDirectory;
    IndexEntry e;
    if (was_directory && item.kind == Kind::kDirectory) {
      e = *former;  // its header stays the same
      e.read = false;
      e.descendants = 0;
    } else if (former != nullptr) {
      e.path = former->path;
    } else {
      paths_.push_back(level.path.empty() ? item.name : base::Cat(level.path, "/", item.name));
      e.path = paths_.back();
    }
    e.kind = item.kind;
    e.id = item.id;
    e.cuts = CutsBefore(e.path);
    out_.push_back(e);
    SLUICE_TRY(CheckCount());
    if (item.kind != Kind::kDirectory) return base::OkStatus();
    const size_t at = level.at + 1, end = was_directory ? at + former->descendants : at;
    return Enter(item.id, e.path, out_.size() - 1, at, end);  // `level` and `item` may be gone now
  }

  base::Status CheckCount() const {
    if (out_.size() <= limits_.max_entries) return base::OkStatus();
    return base::ResourceExhausted("more than " + std::to_string(limits_.max_entries) + " files");
  }

  const ContentTree& tree_;
  const ArchiveLimits& limits_;
  const ArchiveIndex* former_;
  std::vector<IndexEntry> out_;
  std::deque<std::string> paths_;
  std::vector<Level> stack_;
};

struct Patterns {
  IgnoreMatcher matcher;
  std::array<uint8_t, 32> hash{};
};

// A directory's own file counts before its subdirectories' files: by the place of the directory,
// not of the file.
base::Result<Patterns> LoadPatterns(const ContentTree& tree, const std::vector<IndexEntry>& entries,
                                    std::string_view spec_ignore) {
  std::vector<std::pair<std::string_view, const IndexEntry*>> files;  // directory, file
  for (const IndexEntry& e : entries) {
    if (!IsFile(e.kind) || !e.path.ends_with(kIgnoreFile)) continue;
    if (e.path.size() == kIgnoreFile.size()) {
      files.emplace_back("", &e);
    } else if (e.path[e.path.size() - kIgnoreFile.size() - 1] == '/') {
      files.emplace_back(e.path.substr(0, e.path.size() - kIgnoreFile.size() - 1), &e);
    }
  }
  std::ranges::sort(files,
                    [](const auto& a, const auto& b) {  // depth first, directories by their names
                      return std::ranges::lexicographical_compare(base::Split(a.first, "/"),
                                                                  base::Split(b.first, "/"));
                    });
  Patterns out;
  base::Hasher hasher;
  std::vector<std::pair<std::string, std::string>> texts;
  for (const auto& [directory, file] : files) {
    auto text = tree.Read(file->id, kMaxIgnoreFile);
    if (!text.ok()) return std::move(text).status().Wrap(kIgnoreUnreadable);
    hasher.Update(base::Cat(std::to_string(directory.size()), ":", directory,
                            std::to_string(text->size()), ":"));
    hasher.Update(*text);
    texts.emplace_back(directory, *std::move(text));
  }
  hasher.Update(spec_ignore);
  const std::string raw = hasher.FinishRaw();
  std::memcpy(out.hash.data(), raw.data(), out.hash.size());
  out.matcher = ComposeIgnore(texts, spec_ignore);
  return out;
}

// Which entries go in. What the same patterns judged before stands.
void Judge(std::vector<IndexEntry>& entries, const IgnoreMatcher& matcher, bool same_patterns) {
  for (size_t i = 0; i < entries.size(); ++i) {
    IndexEntry& e = entries[i];
    // the digest may change with what counts
    if (!same_patterns && IsDirectory(e.kind)) e.read = false;
    if (same_patterns && e.judged) continue;
    e.judged = true;
    const bool ignored = matcher.Ignores(e.path, IsDirectory(e.kind));
    e.archived = !ignored && e.kind != Kind::kOther;
    e.dropped = !ignored && e.kind == Kind::kOther;
    if (!ignored || matcher.has_includes()) continue;
    for (size_t k = i + 1; k <= i + e.descendants; ++k) {
      entries[k].judged = true;
      entries[k].archived = entries[k].dropped = false;
      if (IsDirectory(entries[k].kind)) entries[k].read = false;
    }
    i += e.descendants;
  }
}

class Packer {
 public:
  Packer(const IncrementalRequest& request, const ArchiveIndex* former, ByteSink sink)
      : request_(request),
        former_(request.former == nullptr ? nullptr : former),
        sink_(std::move(sink)),
        hasher_(request.limits.digest_algorithm),
        gzip_([this](std::string_view bytes) { return Emit(bytes); }, kDeflateLevel) {}

  base::Result<IncrementalArchive> Run(ArchiveIndex& index) {
    std::vector<IndexEntry*> in;
    in.reserve(index.entries.size());
    for (IndexEntry& e : index.entries) {
      if (e.archived) in.push_back(&e);
      if (e.dropped) CountDropped(e.path);
    }
    out_.summary.entries = in.size() + 1;
    if (in.empty()) {
      SLUICE_TRY(PutHeader(".", true, false, 0));
      SLUICE_TRY(gzip_.EndPiece());
    }
    for (size_t at = 0; at < in.size();) {
      SLUICE_TRY(const size_t count, NextPiece(std::span(in).subspan(at), at == 0));
      const IndexPiece* old = Same(std::span(in).subspan(at, count));
      if (old != nullptr) {
        index.pieces.push_back(
            {Adopt(*old), static_cast<uint32_t>(at), static_cast<uint32_t>(count)});
      } else {
        SLUICE_TRY(FlushCopy());
        SLUICE_TRY(const archive::GzipPiece made, Make(std::span(in).subspan(at, count), at == 0));
        index.pieces.push_back({made, static_cast<uint32_t>(at), static_cast<uint32_t>(count)});
      }
      at += count;
    }
    SLUICE_TRY(FlushCopy());
    static constexpr std::array<char, 2 * archive::kTarBlock> kEnd{};
    SLUICE_TRY(gzip_.Write({kEnd.data(), kEnd.size()}));
    SLUICE_TRY(gzip_.EndPiece());
    SLUICE_TRY(gzip_.Finish());
    out_.summary.digest = hasher_.Finish().ToString();
    out_.summary.paths = MakePathTable(index.entries);
    out_.index = index.Serialize();
    return std::move(out_);
  }

 private:
  base::Status Emit(std::string_view bytes) {
    hasher_.Update(bytes);
    out_.summary.size += bytes.size();
    return sink_(bytes);
  }

  void CountDropped(std::string_view path) {
    ++out_.summary.dropped;
    if (out_.summary.dropped_paths.size() < kMaxDroppedPaths)
      out_.summary.dropped_paths.emplace_back(path);
  }

  // How many entries the piece that begins here has. Files of unknown size are read, and kept until
  // the piece is made.
  base::Result<size_t> NextPiece(std::span<IndexEntry* const> in, bool first) {
    contents_.clear();
    uint64_t weight = first ? archive::kTarBlock : 0;
    size_t count = 0;
    for (IndexEntry* e : in) {
      if (count > 0 && (e->cuts || weight >= kPieceWeight)) break;
      if (IsFile(e->kind) && !e->read) {
        SLUICE_TRY(std::string content, Read(*e));
        e->size = content.size();
        e->digest = DigestOfFile(content, e->kind == Kind::kExecutable);
        e->read = true;
        contents_.emplace_back(e, std::move(content));
      }
      weight += WeightOf(IsFile(e->kind) ? e->size : 0);
      ++count;
    }
    return count;
  }

  base::Result<std::string> Read(const IndexEntry& e) {
    if (request_.read_former && former_ != nullptr && e.former_rank != IndexEntry::kNoRank &&
        e.read) {
      if (auto content = ReadFormer(e); content.ok()) return content;
    }
    auto content = request_.tree.Read(e.id, request_.limits.max_file_bytes);
    if (!content.ok()) return std::move(content).status().Wrap(base::Cat("read ", e.path));
    return content;
  }

  // From the former archive: its piece is inflated, and kept for the neighbours.
  base::Result<std::string> ReadFormer(const IndexEntry& e) {
    if (by_rank_.empty()) {
      for (const IndexEntry& f : former_->entries) {
        if (f.archived) by_rank_.push_back(&f);
      }
    }
    const auto it =
        std::ranges::upper_bound(former_->pieces, e.former_rank, {}, &IndexPiece::first_rank);
    if (it == former_->pieces.begin()) return base::DataLoss("no such piece");
    const IndexPiece& piece = *std::prev(it);
    if (piece_ != &piece) {
      piece_ = nullptr;
      std::string bytes(static_cast<size_t>(piece.gzip.size), '\0');
      SLUICE_TRY(const size_t got,
                 request_.former->ReadAt(piece.gzip.offset, std::span(bytes.data(), bytes.size())));
      if (got != bytes.size()) return base::DataLoss("the former artifact is cut short");
      SLUICE_TRY(raw_, archive::InflatePiece(bytes, piece.gzip));
      piece_ = &piece;
    }
    size_t at = piece.first_rank == 0 ? archive::kTarBlock : 0;  // behind the root's entry
    for (uint32_t rank = piece.first_rank; rank <= e.former_rank; ++rank) {
      const IndexEntry& f = *by_rank_[rank];
      const uint64_t size = IsFile(f.kind) ? f.size : 0;
      SLUICE_TRY(const std::string head,
                 archive::FormatTarHeader({.name = f.path,
                                           .directory = !IsFile(f.kind),
                                           .executable = f.kind == Kind::kExecutable,
                                           .size = size}));
      at += head.size();
      if (at > raw_.size() || size > raw_.size() - at) break;
      if (rank == e.former_rank) {
        std::string content = raw_.substr(at, static_cast<size_t>(size));
        if (DigestOfFile(content, f.kind == Kind::kExecutable) == e.digest) return content;
        break;
      }
      at += static_cast<size_t>((size + archive::kTarBlock - 1) / archive::kTarBlock *
                                archive::kTarBlock);
    }
    return base::DataLoss("the former artifact is not what its index says");
  }

  // The former piece of just these entries.
  const IndexPiece* Same(std::span<IndexEntry* const> in) const {
    if (former_ == nullptr || in[0]->former_rank == IndexEntry::kNoRank) return nullptr;
    const auto it =
        std::ranges::lower_bound(former_->pieces, in[0]->former_rank, {}, &IndexPiece::first_rank);
    if (it == former_->pieces.end() || it->first_rank != in[0]->former_rank ||
        it->count != in.size())
      return nullptr;
    for (size_t i = 0; i < in.size(); ++i) {
      if (in[i]->former_rank != it->first_rank + i) return nullptr;
    }
    return &*it;
  }

  // Its bytes follow at the next FlushCopy: neighbours are copied in one go.
  archive::GzipPiece Adopt(const IndexPiece& piece) {
    archive::GzipPiece here = gzip_.Adopt(piece.gzip);
    here.offset += copy_size_;
    copy_size_ += piece.gzip.size;
    pending_.push_back({piece.gzip.offset, piece.gzip.size});
    return here;
  }

  base::Status FlushCopy() {
    std::string buffer;
    for (size_t i = 0; i < pending_.size();) {
      uint64_t offset = pending_[i].offset, size = pending_[i].size;
      for (++i; i < pending_.size() && pending_[i].offset == offset + size; ++i)
        size += pending_[i].size;
      out_.copied_bytes += size;
      buffer.resize(
          std::max(buffer.size(), static_cast<size_t>(std::min<uint64_t>(size, kCopyBuffer))));
      while (size > 0) {
        const auto part = static_cast<size_t>(std::min<uint64_t>(size, buffer.size()));
        SLUICE_TRY(const size_t got,
                   request_.former->ReadAt(offset, std::span(buffer.data(), part)));
        if (got != part) return base::DataLoss("the former artifact is cut short");
        SLUICE_TRY(gzip_.CopyBytes({buffer.data(), part}));
        offset += part;
        size -= part;
      }
    }
    pending_.clear();
    copy_size_ = 0;
    return base::OkStatus();
  }

  base::Result<archive::GzipPiece> Make(std::span<IndexEntry* const> in, bool first) {
    if (first) SLUICE_TRY(PutHeader(".", true, false, 0));
    size_t next = 0;  // of contents_, which are in order
    for (IndexEntry* e : in) {
      if (!IsFile(e->kind)) {
        SLUICE_TRY(PutHeader(e->path, true, false, 0));
        continue;
      }
      std::string content;
      if (next < contents_.size() && contents_[next].first == e) {
        content = std::move(contents_[next++].second);
      } else {
        SLUICE_TRY(content, Read(*e));
        if (content.size() != e->size)
          return base::DataLoss(base::Cat("read ", e->path, ": the object changed its size"));
      }
      SLUICE_TRY(PutHeader(e->path, false, e->kind == Kind::kExecutable, content.size()));
      SLUICE_TRY(gzip_.Write(content));
      static constexpr std::array<char, archive::kTarBlock> kZeros{};
      if (const size_t rest = content.size() % archive::kTarBlock; rest != 0)
        SLUICE_TRY(gzip_.Write({kZeros.data(), archive::kTarBlock - rest}));
    }
    return gzip_.EndPiece();
  }

  base::Status PutHeader(std::string_view path, bool directory, bool executable, uint64_t size) {
    SLUICE_TRY(const std::string head,
               archive::FormatTarHeader(
                   {.name = path, .directory = directory, .executable = executable, .size = size}));
    return gzip_.Write(head);
  }

  struct Range {
    uint64_t offset, size;
  };
  const IncrementalRequest& request_;
  const ArchiveIndex* former_;
  ByteSink sink_;
  base::Hasher hasher_;
  archive::PieceGzipWriter gzip_;
  IncrementalArchive out_;
  std::vector<std::pair<IndexEntry*, std::string>> contents_;
  std::vector<Range> pending_;
  uint64_t copy_size_ = 0;
  std::vector<const IndexEntry*> by_rank_;  // of the former index
  const IndexPiece* piece_ = nullptr;       // whose content raw_ is
  std::string raw_;
};

}  // namespace

std::vector<ContentTree::Id> FilesOfIndex(std::string_view index) {
  std::vector<ContentTree::Id> out;
  const auto parsed = ArchiveIndex::Parse(index);
  if (!parsed.ok()) return out;
  for (const IndexEntry& e : parsed->entries) {
    if (IsFile(e.kind) && e.archived && e.read) out.push_back(e.id);
  }
  std::ranges::sort(out);
  return out;
}

base::Result<IncrementalArchive> ArchiveIncrementally(const IncrementalRequest& request,
                                                      ByteSink sink) {
  std::optional<ArchiveIndex> former;
  if (request.former != nullptr) {
    if (auto parsed = ArchiveIndex::Parse(request.former_index); parsed.ok())
      former = *std::move(parsed);
  }
  ArchiveIndex index;
  index.root = request.tree.root();
  Lister lister(request.tree, request.limits, former ? &*former : nullptr);
  SLUICE_TRY(index.entries, lister.Run());
  const auto paths = lister.TakePaths();  // the entries point into them
  Patterns patterns;
  if (request.ignore) {
    SLUICE_TRY(patterns, LoadPatterns(request.tree, index.entries, request.spec_ignore));
  }
  index.patterns = patterns.hash;
  Judge(index.entries, patterns.matcher, former && former->patterns == patterns.hash);
  return Packer(request, former ? &*former : nullptr, std::move(sink)).Run(index);
}

}  // namespace sluice::artifact
