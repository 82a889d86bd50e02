#include "artifact/store.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>

#include "archive/tar.h"
#include "base/strings.h"
#include "io/rooted_fs.h"
#include "observe/mutex.h"

namespace sluice::artifact {
namespace {

constexpr size_t kMaxCollected = 1000;  // files looked at in one collection
constexpr size_t kHashBuffer = 64 << 10;

// What a digest was computed of; the same file again needs no reading.
struct Known {
  std::string digest;
  uint64_t size = 0;
  ino_t inode = 0;
  base::Time mtime;
};

base::Time TimeOf(const timespec& t) {
  return base::Time(std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec));
}

base::Result<Known> StatOf(int fd) {
  struct stat st {};
  if (fstat(fd, &st) != 0) return base::Internal(std::string("stat: ") + std::strerror(errno));
  return Known{"", static_cast<uint64_t>(st.st_size), st.st_ino, TimeOf(st.st_mtim)};
}

base::Result<base::Digest> HashFile(int fd, base::DigestAlgorithm algorithm) {
  base::Hasher hasher(algorithm);
  std::string buffer(kHashBuffer, '\0');
  for (off_t at = 0;;) {
    const ssize_t n = pread(fd, buffer.data(), buffer.size(), at);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return base::Internal(std::string("read: ") + std::strerror(errno));
    if (n == 0) return hasher.Finish();
    hasher.Update({buffer.data(), static_cast<size_t>(n)});
    at += n;
  }
}

base::Status CheckPath(std::string_view path) {
  if (archive::IsCleanRelativePath(path)) return base::OkStatus();
  return base::InvalidArgument("invalid artifact path " +
                               base::QuoteGo(base::TruncateUtf8(path, 256)));
}

struct Candidate {
  std::string name;
  base::Time mtime;
};

}  // namespace

base::Result<size_t> OpenFile::ReadAt(uint64_t offset, std::span<char> out) const {
  size_t done = 0;
  while (done < out.size()) {
    const ssize_t n =
        pread(fd_.get(), out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return base::Internal(std::string("read: ") + std::strerror(errno));
    if (n == 0) break;
    done += static_cast<size_t>(n);
  }
  return done;
}

struct ArtifactStore::Impl {
  Impl(StoreOptions o, io::RootedFs f, base::Clock& c)
      : options(std::move(o)), fs(std::move(f)), clock(c) {}

  void Remember(std::string_view path, Known known) {
    const observe::MutexLock lock(mu);
    files[std::string(path)] = std::move(known);
  }
  void Forget(std::string_view path) {
    const observe::MutexLock lock(mu);
    files.erase(std::string(path));
  }
  std::vector<Candidate> Garbage(std::vector<Candidate> files, std::string_view current) const;

  const StoreOptions options;
  const io::RootedFs fs;
  base::Clock& clock;
  mutable observe::Mutex mu;
  std::map<std::string, Known> files SLUICE_GUARDED_BY(mu);
};

ArtifactStore::ArtifactStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ArtifactStore::~ArtifactStore() = default;

base::Result<std::unique_ptr<ArtifactStore>> ArtifactStore::Open(StoreOptions options,
                                                                 base::Clock& clock) {
  auto fs = io::RootedFs::Open(options.root);
  if (!fs.ok()) return base::InvalidArgument("invalid dir path: " + options.root);
  if (options.digest_algorithm == base::DigestAlgorithm::kBlake3) {
    return base::Unimplemented("digest algorithm blake3 is not supported");
  }
  auto impl = std::make_unique<Impl>(std::move(options), *std::move(fs), clock);
  return std::unique_ptr<ArtifactStore>(new ArtifactStore(std::move(impl)));
}

const StoreOptions& ArtifactStore::options() const { return impl_->options; }

std::string ArtifactStore::UrlOf(std::string_view path) const {
  const std::string& host = impl_->options.advertised;
  const bool has_scheme = host.starts_with("http://") || host.starts_with("https://");
  return base::Cat(has_scheme ? "" : "http://", host, "/", path);
}

base::Result<ArchiveSummary> ArtifactStore::Write(
    const ObjectDirectory& dir, std::string_view file,
    const std::function<base::Result<ArchiveSummary>(ByteSink)>& produce) {
  const std::string path = base::Cat(dir.Path(), "/", file);
  SLUICE_TRY(CheckPath(path));
  SLUICE_TRY(impl_->fs.MakeDirs(dir.Path()).Wrap(kNoArtifactDirectory));
  SLUICE_TRY(auto out, impl_->fs.StartFile(path));
  SLUICE_TRY(ArchiveSummary summary,
             produce([&out](std::string_view bytes) { return out.Write(bytes); }));
  SLUICE_TRY(Known known, StatOf(out.fd()));
  SLUICE_TRY(out.Commit());
  known.digest = summary.digest;
  impl_->Remember(path, std::move(known));
  return summary;
}

base::Result<StoredFile> ArtifactStore::Share(std::string_view existing, std::string_view digest,
                                              const ObjectDirectory& dir, std::string_view file) {
  const std::string path = base::Cat(dir.Path(), "/", file);
  SLUICE_TRY(CheckPath(path));
  SLUICE_TRY(Verify(existing, digest));
  SLUICE_TRY(impl_->fs.MakeDirs(dir.Path()).Wrap(kNoArtifactDirectory));
  SLUICE_TRY(impl_->fs.HardLink(existing, path));
  SLUICE_TRY(const auto fd, impl_->fs.OpenFile(path));
  SLUICE_TRY(const Known linked, StatOf(fd.get()));
  {
    const observe::MutexLock lock(impl_->mu);
    const auto it = impl_->files.find(std::string(existing));
    // Whoever replaced `existing` in between has another inode: then it is hashed once more.
    if (it != impl_->files.end() && it->second.inode == linked.inode && it->second.digest == digest)
      impl_->files[path] = it->second;
  }
  SLUICE_TRY(Verify(path, digest));
  return StoredFile{path, std::string(digest), linked.size};
}

base::Status ArtifactStore::Link(const ObjectDirectory& dir, std::string_view link,
                                 std::string_view file) {
  const std::string path = base::Cat(dir.Path(), "/", link);
  SLUICE_TRY(CheckPath(path));
  SLUICE_TRY(CheckPath(file));
  return impl_->fs.Symlink(file, path);
}

base::Status ArtifactStore::Verify(std::string_view path, std::string_view digest) {
  SLUICE_TRY(CheckPath(path));
  auto fd = impl_->fs.OpenFile(path);
  if (!fd.ok()) return base::NotFound("artifact not found in storage");
  if (digest.empty()) return base::DataLoss("artifact has no digest");
  auto want = base::Digest::Parse(digest);
  if (!want.ok()) {
    return base::DataLoss(
        base::Cat("failed to parse artifact digest '", digest, "': ", want.status().message()));
  }
  SLUICE_TRY(Known now, StatOf(fd->get()));
  {
    const observe::MutexLock lock(impl_->mu);
    const auto it = impl_->files.find(std::string(path));
    if (it != impl_->files.end() && it->second.inode == now.inode && it->second.size == now.size &&
        it->second.mtime == now.mtime && it->second.digest == want->ToString()) {
      return base::OkStatus();
    }
  }
  if (want->algorithm() == base::DigestAlgorithm::kBlake3)
    return base::DataLoss("digest algorithm blake3 is not supported");
  SLUICE_TRY(const base::Digest got, HashFile(fd->get(), want->algorithm()));
  if (got != *want)
    return base::DataLoss("computed digest doesn't match '" + want->ToString() + "'");
  now.digest = got.ToString();
  impl_->Remember(path, std::move(now));
  return base::OkStatus();
}

base::Status ArtifactStore::Remove(std::string_view path) {
  SLUICE_TRY(CheckPath(path));
  impl_->Forget(path);
  return impl_->fs.Remove(path);
}

base::Status ArtifactStore::RemoveObject(const ObjectDirectory& dir) {
  SLUICE_TRY(CheckPath(dir.Path()));
  {
    const observe::MutexLock lock(impl_->mu);
    const std::string prefix = dir.Path() + "/";
    std::erase_if(impl_->files, [&](const auto& f) { return f.first.starts_with(prefix); });
  }
  SLUICE_TRY(impl_->fs.RemoveAll(dir.Path()));
  // The namespace's folder goes with its last object; a failure means that it is not empty.
  static_cast<void>(impl_->fs.Remove(dir.kind + "/" + dir.ns));
  return base::OkStatus();
}

// The files that retention lets go, of those that are not current: first all past the TTL, then,
// while more than the kept number remain, the oldest.
std::vector<Candidate> ArtifactStore::Impl::Garbage(std::vector<Candidate> all,
                                                    std::string_view current) const {
  const base::Time now = clock.Now();
  std::ranges::sort(all, [](const Candidate& a, const Candidate& b) {
    return a.mtime != b.mtime ? a.mtime < b.mtime : a.name < b.name;
  });
  std::vector<Candidate> garbage, kept;
  size_t remaining = all.size();
  for (Candidate& c : all) {
    if (c.name == current) continue;
    if (now - c.mtime > options.retention_ttl) {
      garbage.push_back(std::move(c));
      --remaining;
    } else {
      kept.push_back(std::move(c));
    }
  }
  for (Candidate& c : kept) {
    if (remaining <= options.retention_records) break;
    garbage.push_back(std::move(c));
    --remaining;
  }
  return garbage;
}

base::Result<size_t> ArtifactStore::CollectGarbage(const ObjectDirectory& dir,
                                                   std::string_view current) {
  SLUICE_TRY(CheckPath(dir.Path()));
  auto entries = impl_->fs.ReadDir(dir.Path());
  if (!entries.ok()) {
    if (entries.status().code() == base::StatusCode::kNotFound) return size_t{0};
    return std::move(entries).status();
  }
  std::vector<Candidate> files;
  for (const auto& e : *entries) {
    if (files.size() == kMaxCollected) break;
    if (e.info.kind == io::FileKind::kRegular) files.push_back({e.name, e.info.modified});
  }
  size_t removed = 0;
  for (const Candidate& c : impl_->Garbage(std::move(files), current)) {
    SLUICE_TRY(Remove(dir.Path() + "/" + c.name));
    ++removed;
  }
  return removed;
}

base::Result<std::shared_ptr<OpenFile>> ArtifactStore::OpenForRead(std::string_view path) const {
  SLUICE_TRY(CheckPath(path));
  auto fd = impl_->fs.OpenFile(path);
  if (!fd.ok()) {
    // A link leads to a file beside it, nowhere else.
    if (const auto target = impl_->fs.ReadLink(path);
        target.ok() && target->find('/') == target->npos && CheckPath(*target).ok()) {
      fd = impl_->fs.OpenFile(base::Cat(path.substr(0, path.rfind('/') + 1), *target));
    }
  }
  if (!fd.ok()) return base::NotFound("artifact not found in storage");
  SLUICE_TRY(const Known known, StatOf(fd->get()));
  return std::make_shared<OpenFile>(*std::move(fd), known.size, known.mtime);
}

base::Result<std::string> ArtifactStore::PathOf(std::string_view digest) const {
  const observe::MutexLock lock(impl_->mu);
  for (const auto& [path, known] : impl_->files) {
    if (known.digest == digest) return path;
  }
  return base::NotFound("no artifact has the digest '" + std::string(digest) + "'");
}

base::Result<std::string> ArtifactStore::DigestOf(std::string_view path) const {
  const observe::MutexLock lock(impl_->mu);
  const auto it = impl_->files.find(std::string(path));
  if (it == impl_->files.end()) return base::NotFound("unknown digest");
  return it->second.digest;
}

base::Result<std::vector<ObjectDirectory>> ArtifactStore::ListObjects(std::string_view kind) const {
  std::vector<ObjectDirectory> out;
  auto namespaces = impl_->fs.ReadDir(kind);
  if (!namespaces.ok()) {
    if (namespaces.status().code() == base::StatusCode::kNotFound) return out;
    return std::move(namespaces).status();
  }
  for (const auto& ns : *namespaces) {
    if (ns.info.kind != io::FileKind::kDirectory) continue;
    SLUICE_TRY(const auto names, impl_->fs.ReadDir(base::Cat(kind, "/", ns.name)));
    for (const auto& name : names) {
      if (name.info.kind == io::FileKind::kDirectory)
        out.push_back({std::string(kind), ns.name, name.name});
    }
  }
  return out;
}

std::string DefaultAdvertisedAddress(std::string_view storage_addr, std::string_view hostname) {
  const size_t colon = storage_addr.rfind(':');
  const std::string_view host = storage_addr.substr(0, colon == storage_addr.npos ? 0 : colon);
  const std::string_view port =
      colon == storage_addr.npos ? storage_addr : storage_addr.substr(colon + 1);
  return base::Cat(host.empty() ? "localhost" : host == "0.0.0.0" ? hostname : host, ":", port);
}

}  // namespace sluice::artifact
