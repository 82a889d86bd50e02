#include "git_repository_kind.h"

#include "artifact/archive.h"
#include "artifact/source_ignore.h"
#include "base/strings.h"

namespace sluice::source {
namespace {

// The commit's first line, as events show it: 50 characters, then "...".
std::string ShortSubject(const git::CommitInfo& commit) {
  constexpr size_t kMaxRunes = 50;
  const std::string subject = commit.Subject();
  const std::string_view cut = base::TruncateRunes(subject, kMaxRunes);
  return cut.size() == subject.size() ? subject : base::Cat(cut, "...");
}

}  // namespace

GitRepositoryKind::GitRepositoryKind(const SourceEnv& env, git::RepositoryPool& pool)
    : env_(env), pool_(pool), source_(env.client, pool, env.events), artifact_(env.store, env.clock) {}

const KindTraits& GitRepositoryKind::traits() const {
  static const KindTraits traits{api::kGitRepositoryApiVersion, api::kGitRepositoryKind, "gitrepository", "gitrepository",
                                 CommonConditions()};
  return traits;
}

base::Result<SpecHead> GitRepositoryKind::Head(const document::Value& object) const {
  SLUICE_TRY(const auto spec, api::GitRepositorySpec::From(object));
  return SpecHead{spec.suspend, spec.interval};
}

StepResult GitRepositoryKind::Run(const observe::Context& ctx, const kube::ObjectKey& key, SourceStatus& status, Made& made) {
  const auto spec = api::GitRepositorySpec::From(status.object());
  if (!spec.ok()) return StepResult::Stalled("InvalidSpec", spec.status());
  if (!spec->unsupported.empty()) {
    return StepResult::Stalled(api::kUnsupportedFeatureReason, base::Unimplemented(spec->unsupported));
  }
  Checkout checkout;
  StepResult r = source_.Run(ctx, key, *spec, status, checkout);
  if (r.failed()) return r;
  if (r.kind == StepResult::Kind::kNext) {
    r = MakeArtifact(ctx, key, *spec, checkout, status, made);
    if (r.failed()) return r;
  } else {
    made.message = "stored artifact for commit '" + status.artifact()->revision + "'";
  }
  made.in_storage = "stored artifact for revision '" + status.artifact()->revision + "'";
  return r;
}

StepResult GitRepositoryKind::MakeArtifact(const observe::Context& ctx, const kube::ObjectKey& key, const api::GitRepositorySpec& spec,
                                           const Checkout& checkout, SourceStatus& status, Made& made) {
  auto tree = checkout.session->OpenTree(checkout.commit.oid);
  if (!tree.ok()) {
    return status.Fail(api::kStorageOperationFailed,
                       StepResult::Retry(api::kArchiveOperationFailedReason,
                                         std::move(tree).status().Wrap("unable to archive artifact to storage")));
  }
  auto ignore = artifact::LoadIgnore(**tree, spec.ignore.value_or(""));
  if (!ignore.ok()) {
    return StepResult::Retry(api::kSourceIgnoreErrorReason,
                             std::move(ignore).status().Wrap("failed to load source ignore patterns from repository"));
  }
  ArtifactRequest request;
  request.directory = {std::string(traits().directory), key.ns, key.name};
  request.file = checkout.commit.oid.ToString() + ".tar.gz";
  request.revision = checkout.ref.Revision();
  artifact::ArchiveLimits limits;
  limits.digest_algorithm = env_.store.options().digest_algorithm;
  artifact::ArchiveSummary summary;
  const auto produce = [&](const artifact::ByteSink& sink) { return artifact::ArchiveTree(**tree, &*ignore, sink, limits); };
  if (auto r = artifact_.Run(ctx, request, status, produce, summary); r.failed()) return r;
  api::SetObservedIgnore(status.mutable_object());
  if (summary.dropped > 0) {
    ctx.log().Debug("links and special files are left out of the artifact",
                    {{"count", static_cast<int64_t>(summary.dropped)}, {"first", summary.dropped_paths.front()}});
  }
  made.paths = std::move(summary.paths);
  made.message = "stored artifact for commit '" + ShortSubject(checkout.commit) + "'";
  return StepResult::Next();
}

}  // namespace sluice::source
