// ArtifactCache: the artifacts in use, unpacked in memory, shared by all reconciles: each digest is
// fetched once however many ask for it at the same time: over the bus, or from its URL when the bus
// does not carry it. What a newer one of the same source takes the place of, and what nobody asked
// for in a while, is dropped. Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "api/artifact.h"
#include "bus/source.h"
#include "http/client.h"
#include "io/file_tree.h"
#include "observe/context.h"
#include "observe/mutex.h"
#include "path_tables.h"
#include "runtime/timer.h"

namespace sluice::kustomization {

class LoadedArtifact {
 public:
  LoadedArtifact(std::shared_ptr<const io::FileTree> tree, uint64_t bytes)
      : tree_(std::move(tree)), bytes_(bytes) {}

  const io::FileTree& tree() const { return *tree_; }
  uint64_t bytes() const { return bytes_; }  // of the archive
  // What lies at each path, none left out; made of the files at the first call.
  base::Result<PathTablePtr> Paths() const;

 private:
  const std::shared_ptr<const io::FileTree> tree_;
  const uint64_t bytes_;
  mutable observe::Mutex mu_;
  mutable PathTablePtr paths_ SLUICE_GUARDED_BY(mu_);
};
using LoadedArtifactPtr = std::shared_ptr<const LoadedArtifact>;

struct ArtifactCacheOptions {
  size_t max_artifacts = 4;       // kept unpacked
  uint64_t max_bytes = 64 << 20;  // of their archives; the last one is kept whatever its size
  std::chrono::seconds max_idle{20};
  // SOURCE_CONTROLLER_LOCALHOST: replaces the host of artifact URLs
  std::string localhost;
  std::string watcher_localhost;  // SOURCE_WATCHER_LOCALHOST: for those of source-watcher
};

class ArtifactCache {
 public:
  // `bus` may be null. All outlive the cache.
  ArtifactCache(bus::SourceClient* bus, http::Client& http, runtime::Timer& timer,
                ArtifactCacheOptions options);
  ~ArtifactCache();

  // kNotFound: nobody has it (any more). Errors are worded as Flux words them.
  base::Result<LoadedArtifactPtr> Get(const observe::Context& ctx, const api::Artifact& artifact);

 private:
  struct Entry;
  base::Result<LoadedArtifactPtr> Load(const observe::Context& ctx, const api::Artifact& artifact);
  base::Result<std::string> Fetch(const observe::Context& ctx, const api::Artifact& artifact);
  base::Result<std::string> Download(const observe::Context& ctx, const api::Artifact& artifact);
  std::string UrlOf(const api::Artifact& artifact) const;
  void DropSuperseded(const Entry& by) SLUICE_REQUIRES(mu_);
  void Trim() SLUICE_REQUIRES(mu_);
  void DropIdle();

  bus::SourceClient* const bus_;
  http::Client& http_;
  runtime::Timer& timer_;
  const ArtifactCacheOptions options_;
  observe::Mutex mu_;
  observe::CondVar loaded_;
  std::map<std::string, std::shared_ptr<Entry>> entries_ SLUICE_GUARDED_BY(mu_);
  runtime::Timer::Id sweep_ SLUICE_GUARDED_BY(mu_) = 0;
  bool closed_ SLUICE_GUARDED_BY(mu_) = false;
};

}  // namespace sluice::kustomization
