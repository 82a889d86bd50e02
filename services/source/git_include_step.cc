#include "git_include_step.h"

#include "api/conditions.h"
#include "artifact/unpack.h"
#include "base/strings.h"
#include "io/file_tree.h"

namespace sluice::source {
namespace {

StepResult StorageFailed(SourceStatus& status, std::string_view reason, base::Status why) {
  return status.Fail(api::kStorageOperationFailed, StepResult::Retry(reason, std::move(why)));
}

base::Result<std::string> ReadAll(const artifact::OpenFile& file) {
  std::string bytes(file.size(), '\0');
  SLUICE_TRY(const size_t n, file.ReadAt(0, std::span<char>(bytes.data(), bytes.size())));
  if (n != bytes.size()) return base::DataLoss("unexpected EOF");
  return bytes;
}

}  // namespace

std::string PathBelowRoot(std::string_view path) {
  return io::CleanPath(base::Cat("/", path)).substr(1);
}

StepResult GitIncludeStep::Find(const std::string& ns, const api::GitRepositorySpec& spec,
                                SourceStatus& status, std::vector<api::Artifact>& included) const {
  const auto unavailable = [&](std::string_view reason, std::string text) {
    return status.Fail(
        api::kIncludeUnavailable,
        StepResult::Waiting(reason, base::NotFound(std::move(text)), env_.requeue_dependency));
  };
  for (const api::GitInclude& include : spec.include) {
    const auto object = env_.objects.Find(api::kGitRepositoryKind, {ns, include.repository});
    if (object == nullptr) {
      return unavailable(api::kNotFoundReason,
                         base::Cat("could not get resource for include '", include.repository,
                                   "': GitRepository.source.toolkit.fluxcd.io \"",
                                   include.repository, "\" not found"));
    }
    auto artifact = api::ArtifactOf(*object);
    if (!artifact)
      return unavailable(api::kNoArtifactReason,
                         base::Cat("no artifact available for include '", include.repository, "'"));
    included.push_back(*std::move(artifact));
  }
  status.Remove(api::kIncludeUnavailable);
  return StepResult::Next();
}

base::Status GitIncludeStep::MountOne(const api::GitInclude& include, const api::Artifact& artifact,
                                      const std::string& to, ComposedTree& tree) const {
  SLUICE_TRY(env_.store.Verify(artifact.path, artifact.digest));
  SLUICE_TRY(const auto file, env_.store.OpenForRead(artifact.path));
  SLUICE_TRY(const std::string bytes, ReadAll(*file));
  SLUICE_TRY(auto files, artifact::UnpackTarGz(bytes));
  const std::string from = PathBelowRoot(include.from_path);
  if (const auto found = files->Stat(from); !found.ok())
    return base::NotFound(base::Cat("cannot stat ", from, ": no such file or directory"));
  if (tree.Stat(to).ok())
    return base::Status(base::StatusCode::kAlreadyExists,
                        base::Cat("rename ", from, " ", to, ": file exists"));
  tree.Mount(to, std::move(files), from);
  return base::OkStatus();
}

StepResult GitIncludeStep::Mount(const api::GitRepositorySpec& spec,
                                 const std::vector<api::Artifact>& included, SourceStatus& status,
                                 ComposedTree& tree) const {
  for (size_t i = 0; i < spec.include.size(); ++i) {
    const api::GitInclude& include = spec.include[i];
    const std::string to = PathBelowRoot(include.ToPath());
    if (to.empty()) {
      return StorageFailed(
          status, api::kIllegalPathReason,
          base::InvalidArgument(base::Cat("path calculation for include '", include.repository,
                                          "' failed: it is the root")));
    }
    if (auto mounted = MountOne(include, included[i], to, tree); !mounted.ok()) {
      return StorageFailed(status, api::kCopyFailureReason,
                           std::move(mounted).Wrap(base::Cat("failed to copy '", include.repository,
                                                             "' include from ", include.from_path,
                                                             " to ", include.ToPath())));
    }
  }
  return StepResult::Next();
}

}  // namespace sluice::source
