// ArtifactStore: the files behind status.artifact, in Flux's layout, on one volume:
//   <root>/<kind>/<namespace>/<name>/<file>          gitrepository/apps/shop/<40 hex>.tar.gz
// A file appears whole or not at all (temporary file, fsync-free rename), 0600 below directories
// 0700. Nothing outside <root> is ever touched: names are checked and opened component by
// component. A restart finds what the last run stored. Thread-safe; writers of one object are
// serialised by their caller (one reconcile per object).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "artifact/archive.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/status.h"
#include "base/time.h"
#include "io/unique_fd.h"

namespace sluice::artifact {

struct StoreOptions {
  std::string root{};        // must exist and be a directory
  std::string advertised{};  // host[:port], with or without http(s)://
  std::chrono::nanoseconds retention_ttl = std::chrono::minutes(1);
  size_t retention_records = 2;
  // of what is written from now on
  base::DigestAlgorithm digest_algorithm = base::DigestAlgorithm::kSha256;
};

// How an error begins that a directory could not be made for.
inline constexpr std::string_view kNoArtifactDirectory = "failed to create artifact directory";

// An object's directory: the lower-case kind, the namespace, the name.
struct ObjectDirectory {
  std::string kind, ns, name;
  std::string Path() const { return kind + "/" + ns + "/" + name; }
};

struct StoredFile {
  std::string path;    // relative to the root
  std::string digest;  // "sha256:<hex>"
  uint64_t size = 0;
};

// A file being read by a server; the descriptor is closed with it, the bytes stay readable though
// the file be collected.
class OpenFile {
 public:
  OpenFile(io::UniqueFd fd, uint64_t size, base::Time mtime)
      : fd_(std::move(fd)), size_(size), mtime_(mtime) {}
  uint64_t size() const { return size_; }
  base::Time mtime() const { return mtime_; }
  // fewer bytes only at the end
  base::Result<size_t> ReadAt(uint64_t offset, std::span<char> out) const;

 private:
  io::UniqueFd fd_;
  uint64_t size_;
  base::Time mtime_;
};

class ArtifactStore {
 public:
  // "invalid dir path: <root>" unless it is a directory. What a crash left half written is garbage
  // to CollectGarbage. `clock` outlives the store.
  static base::Result<std::unique_ptr<ArtifactStore>> Open(StoreOptions options,
                                                           base::Clock& clock);
  ~ArtifactStore();

  std::string UrlOf(std::string_view path) const;  // "http://<advertised>/<path>"

  const StoreOptions& options() const;
  // Runs `produce` with a sink into a temporary file, then renames it into place. What `produce`
  // returns is handed through.
  base::Result<ArchiveSummary> Write(
      const ObjectDirectory& dir, std::string_view file,
      const std::function<base::Result<ArchiveSummary>(ByteSink)>& produce);

  // Gives the stored file at `existing` a second name, without copying a byte: two objects with the
  // same content. `digest` is what that file must have. kNotFound, or kDataLoss as Verify.
  base::Result<StoredFile> Share(std::string_view existing, std::string_view digest,
                                 const ObjectDirectory& dir, std::string_view file);

  // Makes `link` in the directory lead to `file`, in one step: the stable name in status.url.
  // OpenForRead follows such a link, and no other.
  base::Status Link(const ObjectDirectory& dir, std::string_view link, std::string_view file);

  // Ok if the file is there with this digest. The bytes are hashed once per file, then again only
  // when its inode, size or time changed. kNotFound; kDataLoss "computed digest doesn't match
  // '<d>'", "artifact has no digest", "failed to parse artifact digest '<d>': …".
  base::Status Verify(std::string_view path, std::string_view digest);
  base::Status Remove(std::string_view path);
  base::Status RemoveObject(const ObjectDirectory& dir);

  // Deletes what retention allows of the object's files except `current` (a file name); returns how
  // many went.
  base::Result<size_t> CollectGarbage(const ObjectDirectory& dir, std::string_view current);

  // kNotFound for anything but a regular file, or a link that Link made.
  base::Result<std::shared_ptr<OpenFile>> OpenForRead(std::string_view path) const;
  // By content: the path last written or verified with this digest.
  base::Result<std::string> PathOf(std::string_view digest) const;
  // kNotFound: not written or verified since the start
  base::Result<std::string> DigestOf(std::string_view path) const;
  // The directories that hold files of a kind, to sweep those whose object is gone.
  base::Result<std::vector<ObjectDirectory>> ListObjects(std::string_view kind) const;

 private:
  struct Impl;
  explicit ArtifactStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// "host:port" to advertise when --storage-adv-addr is empty: no host → localhost, 0.0.0.0 →
// `hostname`.
std::string DefaultAdvertisedAddress(std::string_view storage_addr, std::string_view hostname);

}  // namespace sluice::artifact
