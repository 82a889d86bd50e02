#include "git_repository_kind.h"

#include <algorithm>

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
    : env_(env), pool_(pool), source_(env.client, pool, env.events), include_(env), artifact_(env.store, env.clock) {}

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
  if (api::ConditionIs(status.object(), api::kSourceVerified, api::kFalse)) status.Remove(api::kSourceVerified);
  git::RemoteAuth auth;
  if (auto r = source_.auth().Resolve(ctx, key.ns, *spec, status, auth); r.failed()) return r;
  std::vector<api::Artifact> included;
  if (auto r = include_.Find(key.ns, *spec, status, included); r.failed()) return r;
  if (api::IncludesDiffer(status.object(), included)) {
    constexpr std::string_view kMessage = "included artifacts differ from last observed includes";
    status.Progressive(true, base::Cat("building artifact: ", kMessage));
  }
  status.Remove(api::kArtifactOutdated);

  Checkout checkout;
  StepResult r = source_.Run(ctx, key, *spec, auth, included, status, checkout);
  if (r.failed()) return r;
  if (r.kind == StepResult::Kind::kUnchanged) {
    made.message = "stored artifact for commit '" + status.artifact()->revision + "'";
  } else if (status.artifact() && status.artifact()->revision == checkout.ref.Revision() &&
             api::GitContentUnchanged(status.object(), included)) {
    // A verification was due, no more.
    env_.events.RecordLocal(status.object(), api::EventSeverity::kTrace, api::kArtifactUpToDateReason,
                            base::Cat("artifact up-to-date with remote revision: '", status.artifact()->revision, "'"));
    made.message = "stored artifact for commit '" + ShortSubject(checkout.commit) + "'";
  } else {
    r = MakeArtifact(ctx, key, *spec, included, checkout, status, made);
    if (r.failed()) return r;
  }
  made.in_storage = "stored artifact for revision '" + status.artifact()->revision + "'";
  return r;
}

bool GitRepositoryKind::MadeOf(const document::Value& object, std::string_view kind, const kube::ObjectKey& source) const {
  if (kind != api::kGitRepositoryKind || kube::KeyOf(object).ns != source.ns) return false;
  const auto& include = object.At({"spec", "include"}).items();
  return std::ranges::any_of(include, [&](const document::Value& i) { return i.At({"repository", "name"}).AsString() == source.name; });
}

StepResult GitRepositoryKind::MakeArtifact(const observe::Context& ctx, const kube::ObjectKey& key, const api::GitRepositorySpec& spec,
                                           const std::vector<api::Artifact>& included, const Checkout& checkout, SourceStatus& status,
                                           Made& made) {
  if (checkout.composed != nullptr) {
    if (auto r = include_.Mount(spec, included, status, *checkout.composed); r.failed()) return r;
  }
  auto plain = checkout.composed == nullptr ? checkout.session->OpenTree(checkout.commit.oid)
                                            : base::Result<std::unique_ptr<io::FileTree>>(std::unique_ptr<io::FileTree>());
  if (!plain.ok()) {
    return status.Fail(api::kStorageOperationFailed,
                       StepResult::Retry(api::kArchiveOperationFailedReason,
                                         std::move(plain).status().Wrap("unable to archive artifact to storage")));
  }
  const io::FileTree& tree = checkout.composed != nullptr ? *checkout.composed : **plain;
  auto ignore = artifact::LoadIgnore(tree, spec.ignore.value_or(""));
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
  const auto produce = [&](const artifact::ByteSink& sink) { return artifact::ArchiveTree(tree, &*ignore, sink, limits); };
  if (auto r = artifact_.Run(ctx, request, status, produce, summary); r.failed()) return r;
  api::SetObservedGitContent(status.mutable_object(), included);
  if (summary.dropped > 0) {
    ctx.log().Debug("links and special files are left out of the artifact",
                    {{"count", static_cast<int64_t>(summary.dropped)}, {"first", summary.dropped_paths.front()}});
  }
  made.paths = std::move(summary.paths);
  made.message = "stored artifact for commit '" + ShortSubject(checkout.commit) + "'";
  return StepResult::Next();
}

}  // namespace sluice::source
