#include "oci_layer_step.h"

#include <algorithm>
#include <chrono>

#include "api/conditions.h"
#include "api/source.h"
#include "artifact/archive.h"
#include "artifact/source_ignore.h"
#include "artifact/unpack.h"
#include "base/digest.h"
#include "base/strings.h"
#include "pull_pace.h"
#include "scratch_file.h"

namespace sluice::source {
namespace {

constexpr uint64_t kMaxUnpacked = uint64_t{16} << 30;

StepResult LayerFailed(SourceStatus& status, base::Status why) {
  return status.Fail(api::kFetchFailed,
                     StepResult::Retry(api::kOciLayerOperationFailedReason, std::move(why)));
}

// Flux waits for a layer as long as a byte comes now and then; here a registry that trickles holds
// no worker for ever. PullPace looks at what comes, this bounds all else.
observe::Context PatienceFor(const observe::Context& ctx, const api::OciRepositorySpec& spec,
                             const oci::Descriptor& layer) {
  const int64_t size = std::clamp(layer.size, int64_t{0}, static_cast<int64_t>(kMaxUnpacked));
  return ctx.WithTimeout(spec.timeout + std::chrono::seconds(size / PullPace::kSlowest));
}

// Why a pull failed, and whether it had begun: what happens before the first byte is said of the
// layer, what comes later of its content.
struct PullOutcome {
  base::Status status;
  bool begun = false;
};

base::Status PullWords(PullOutcome pull, std::string_view of_content) {
  return std::move(pull.status)
      .Wrap(pull.begun ? of_content : "failed to extract the first layer from artifact");
}

}  // namespace

base::Result<oci::Descriptor> SelectLayer(const oci::Manifest& manifest,
                                          const std::string& media_type) {
  if (manifest.layers.empty()) return base::FailedPrecondition("no layers found in artifact");
  if (media_type.empty()) return manifest.layers.front();
  for (const oci::Descriptor& layer : manifest.layers) {
    if (layer.media_type == media_type) return layer;
  }
  return base::FailedPrecondition(
      base::Cat("failed to find layer with media type '", media_type, "' in artifact"));
}

StepResult OciLayerStep::Run(const observe::Context& ctx, const kube::ObjectKey& key,
                             const api::OciRepositorySpec& spec, oci::RemoteRepository& remote,
                             const OciRevision& revision, SourceStatus& status, Made& made) {
  const auto raw = remote.GetImage(ctx.WithTimeout(spec.timeout),
                                   oci::Reference::Digest(remote.name(), revision.digest));
  if (!raw.ok()) {
    return status.Fail(api::kFetchFailed,
                       StepResult::Retry(api::kOciPullFailedReason,
                                         raw.status().Wrap(base::Cat(
                                             "failed to pull artifact from '", spec.url, "'"))));
  }
  const auto manifest = oci::ParseManifest(raw->bytes);
  if (!manifest.ok())
    return LayerFailed(status, manifest.status().Wrap("failed to parse artifact manifest"));
  const auto layer = SelectLayer(*manifest, spec.layer_media_type);
  if (!layer.ok()) return LayerFailed(status, layer.status());

  ArtifactRequest request;
  request.directory = {"ocirepository", key.ns, key.name};
  request.file = revision.digest + ".tar.gz";
  request.revision = revision.revision;
  request.metadata = manifest->annotations;
  request.latest = "latest.tar.gz";
  const StepResult r = spec.copy_layer
                           ? Copy(ctx, spec, remote, *layer, request, status)
                           : Extract(ctx, key, spec, remote, *layer, request, status, made);
  if (r.failed()) return r;
  status.Remove(api::kFetchFailed);
  api::ObserveOciContentConfig(status.mutable_object());
  return r;
}

StepResult OciLayerStep::Extract(const observe::Context& ctx, const kube::ObjectKey& key,
                                 const api::OciRepositorySpec& spec, oci::RemoteRepository& remote,
                                 const oci::Descriptor& layer, const ArtifactRequest& request,
                                 SourceStatus& status, Made& made) {
  const auto no_room = [&](base::Status why) {
    return status.Fail(
        api::kStorageOperationFailed,
        StepResult::Retry(api::kDirectoryCreationFailedReason,
                          std::move(why).Wrap("failed to create temporary working directory")));
  };
  auto file =
      OpenScratchFile(env_.temp_dir, base::Cat("ocirepository-", key.ns, "-", key.name, "-"));
  if (!file.ok()) return no_room(std::move(file).status());
  artifact::UnpackLimits limits;
  limits.max_bytes = kMaxUnpacked;
  limits.skip_links = true;
  artifact::TarGzSpool spool(*std::move(file), limits);
  PullOutcome pull;
  PullPace pace(env_.clock, spec.timeout);
  pull.status = remote.PullBlob(PatienceFor(ctx, spec, layer), layer,
                                [&](std::string_view piece) -> base::Status {
                                  pull.begun = true;
                                  SLUICE_TRY(pace.Took(piece.size()));
                                  return spool.Write(piece);
                                });
  constexpr std::string_view kContent = "failed to extract layer contents from artifact";
  if (!pull.status.ok()) return LayerFailed(status, PullWords(std::move(pull), kContent));
  const auto tree = spool.Finish();
  if (!tree.ok()) return LayerFailed(status, tree.status().Wrap(kContent));

  const auto ignore = artifact::LoadIgnore(**tree, spec.ignore);
  if (!ignore.ok()) {
    return StepResult::Retry(
        api::kSourceIgnoreErrorReason,
        ignore.status().Wrap("failed to load source ignore patterns from repository"));
  }
  artifact::ArchiveLimits archive_limits;
  archive_limits.digest_algorithm = env_.store.options().digest_algorithm;
  artifact::ArchiveSummary summary;
  const auto produce = [&](const artifact::ByteSink& sink) {
    return artifact::ArchiveTree(**tree, &*ignore, sink, archive_limits);
  };
  if (auto r = artifact_.Run(ctx, request, status, produce, summary); r.failed()) return r;
  made.paths = std::move(summary.paths);
  return StepResult::Next();
}

// Straight into the store: the file gets its name only once the digest was right.
StepResult OciLayerStep::Copy(const observe::Context& ctx, const api::OciRepositorySpec& spec,
                              oci::RemoteRepository& remote, const oci::Descriptor& layer,
                              const ArtifactRequest& request, SourceStatus& status) {
  ArtifactRequest copy = request;
  copy.failure = "unable to copy artifact to storage";
  const auto algorithm = env_.store.options().digest_algorithm;
  PullOutcome pull;
  PullPace pace(env_.clock, spec.timeout);
  base::Status stored;
  const auto produce =
      [&](const artifact::ByteSink& sink) -> base::Result<artifact::ArchiveSummary> {
    base::Hasher hasher(algorithm);
    const bool same = algorithm == base::DigestAlgorithm::kSha256;  // which the pull checks already
    pull.status = remote.PullBlob(PatienceFor(ctx, spec, layer), layer,
                                  [&](std::string_view piece) -> base::Status {
                                    pull.begun = true;
                                    SLUICE_TRY(pace.Took(piece.size()));
                                    if (!same) hasher.Update(piece);
                                    stored = sink(piece);
                                    return stored;
                                  });
    SLUICE_TRY(base::Status(pull.status));
    artifact::ArchiveSummary summary;
    summary.digest = same ? layer.digest : hasher.Finish().ToString();
    summary.size = static_cast<uint64_t>(layer.size);
    return summary;
  };
  const document::Value before = status.object();
  artifact::ArchiveSummary summary;
  const StepResult r = artifact_.Run(ctx, copy, status, produce, summary);
  if (!r.failed() || pull.status.ok() || !stored.ok()) return r;
  status.mutable_object() = before;  // the registry failed, not the store
  return LayerFailed(status, PullWords(std::move(pull), "failed to copy layer from artifact"));
}

}  // namespace sluice::source
