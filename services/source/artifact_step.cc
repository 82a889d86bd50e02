#include "artifact_step.h"

#include "api/conditions.h"
#include "artifact/archive.h"
#include "artifact/source_ignore.h"
#include "base/strings.h"
#include "base/time.h"

namespace sluice::source {

StepResult ArtifactStep::Run(const observe::Context& ctx, const artifact::ObjectDirectory& directory, const api::GitRepositorySpec& spec,
                             const Checkout& checkout, SourceStatus& status, artifact::PathDigests& paths) {
  const auto failed = [&](base::Status why) {
    return status.Fail(api::kStorageOperationFailed,
                       StepResult::Retry(api::kArchiveOperationFailedReason,
                                         std::move(why).Wrap("unable to archive artifact to storage")));
  };
  auto tree = checkout.session->OpenTree(checkout.commit.oid);
  if (!tree.ok()) return failed(std::move(tree).status());
  auto ignore = artifact::LoadIgnore(**tree, spec.ignore.value_or(""));
  if (!ignore.ok()) {
    return StepResult::Retry(api::kSourceIgnoreErrorReason,
                             std::move(ignore).status().Wrap("failed to load source ignore patterns from repository"));
  }
  const std::string file = checkout.commit.oid.ToString() + ".tar.gz";
  auto stored = store_.Write(directory, file, [&](const artifact::ByteSink& sink) {
    artifact::ArchiveLimits limits;
    limits.digest_algorithm = store_.options().digest_algorithm;
    return artifact::ArchiveTree(
        **tree, &*ignore,
        [&](std::string_view bytes) -> base::Status {
          SLUICE_TRY(ctx.Check());
          return sink(bytes);
        },
        limits);
  });
  if (!stored.ok()) return failed(std::move(stored).status());
  status.Remove(api::kStorageOperationFailed);

  api::Artifact made;
  made.path = directory.Path() + "/" + file;
  made.url = store_.UrlOf(made.path);
  made.revision = checkout.ref.Revision();
  made.digest = stored->digest;
  made.size = static_cast<int64_t>(stored->size);
  made.last_update_time = base::FormatRfc3339(clock_.Now());
  status.SetArtifact(std::move(made));
  api::SetObservedIgnore(status.mutable_object());
  paths = std::move(stored->paths);
  if (stored->dropped > 0) {
    ctx.log().Debug("links and special files are left out of the artifact",
                    {{"count", static_cast<int64_t>(stored->dropped)}, {"first", stored->dropped_paths.front()}});
  }
  return StepResult::Next();
}

}  // namespace sluice::source
