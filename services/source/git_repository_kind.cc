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

std::vector<std::string> IncludesOf(const document::Value& object) {
  std::vector<std::string> out;
  for (const document::Value& i : object.At({"spec", "include"}).items()) {
    out.push_back(SourceKey(api::kGitRepositoryKind, kube::KeyOf(object).ns,
                            i.At({"repository", "name"}).AsString()));
  }
  return out;
}

// Patterns that cannot be read are no fault of the storage.
StepResult IgnoreErrorOf(StepResult failure, SourceStatus& status) {
  const std::string_view text = failure.status.message();
  const size_t at = text.find(artifact::kIgnoreUnreadable);
  if (at == text.npos) return failure;
  status.Remove(api::kStorageOperationFailed);
  return StepResult::Retry(api::kSourceIgnoreErrorReason,
                           base::Status(failure.status.code(), std::string(text.substr(at))));
}

}  // namespace

GitRepositoryKind::GitRepositoryKind(const SourceEnv& env, git::RepositoryPool& pool,
                                     CloudAccess& cloud, const GitOptions& options)
    : env_(env),
      pool_(pool),
      source_(env.client, env.http, pool, env.events, cloud, env.clock, options),
      include_(env),
      archive_(env.store, env.temp_dir + "/sluice-source-archives"),
      artifact_(env.store, env.events, env.clock) {}

const KindTraits& GitRepositoryKind::traits() const {
  static const KindTraits traits{api::kGitRepositoryApiVersion,
                                 api::kGitRepositoryKind,
                                 "gitrepository",
                                 "gitrepository",
                                 CommonConditions(),
                                 IncludesOf};
  return traits;
}

base::Result<SpecHead> GitRepositoryKind::Head(const document::Value& object) const {
  SLUICE_TRY(const auto spec, api::GitRepositorySpec::From(object));
  return SpecHead{spec.suspend, spec.interval};
}

StepResult GitRepositoryKind::Run(const observe::Context& ctx, const kube::ObjectKey& key,
                                  SourceStatus& status, Made& made) {
  const auto spec = api::GitRepositorySpec::From(status.object());
  if (!spec.ok()) return StepResult::Stalled("InvalidSpec", spec.status());
  if (api::ConditionIs(status.object(), api::kSourceVerified, api::kFalse))
    status.Remove(api::kSourceVerified);
  git::RemoteAuth auth;
  if (auto r = source_.auth().Resolve(ctx, key.ns, *spec, status, auth); r.failed()) return r;
  std::vector<api::Artifact> included;
  if (auto r = include_.Find(key.ns, *spec, status, included); r.failed()) return r;
  if (api::IncludesDiffer(status.object(), included)) {
    constexpr std::string_view kMessage = "included artifacts differ from last observed includes";
    status.Progressive(true, base::Cat("building artifact: ", kMessage));
  }
  status.Remove(api::kArtifactOutdated);

  bool damaged = false;
  StepResult r = Produce(ctx, key, *spec, auth, included, status, made, damaged);
  // The mirror's files are not what they were: they are fetched afresh, and nobody need know.
  if (r.failed() && damaged) r = Produce(ctx, key, *spec, auth, included, status, made, damaged);
  if (r.failed()) return r;
  made.in_storage = "stored artifact for revision '" + status.artifact()->revision + "'";
  return r;
}

StepResult GitRepositoryKind::Produce(const observe::Context& ctx, const kube::ObjectKey& key,
                                      const api::GitRepositorySpec& spec,
                                      const git::RemoteAuth& auth,
                                      const std::vector<api::Artifact>& included,
                                      SourceStatus& status, Made& made, bool& damaged) {
  Checkout checkout;
  StepResult r = source_.Run(ctx, key, spec, auth, included, status, checkout);
  if (r.kind == StepResult::Kind::kUnchanged) {
    made.message = "stored artifact for commit '" + status.artifact()->revision + "'";
  } else if (!r.failed() && status.artifact() &&
             IsRevision(*status.artifact(), checkout.ref.Revision()) &&
             api::GitContentUnchanged(status.object(), included)) {
    // A verification was due, no more.
    env_.events.RecordLocal(
        status.object(), api::EventSeverity::kTrace, api::kArtifactUpToDateReason,
        base::Cat("artifact up-to-date with remote revision: '", status.artifact()->revision, "'"));
    made.message = "stored artifact for commit '" + ShortSubject(checkout.commit) + "'";
  } else if (!r.failed()) {
    r = MakeArtifact(ctx, key, spec, included, checkout, status, made);
  }
  damaged = checkout.session != nullptr && checkout.session->damaged();
  return r;
}

void GitRepositoryKind::Forget(const kube::ObjectKey& key) {
  source_.Forget(key);
  archive_.Forget(key);
}

base::Status GitRepositoryKind::Sweep() {
  SLUICE_TRY(archive_.Sweep([this](const kube::ObjectKey& key) {
    return env_.objects.Find(api::kGitRepositoryKind, key) != nullptr;
  }));
  return pool_.Sweep();
}

StepResult GitRepositoryKind::MakeArtifact(const observe::Context& ctx, const kube::ObjectKey& key,
                                           const api::GitRepositorySpec& spec,
                                           const std::vector<api::Artifact>& included,
                                           const Checkout& checkout, SourceStatus& status,
                                           Made& made) {
  if (checkout.composed != nullptr) {
    if (auto r = include_.Mount(spec, included, status, *checkout.composed); r.failed()) return r;
  }
  ArtifactRequest request;
  request.directory = {std::string(traits().directory), key.ns, key.name};
  request.file = checkout.commit.oid.ToString() + ".tar.gz";
  request.revision = checkout.ref.Revision();
  artifact::ArchiveLimits limits;
  limits.digest_algorithm = env_.store.options().digest_algorithm;
  const std::string spec_ignore = spec.ignore.value_or("");
  const auto former = status.artifact();
  std::string index;
  artifact::ArchiveSummary summary;
  const auto produce =
      [&](const artifact::ByteSink& sink) -> base::Result<artifact::ArchiveSummary> {
    if (checkout.composed == nullptr) {
      SLUICE_TRY(auto made_now, archive_.Run(key, *checkout.session, checkout.commit, spec_ignore,
                                             former ? &*former : nullptr, limits, sink));
      index = std::move(made_now.index);
      return std::move(made_now.summary);
    }
    auto ignore = artifact::LoadIgnore(*checkout.composed, spec_ignore);
    if (!ignore.ok()) return std::move(ignore).status().Wrap(artifact::kIgnoreUnreadable);
    return artifact::ArchiveTree(*checkout.composed, &*ignore, sink, limits);
  };
  if (auto r = artifact_.Run(ctx, request, status, produce, summary); r.failed())
    return IgnoreErrorOf(std::move(r), status);
  archive_.Remember(key, *status.artifact(), index);
  api::SetObservedGitContent(status.mutable_object(), included);
  made.paths = std::move(summary.paths);
  made.message = "stored artifact for commit '" + ShortSubject(checkout.commit) + "'";
  return StepResult::Next();
}

}  // namespace sluice::source
