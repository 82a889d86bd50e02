#include "helm_index_cache.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/strings.h"
#include "document/json.h"

namespace sluice::source {
namespace {

constexpr size_t kOpenTables = 64;  // mapped at once, beyond those in use
constexpr uint64_t kMaxNote = 64 << 10;
constexpr size_t kPending = 64 << 10;
constexpr auto kUnused = std::chrono::hours(24 * 7);
constexpr auto kTouch = std::chrono::hours(1);  // how exactly a file's last use is known

base::Status ErrnoStatus(std::string_view what) {
  return base::Internal(base::Cat(what, ": ", std::strerror(errno)));
}

class MappedTable final : public HelmIndexTable {
 public:
  static HelmIndexTablePtr Map(int fd) {
    struct stat st {};
    if (fstat(fd, &st) != 0 || st.st_size <= 0) return nullptr;
    const auto size = static_cast<size_t>(st.st_size);
    void* at = mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED) return nullptr;
    const std::string_view bytes(static_cast<const char*>(at), size);
    auto view = helm::IndexFileView::Open(bytes);
    if (!view.ok()) {
      munmap(at, size);
      return nullptr;
    }
    return std::make_shared<const MappedTable>(bytes, *std::move(view));
  }
  MappedTable(std::string_view bytes, helm::IndexFileView view)
      : bytes_(bytes), view_(std::move(view)) {}
  ~MappedTable() override { munmap(const_cast<char*>(bytes_.data()), bytes_.size()); }
  MappedTable(const MappedTable&) = delete;
  MappedTable& operator=(const MappedTable&) = delete;
  const helm::IndexFileView& view() const override { return view_; }

 private:
  std::string_view bytes_;
  helm::IndexFileView view_;
};

class StoredSource final : public helm::IndexSource {
 public:
  explicit StoredSource(std::shared_ptr<artifact::OpenFile> file) : file_(std::move(file)) {}
  base::Result<size_t> ReadAt(uint64_t offset, std::span<char> into) override {
    return file_->ReadAt(offset, into);
  }

 private:
  std::shared_ptr<artifact::OpenFile> file_;
};

std::string TableName(const std::string& digest) { return base::ReplaceAll(digest, ":", "-"); }

}  // namespace

base::Status HelmIndexSpool::Append(std::string_view bytes) {
  pending_ += bytes;
  return pending_.size() < kPending ? base::OkStatus() : Flush();
}

base::Status HelmIndexSpool::Flush() {
  for (std::string_view rest = pending_; !rest.empty();) {
    const ssize_t n = pwrite(file_.get(), rest.data(), rest.size(), static_cast<off_t>(flushed_));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoStatus("write");
    rest.remove_prefix(static_cast<size_t>(n));
    flushed_ += static_cast<uint64_t>(n);
  }
  pending_.clear();
  return {};
}

base::Result<size_t> HelmIndexSpool::ReadAt(uint64_t offset, std::span<char> into) {
  SLUICE_TRY(Flush());
  size_t done = 0;
  while (done < into.size()) {
    const ssize_t n = pread(file_.get(), into.data() + done, into.size() - done,
                            static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoStatus("read");
    if (n == 0) break;
    done += static_cast<size_t>(n);
  }
  return done;
}

base::Result<std::string> HelmIndexSpool::ReadAt(uint64_t offset, size_t size) {
  std::string out(size, '\0');
  SLUICE_TRY(const size_t got, ReadAt(offset, std::span<char>(out.data(), out.size())));
  if (got != size) return base::DataLoss("unexpected EOF");
  return out;
}

HelmIndexCache::HelmIndexCache(const artifact::ArtifactStore& store, base::Clock& clock,
                               std::string directory)
    : store_(store), clock_(clock), directory_(std::move(directory)) {}

base::Result<io::RootedFs> HelmIndexCache::Folder(std::string_view name) const {
  return io::RootedFs::OpenOrCreate(base::Cat(directory_, "/", name));
}

std::optional<HelmIndexNote> HelmIndexCache::Note(const std::string& fingerprint) const {
  const auto folder = Folder("notes");
  if (!folder.ok()) return std::nullopt;
  const auto text = folder->ReadFile(fingerprint, kMaxNote);
  const auto json = text.ok() ? document::ParseJson(*text, {.max_depth = 4})
                              : base::Result<document::Value>(text.status());
  if (!json.ok()) return std::nullopt;
  HelmIndexNote note;
  note.validators.etag = (*json)["etag"].AsString();
  note.validators.last_modified = (*json)["lastModified"].AsString();
  note.revision = (*json)["revision"].AsString();
  note.digest = (*json)["digest"].AsString();
  note.size = (*json)["size"].AsUint();
  if (note.revision.empty() || note.digest.empty()) return std::nullopt;
  const auto info = folder->Stat(fingerprint);
  if (info.ok() && clock_.Now() - info->modified > kTouch)
    static_cast<void>(folder->SetModified(fingerprint, clock_.Now()));
  return note;
}

base::Status HelmIndexCache::Keep(const std::string& fingerprint, const HelmIndexNote& note) const {
  SLUICE_TRY(const auto folder, Folder("notes"));
  const auto json = document::Value::Object({{"etag", note.validators.etag},
                                             {"lastModified", note.validators.last_modified},
                                             {"revision", note.revision},
                                             {"digest", note.digest},
                                             {"size", note.size}});
  return folder.WriteFile(fingerprint, document::ToJson(json));
}

base::Status HelmIndexCache::KeepTable(const std::string& digest,
                                       const helm::RepositoryIndex& index) {
  SLUICE_TRY(const auto folder, Folder("tables"));
  SLUICE_TRY(auto file, folder.StartFile(TableName(digest)));
  SLUICE_TRY(
      helm::WriteIndexFile(index, [&file](std::string_view bytes) { return file.Write(bytes); }));
  return file.Commit();
}

HelmIndexTablePtr HelmIndexCache::Remembered(const std::string& digest) {
  const observe::MutexLock lock(mu_);
  for (auto at = open_.begin(); at != open_.end(); ++at) {
    if (at->first != digest) continue;
    open_.splice(open_.begin(), open_, at);
    return open_.front().second;
  }
  return nullptr;
}

HelmIndexTablePtr HelmIndexCache::OpenTable(const std::string& digest) {
  if (auto known = Remembered(digest)) return known;
  const auto folder = Folder("tables");
  if (!folder.ok()) return nullptr;
  const std::string name = TableName(digest);
  const auto file = folder->OpenFile(name);
  auto table = file.ok() ? MappedTable::Map(file->get()) : nullptr;
  if (table == nullptr) return nullptr;
  const auto info = folder->Stat(name);
  if (info.ok() && clock_.Now() - info->modified > kTouch)
    static_cast<void>(folder->SetModified(name, clock_.Now()));
  const observe::MutexLock lock(mu_);
  open_.emplace_front(digest, table);
  if (open_.size() > kOpenTables) open_.pop_back();
  return table;
}

base::Result<HelmIndexTablePtr> HelmIndexCache::Table(const observe::Context& ctx,
                                                      const std::string& path,
                                                      const std::string& digest, bool& hit) {
  hit = true;
  if (auto table = OpenTable(digest)) return table;
  SLUICE_TRY(const auto parsing, EnterParsing(ctx));
  if (auto table = OpenTable(digest)) return table;  // somebody else made it
  hit = false;
  SLUICE_TRY(auto file, store_.OpenForRead(path));
  StoredSource source(std::move(file));
  helm::IndexOptions options;
  options.max_bytes = UINT64_MAX;  // it was held to the limit when it came
  SLUICE_TRY(const auto index, helm::RepositoryIndex::Read(source, options));
  SLUICE_TRY(KeepTable(digest, index));
  if (auto table = OpenTable(digest)) return table;
  return base::DataLoss("the index's table cannot be read");
}

base::Status HelmIndexCache::Sweep() {
  for (const std::string_view name : {"notes", "tables"}) {
    SLUICE_TRY(const auto folder, Folder(name));
    SLUICE_TRY(const auto files, folder.ReadDir(""));
    for (const auto& file : files) {
      if (clock_.Now() - file.info.modified > kUnused) SLUICE_TRY(folder.Remove(file.name));
    }
  }
  return {};
}

}  // namespace sluice::source
