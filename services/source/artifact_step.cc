#include "artifact_step.h"

#include <algorithm>

#include "api/conditions.h"
#include "api/oci_repository.h"
#include "api/source.h"
#include "artifact/archive.h"
#include "base/strings.h"
#include "base/time.h"

namespace sluice::source {
namespace {

constexpr std::string_view kSymlinkUpdateFailedReason = "SymlinkUpdateFailed";
constexpr std::string_view kLinksLeftOutReason = "LinksLeftOut";  // Flux says nothing of them

// "left out 4 links and special files: 'a', 'b', 'c' …"
std::string LeftOut(const artifact::ArchiveSummary& summary) {
  constexpr size_t kNamed = 3, kShown = 256;
  std::string out =
      base::Cat("left out ", std::to_string(summary.dropped),
                summary.dropped == 1 ? " link or special file: " : " links and special files: ");
  const size_t named = std::min(summary.dropped_paths.size(), kNamed);
  for (size_t i = 0; i < named; ++i) {
    out +=
        base::Cat(i == 0 ? "'" : ", '", base::TruncateUtf8(summary.dropped_paths[i], kShown), "'");
  }
  return summary.dropped > named ? out + " …" : out;
}

}  // namespace

StepResult ArtifactStep::Run(const observe::Context& ctx, const ArtifactRequest& request,
                             SourceStatus& status, const Produce& produce,
                             artifact::ArchiveSummary& summary) {
  auto stored = store_.Write(request.directory, request.file, [&](const artifact::ByteSink& sink) {
    return produce([&](std::string_view bytes) -> base::Status {
      SLUICE_TRY(ctx.Check());
      return sink(bytes);
    });
  });
  if (!stored.ok() && stored.status().message().starts_with(artifact::kNoArtifactDirectory)) {
    return status.Fail(
        api::kStorageOperationFailed,
        StepResult::Retry(api::kDirectoryCreationFailedReason, std::move(stored).status()));
  }
  if (!stored.ok()) {
    return status.Fail(api::kStorageOperationFailed,
                       StepResult::Retry(api::kArchiveOperationFailedReason,
                                         std::move(stored).status().Wrap(request.failure)));
  }
  if (stored->dropped > 0) {
    const std::string message = LeftOut(*stored);
    ctx.log().Debug(message);
    events_.RecordLocal(status.object(), api::EventSeverity::kTrace, kLinksLeftOutReason, message);
  }
  Name(ctx, request, stored->digest, stored->size, status);
  summary = *std::move(stored);
  return StepResult::Next();
}

base::Status ArtifactStep::Share(const observe::Context& ctx, const ArtifactRequest& request,
                                 std::string_view existing, const std::string& digest,
                                 SourceStatus& status) {
  SLUICE_TRY(const auto shared, store_.Share(existing, digest, request.directory, request.file));
  Name(ctx, request, shared.digest, shared.size, status);
  return {};
}

// What is stored is the object's artifact from here on.
void ArtifactStep::Name(const observe::Context& ctx, const ArtifactRequest& request,
                        const std::string& digest, uint64_t size, SourceStatus& status) {
  status.Remove(api::kStorageOperationFailed);
  api::Artifact made;
  made.path = base::Cat(request.directory.Path(), "/", request.file);
  made.url = store_.UrlOf(made.path);
  made.revision = request.revision;
  made.digest = digest;
  made.size = static_cast<int64_t>(size);
  made.last_update_time = base::FormatRfc3339(clock_.Now());
  made.metadata = request.metadata;
  status.SetArtifact(std::move(made));
  if (!request.latest.empty()) {
    // Best effort, as in Flux: nobody we know follows it.
    if (auto linked = store_.Link(request.directory, request.latest, request.file); linked.ok()) {
      status.mutable_object().Mutable("status").Set(
          "url", store_.UrlOf(base::Cat(request.directory.Path(), "/", request.latest)));
    } else {
      const std::string message = "failed to update status URL symlink: " + linked.message();
      ctx.log().Info(message);
      events_.RecordLocal(status.object(), api::EventSeverity::kTrace, kSymlinkUpdateFailedReason,
                          message);
    }
  }
}

}  // namespace sluice::source
