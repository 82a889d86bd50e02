#include "artifact_cache.h"

#include <malloc.h>

#include <algorithm>

#include "artifact/unpack.h"
#include "base/strings.h"

namespace sluice::kustomization {
namespace {

using base::Result;
using base::Status;

constexpr uint64_t kMaxArchive = uint64_t{1} << 30;
// complete: a path that is not listed is not there
constexpr size_t kMaxPathTable = size_t{256} << 20;

// One source's artifacts lie in one folder.
std::string_view FolderOf(std::string_view url) { return url.substr(0, url.rfind('/') + 1); }

Status FileNotFound() { return base::NotFound("file not found"); }

}  // namespace

Result<PathTablePtr> LoadedArtifact::Paths() const {
  const observe::MutexLock lock(mu_);
  if (paths_ == nullptr) {
    SLUICE_TRY(auto paths, artifact::PathDigests::FromTree(*tree_, kMaxPathTable));
    paths_ = std::make_shared<const artifact::PathDigests>(std::move(paths));
  }
  return paths_;
}

struct ArtifactCache::Entry {
  enum class State : uint8_t { kLoading, kReady, kFailed } state = State::kLoading;
  LoadedArtifactPtr artifact;
  Status status;
  std::string folder;  // of its URL
  base::Clock::SteadyTime used;
};

ArtifactCache::ArtifactCache(bus::SourceClient* bus, http::Client& http, runtime::Timer& timer,
                             ArtifactCacheOptions options)
    : bus_(bus), http_(http), timer_(timer), options_(std::move(options)) {}

ArtifactCache::~ArtifactCache() {
  runtime::Timer::Id sweep = 0;
  {
    const observe::MutexLock lock(mu_);
    closed_ = true;
    sweep = sweep_;
  }
  timer_.Cancel(sweep);
}

Result<LoadedArtifactPtr> ArtifactCache::Get(const observe::Context& ctx,
                                             const api::Artifact& artifact) {
  std::shared_ptr<Entry> entry;
  {
    const observe::MutexLock lock(mu_);
    auto& slot = entries_[artifact.digest];
    const bool ours = slot == nullptr;
    if (ours) slot = std::make_shared<Entry>();
    entry = slot;
    entry->used = timer_.clock().Steady();
    if (!ours) {
      while (entry->state == Entry::State::kLoading) loaded_.wait(mu_);
      if (entry->state == Entry::State::kReady) return entry->artifact;
      return entry->status;
    }
  }
  auto loaded = Load(ctx, artifact);
  const observe::MutexLock lock(mu_);
  if (loaded.ok()) {
    entry->artifact = *loaded;
    entry->folder = FolderOf(artifact.url);
    entry->state = Entry::State::kReady;
    DropSuperseded(*entry);
    Trim();
    if (sweep_ == 0 && !closed_)
      sweep_ = timer_.ScheduleAfter(options_.max_idle, [this] { DropIdle(); });
  } else {
    entry->status = loaded.status();
    entry->state = Entry::State::kFailed;
    entries_.erase(artifact.digest);
  }
  loaded_.notify_all();
  return loaded;
}

Result<LoadedArtifactPtr> ArtifactCache::Load(const observe::Context& ctx,
                                              const api::Artifact& artifact) {
  SLUICE_TRY(std::string archive, Fetch(ctx, artifact));
  artifact::UnpackLimits limits;
  limits.skip_links = true;
  SLUICE_TRY(auto tree, artifact::UnpackTarGz(archive, limits));
  return std::make_shared<const LoadedArtifact>(std::move(tree), archive.size());
}

Result<std::string> ArtifactCache::Fetch(const observe::Context& ctx,
                                         const api::Artifact& artifact) {
  if (artifact.digest.empty()) return base::DataLoss("empty digest");
  if (bus_ != nullptr && bus_->connected()) {
    std::string archive;
    bus::FetchOptions options;
    options.max_size = kMaxArchive;
    options.expected_size = static_cast<uint64_t>(std::max<int64_t>(artifact.size, 0));
    const Status fetched =
        bus_->FetchArtifact(ctx, artifact.digest, options, [&archive](std::string_view bytes) {
          archive += bytes;
          return base::OkStatus();
        });
    if (fetched.ok()) return archive;
    ctx.log().Debug("artifact not fetched over the bus",
                    {{"digest", artifact.digest}, {"reason", fetched.message()}});
  }
  return Download(ctx, artifact);
}

std::string ArtifactCache::UrlOf(const api::Artifact& artifact) const {
  const bool watcher = base::Contains(artifact.url, "//source-watcher");
  const std::string& host = watcher ? options_.watcher_localhost : options_.localhost;
  const auto parts = base::Cut(artifact.url, "://");
  if (host.empty() || !parts) return artifact.url;
  const size_t slash = parts->second.find('/');
  return base::Cat(parts->first, "://", host,
                   slash == std::string_view::npos ? "" : parts->second.substr(slash));
}

Result<std::string> ArtifactCache::Download(const observe::Context& ctx,
                                            const api::Artifact& artifact) {
  http::Request request;
  request.url = UrlOf(artifact);
  request.max_response_bytes = kMaxArchive;
  request.accept_gzip = false;
  auto response = http_.Do(ctx, std::move(request));
  const std::string failed = base::Cat("failed to download archive from ", UrlOf(artifact));
  if (!response.ok()) return response.status().Wrap(failed);
  if (response->status == 404) return FileNotFound();
  if (response->status != 200)
    return base::Unavailable(
        base::Cat(failed, " (status: ", std::to_string(response->status), ")"));
  if (!artifact::VerifyDigest(response->body, artifact.digest).ok()) {
    return base::DataLoss(
        base::Cat("failed to verify archive: computed digest doesn't match provided '",
                  artifact.digest, "' (check whether file size exceeds max download size)"));
  }
  return std::move(response->body);
}

// A new revision takes the place of the source's former one: passes under way hold on to what they
// read.
void ArtifactCache::DropSuperseded(const Entry& by) {
  std::erase_if(entries_, [&](const auto& e) {
    return e.second.get() != &by && e.second->state == Entry::State::kReady &&
           e.second->folder == by.folder;
  });
}

// The least recently used go until the rest fits.
void ArtifactCache::Trim() {
  for (;;) {
    uint64_t bytes = 0;
    size_t ready = 0;
    auto oldest = entries_.end();
    for (auto it = entries_.begin(); it != entries_.end(); ++it) {
      if (it->second->state != Entry::State::kReady) continue;
      ++ready;
      bytes += it->second->artifact->bytes();
      if (oldest == entries_.end() || it->second->used < oldest->second->used) oldest = it;
    }
    if (ready <= 1 || (ready <= options_.max_artifacts && bytes <= options_.max_bytes)) return;
    entries_.erase(oldest);
  }
}

void ArtifactCache::DropIdle() {
  bool dropped = false;
  {
    const observe::MutexLock lock(mu_);
    sweep_ = 0;
    const auto now = timer_.clock().Steady();
    dropped = std::erase_if(entries_, [&](const auto& e) {
                return e.second->state == Entry::State::kReady &&
                       now - e.second->used >= options_.max_idle;
              }) > 0;
    if (!entries_.empty() && !closed_)
      sweep_ = timer_.ScheduleAfter(options_.max_idle, [this] { DropIdle(); });
  }
  if (dropped) ::malloc_trim(0);  // a burst of builds is over: its pages go back
}

}  // namespace sluice::kustomization
