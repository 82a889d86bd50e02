// HelmIndexCache: what is kept of Helm indexes beside the artifacts, over objects and restarts, in
// a private folder:
//   notes/<fingerprint>    what an upstream answered last: its validators, and what became of the
//   index (JSON) tables/<alg>-<hex>     the index to look charts up in (helm/index_file.h), by the
//   digest of the stored artifact
// Both are caches: what is damaged or gone is made anew. A table is mapped, not read: it costs no
// memory of ours. Thread-safe; one index is parsed at a time in a process.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "artifact/store.h"
#include "base/clock.h"
#include "base/status.h"
#include "helm/index.h"
#include "helm/index_file.h"
#include "helm_download.h"
#include "io/rooted_fs.h"
#include "io/unique_fd.h"
#include "keyed_gate.h"
#include "observe/context.h"
#include "observe/mutex.h"

namespace sluice::source {

// What an upstream's index was.
struct HelmIndexNote {
  HelmValidators validators;
  std::string revision;  // digest of the bytes that were sent
  std::string digest;    // of what is stored of it
  uint64_t size = 0;     // likewise
};

// A mapped table; lives as long as whoever looks into it.
class HelmIndexTable {
 public:
  virtual ~HelmIndexTable() = default;
  virtual const helm::IndexFileView& view() const = 0;
};
using HelmIndexTablePtr = std::shared_ptr<const HelmIndexTable>;

class HelmIndexCache {
 public:
  // `store` and `clock` outlive this; `directory` is made where absent.
  HelmIndexCache(const artifact::ArtifactStore& store, base::Clock& clock, std::string directory);

  // One reconcile at a time for each upstream: who comes second finds what the first has fetched.
  base::Result<KeyedGate::Pass> Enter(const observe::Context& ctx, const std::string& fingerprint) {
    return upstreams_.Enter(ctx, fingerprint);
  }
  std::optional<HelmIndexNote> Note(const std::string& fingerprint) const;
  base::Status Keep(const std::string& fingerprint, const HelmIndexNote& note) const;

  // Held while an index is parsed: one in a process.
  base::Result<KeyedGate::Pass> EnterParsing(const observe::Context& ctx) {
    return parsing_.Enter(ctx, "");
  }
  base::Status KeepTable(const std::string& digest, const helm::RepositoryIndex& index);

  // The table kept under this digest; null where there is none.
  HelmIndexTablePtr Known(const std::string& digest) { return OpenTable(digest); }
  // The table of a stored index; made of the artifact where there is none. Errors are those of
  // reading an index. `hit`: it was there.
  base::Result<HelmIndexTablePtr> Table(const observe::Context& ctx, const std::string& path,
                                        const std::string& digest, bool& hit);

  // What nobody asked for in a week goes.
  base::Status Sweep();

 private:
  base::Result<io::RootedFs> Folder(std::string_view name) const;
  HelmIndexTablePtr Remembered(const std::string& digest) SLUICE_EXCLUDES(mu_);
  HelmIndexTablePtr OpenTable(const std::string& digest) SLUICE_EXCLUDES(mu_);

  const artifact::ArtifactStore& store_;
  base::Clock& clock_;
  const std::string directory_;
  KeyedGate upstreams_, parsing_;
  observe::Mutex mu_;
  // used last first
  std::list<std::pair<std::string, HelmIndexTablePtr>> open_ SLUICE_GUARDED_BY(mu_);
};

// A downloaded index in a file: written front to back, then read anywhere.
class HelmIndexSpool final : public helm::IndexSource, public helm::IndexSpill {
 public:
  explicit HelmIndexSpool(io::UniqueFd file) : file_(std::move(file)) {}
  base::Status Append(std::string_view bytes) override;
  base::Result<size_t> ReadAt(uint64_t offset, std::span<char> into) override;
  base::Result<std::string> ReadAt(uint64_t offset, size_t size) override;

 private:
  base::Status Flush();
  io::UniqueFd file_;
  uint64_t flushed_ = 0;
  std::string pending_;
};

}  // namespace sluice::source
