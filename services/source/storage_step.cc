#include "storage_step.h"

#include "api/conditions.h"
#include "api/source.h"
#include "base/strings.h"

namespace sluice::source {
namespace {

std::string_view FileOf(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// An artifact of another object's is none of this one's, whatever its status says.
bool IsBelow(const artifact::ObjectDirectory& directory, std::string_view path) {
  const std::string folder = directory.Path() + "/";
  return path.starts_with(folder) && path.find('/', folder.size()) == path.npos;
}

}  // namespace

bool StorageStep::Verify(const api::Artifact& artifact, SourceStatus& status) {
  const auto verified = store_.Verify(artifact.path, artifact.digest);
  if (verified.ok()) return true;
  if (verified.code() == base::StatusCode::kDataLoss) {
    events_.Record(status.object(), api::EventSeverity::kError,
                   api::kArtifactVerificationFailedReason,
                   "failed to verify integrity of artifact: " + verified.message());
    static_cast<void>(store_.Remove(artifact.path));  // it is overwritten in any case
  }
  return false;
}

StepResult StorageStep::Run(const artifact::ObjectDirectory& directory, SourceStatus& status) {
  const auto& artifact = status.artifact();
  const auto collected = store_.CollectGarbage(directory, artifact ? FileOf(artifact->path) : "");
  if (collected.ok() && *collected > 0) {
    events_.RecordLocal(status.object(), api::EventSeverity::kTrace,
                        api::kGarbageCollectionSucceededReason,
                        base::Cat("garbage collected ", std::to_string(*collected), " artifacts"));
  }
  const bool had_one = artifact.has_value();
  if (had_one && !(IsBelow(directory, artifact->path) && Verify(*artifact, status))) {
    status.SetArtifact(std::nullopt);
    status.mutable_object().Mutable("status").Erase("url");
  }
  if (!status.artifact()) {
    status.Progressive(true,
                       had_one ? api::kArtifactDisappearedMessage : api::kBuildingArtifactMessage);
    status.Remove(api::kArtifactInStorage);
    return StepResult::Next();
  }
  if (const std::string url = store_.UrlOf(artifact->path); artifact->url != url) {
    api::Artifact moved = *artifact;
    moved.url = url;
    status.SetArtifact(std::move(moved));
  }
  if (const std::string_view link = status.object()["status"]["url"].AsString(); !link.empty()) {
    const std::string url = store_.UrlOf(base::Cat(directory.Path(), "/", FileOf(link)));
    if (url != link) status.mutable_object().Mutable("status").Set("url", url);
  }
  return StepResult::Next();
}

}  // namespace sluice::source
