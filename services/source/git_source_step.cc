#include "git_source_step.h"

#include <algorithm>
#include <chrono>

#include "api/conditions.h"
#include "api/meta.h"
#include "api/source.h"
#include "base/revision.h"
#include "base/strings.h"
#include "git/url.h"
#include "git_include_step.h"
#include "git_submodules.h"
#include "http/url.h"

namespace sluice::source {
namespace {

git::ReferenceSpec ReferenceOf(const api::GitRepositorySpec& spec) {
  return {.branch = spec.branch,
          .tag = spec.tag,
          .semver = spec.semver,
          .name = spec.ref_name,
          .commit = spec.commit};
}

// What the user wrote, without what must not be shown: some hosts take tokens in the query.
std::string ShownUrl(const std::string& url) {
  auto parsed = http::Url::Parse(url);
  if (!parsed.ok()) {
    const auto ssh = git::ParseUrl(url);
    const bool plain = ssh.ok() && ssh->userinfo.find(':') == std::string::npos;
    return plain ? url : http::RedactUrl(url);  // a user of SSH is no secret, a password would be
  }
  parsed->query.clear();
  return parsed->ToString();
}

// A pass that nothing but its interval woke makes do with what another object's poll of the same
// repository has just seen: so a repository that many objects follow is polled a few times a
// minute. Whoever is asked for something, or has something to mend, asks upstream.
base::Duration MaxAgeOf(const api::GitRepositorySpec& spec, const SourceStatus& status) {
  constexpr base::Duration kMost = std::chrono::seconds(5);
  const document::Value& before = status.before();
  const bool routine =
      api::ConditionIs(before, api::kReady, api::kTrue) &&
      kube::GenerationOf(before) == api::ObservedGeneration(before) &&
      api::RequestedAt(status.object()) == before["status"]["lastHandledReconcileAt"].AsString();
  return routine ? std::min(kMost, spec.interval / 10) : base::Duration::zero();
}

std::vector<std::string> SparsePrefixes(const api::GitRepositorySpec& spec) {
  std::vector<std::string> out;
  for (const std::string& path : spec.sparse_checkout)
    out.emplace_back(base::TrimPrefix(path, "./"));
  return out;
}

StepResult FetchFailed(SourceStatus& status, std::string_view reason, base::Status why) {
  return status.Fail(api::kFetchFailed, StepResult::Retry(reason, std::move(why)));
}

StepResult CheckoutFailed(SourceStatus& status, base::Status why) {
  return FetchFailed(status, api::kGitOperationFailedReason,
                     std::move(why).Wrap(api::kCheckoutFailedPrefix));
}

// Errors that concern the listing or the transport name the URL; those about what the spec asks for
// do not. `listing`: where Flux would only have listed the references.
base::Status NameRemote(const api::GitRepositorySpec& spec, bool listing, base::Status why) {
  if (why.code() == base::StatusCode::kInvalidArgument) return why;
  if (why.message() == git::kEmptyRepository) {
    why = base::Status(why.code(), "remote repository is empty");
  }
  const std::string url = ShownUrl(spec.url);
  const bool missing_ref = why.message().starts_with("couldn't find remote ref");
  if (listing && !missing_ref) {
    return std::move(why).Wrap(base::Cat("unable to list remote for '", url, "'"));
  }
  if (why.message() == "repository not found" || why.message() == "remote repository is empty") {
    return {why.code(),
            base::Cat("unable to clone: ", why.message(), ": git repository: '", url, "'")};
  }
  return std::move(why).Wrap(base::Cat("unable to clone '", url, "'"));
}

bool IsBranch(const api::GitRepositorySpec& spec) {
  return spec.commit.empty() && spec.ref_name.empty() && spec.tag.empty() && spec.semver.empty();
}

// Whether Flux looks at the list of references before it clones.
bool ListsFirst(const api::GitRepositorySpec& spec, bool known) {
  if (!spec.commit.empty()) return false;
  return !spec.ref_name.empty() || (known && (!spec.tag.empty() || spec.semver.empty()));
}

}  // namespace

bool IsRevision(const api::Artifact& artifact, const std::string& revision) {
  if (artifact.revision == revision) return true;
  const auto former = base::Revision::Parse(artifact.revision);
  return former.ok() && former->ToString() == revision;
}

// Those that nobody keeps any more close connections and mirrors: behind the lock, here as below.
void GitSourceStep::Keep(const kube::ObjectKey& key, Repositories repositories) {
  const observe::MutexLock lock(mu_);
  repositories_[key].swap(repositories);
}

// Those of its submodules stay, too.
void GitSourceStep::KeepTop(const kube::ObjectKey& key,
                            std::shared_ptr<git::Repository> repository) {
  const observe::MutexLock lock(mu_);
  Repositories& kept = repositories_[key];
  if (kept.empty()) kept.emplace_back();
  kept[0].swap(repository);
}

void GitSourceStep::Forget(const kube::ObjectKey& key) {
  decltype(repositories_)::node_type gone;
  const observe::MutexLock lock(mu_);
  gone = repositories_.extract(key);
}

StepResult GitSourceStep::Run(const observe::Context& ctx, const kube::ObjectKey& key,
                              const api::GitRepositorySpec& spec, const git::RemoteAuth& auth,
                              const std::vector<api::Artifact>& included, SourceStatus& status,
                              Checkout& out) {
  if (const auto url = git::ParseUrl(spec.url);
      url.ok() && !auth.bearer_token.empty() && !url->userinfo.empty()) {
    return CheckoutFailed(
        status,
        base::InvalidArgument("basic auth and bearer token cannot be set at the same time"));
  }
  auto got = pool_.Get(spec.url, auth);
  if (!got.ok()) {
    return FetchFailed(status, api::kGitOperationFailedReason,
                       std::move(got).status().Wrap("failed to create Git client"));
  }
  Repositories repositories{*std::move(got)};
  const bool known =
      status.artifact() && api::ConditionIs(status.object(), api::kArtifactInStorage, api::kTrue);

  auto ref = repositories[0]->Resolve(ctx.WithTimeout(spec.timeout), ReferenceOf(spec),
                                      MaxAgeOf(spec, status));
  if (!ref.ok()) {
    Keep(key, std::move(repositories));
    if (ref.status().code() == base::StatusCode::kUnauthenticated) auth_.Refused(auth);
    if (ref.status().message() == git::kEmptyRepository && !known && IsBranch(spec))
      return FetchFailed(status, api::kEmptyGitRepositoryReason, std::move(ref).status());
    return CheckoutFailed(status,
                          NameRemote(spec, ListsFirst(spec, known), std::move(ref).status()));
  }
  out.ref = *std::move(ref);
  const std::string revision = out.ref.Revision();
  const bool same = status.artifact() && IsRevision(*status.artifact(), revision);
  if (same && known && api::GitContentUnchanged(status.object(), included)) {
    KeepTop(key, std::move(repositories[0]));
    status.Remove(api::kFetchFailed);
    RecordUnchanged(spec, revision, status);
    return StepResult::Unchanged();
  }
  StepResult r = CheckOut(ctx, spec, auth, repositories, status, out);
  Keep(key, std::move(repositories));
  if (r.failed()) return r;
  status.Remove(api::kFetchFailed);
  if (r = Verify(ctx, key.ns, spec, status, out); r.failed()) return r;
  if (!same) {
    const std::string news = "new upstream revision '" + revision + "'";
    if (status.artifact()) status.SetTrue(api::kArtifactOutdated, api::kNewRevisionReason, news);
    status.Progressive(true, "building artifact: " + news);
  }
  return StepResult::Next();
}

// Flux looks for changes first where a listing can tell; of a commit or a range of versions it
// makes a clone, and finds that it has what it made.
void GitSourceStep::RecordUnchanged(const api::GitRepositorySpec& spec, const std::string& revision,
                                    SourceStatus& status) {
  const bool cloned =
      !spec.commit.empty() || (spec.ref_name.empty() && spec.tag.empty() && !spec.semver.empty());
  events_.RecordLocal(
      status.object(), api::EventSeverity::kTrace,
      cloned ? api::kArtifactUpToDateReason : api::kGitOperationSucceededReason,
      base::Cat(cloned ? "artifact up-to-date with remote revision: '"
                       : "no changes since last reconciliation: observed revision '",
                revision, "'"));
}

StepResult GitSourceStep::CheckOut(const observe::Context& ctx, const api::GitRepositorySpec& spec,
                                   const git::RemoteAuth& auth, Repositories& repositories,
                                   SourceStatus& status, Checkout& out) {
  const auto patience = ctx.WithTimeout(spec.timeout);
  auto session = spec.sparse_checkout.empty()
                     ? repositories[0]->Checkout(patience, ReferenceOf(spec), out.ref)
                     : repositories[0]->CheckoutPart(patience, ReferenceOf(spec), out.ref,
                                                     SparsePrefixes(spec));
  if (!session.ok())
    return CheckoutFailed(status, NameRemote(spec, false, std::move(session).status()));
  // From the object that was asked for: what the server said to lie behind a tag is not taken for
  // it.
  auto commit = (*session)->ReadCommit(out.ref.want);
  if (commit.ok() && commit->oid != out.ref.commit) {
    commit = base::DataLoss("the server's listing does not match the object it names");
  }
  if (!commit.ok())
    return CheckoutFailed(status, NameRemote(spec, false, std::move(commit).status()));
  out.session = *std::move(session);
  out.commit = *std::move(commit);
  return Compose(patience, spec, auth, repositories, status, out);
}

StepResult GitSourceStep::Compose(const observe::Context& ctx, const api::GitRepositorySpec& spec,
                                  const git::RemoteAuth& auth, Repositories& repositories,
                                  SourceStatus& status, Checkout& out) {
  if (spec.sparse_checkout.empty() && !spec.recurse_submodules && spec.include.empty())
    return StepResult::Next();
  auto tree = out.session->OpenTree(out.commit.oid);
  if (!tree.ok()) return CheckoutFailed(status, std::move(tree).status());
  out.composed = std::make_unique<ComposedTree>(*std::move(tree));
  if (!spec.sparse_checkout.empty()) {
    for (const std::string& path : spec.sparse_checkout) {
      // Through Stat alone: nothing outside the tree can be meant.
      if (!out.composed->Stat(PathBelowRoot(path)).ok()) {
        return FetchFailed(status, api::kGitOperationFailedReason,
                           base::NotFound(base::Cat(
                               "failed to sparse checkout directories : sparse checkout dir '",
                               path, "' does not exist in repository: lstat ", PathBelowRoot(path),
                               ": no such file or directory")));
      }
    }
    out.composed->Select(SparsePrefixes(spec));
  } else if (spec.recurse_submodules) {  // a sparse checkout leaves submodules alone, as in Flux
    auto mounted = MountSubmodules(ctx, {pool_, spec.url, auth}, *out.session, out.commit.oid,
                                   *out.composed, repositories);
    if (!mounted.ok())
      return CheckoutFailed(
          status, std::move(mounted).Wrap(base::Cat("unable to clone '", ShownUrl(spec.url), "'")));
  }
  return StepResult::Next();
}

StepResult GitSourceStep::Verify(const observe::Context& ctx, const std::string& ns,
                                 const api::GitRepositorySpec& spec, SourceStatus& status,
                                 const Checkout& out) {
  if (spec.verify == api::GitVerifyMode::kNone)
    return verify_.Run(ctx, ns, spec, out.ref, {}, nullptr, status);
  const auto unreadable = [&](base::Status why) {
    return status.FailFalse(api::kSourceVerified,
                            StepResult::Retry(api::kInvalidGitObjectReason, std::move(why)));
  };
  const auto commit = out.session->ReadSigned(out.commit.oid);
  if (!commit.ok()) return unreadable(commit.status());
  if (out.ref.want == out.ref.commit)
    return verify_.Run(ctx, ns, spec, out.ref, *commit, nullptr, status);
  const auto tag = out.session->ReadSigned(out.ref.want);
  if (!tag.ok()) return unreadable(tag.status());
  return verify_.Run(ctx, ns, spec, out.ref, *commit, &*tag, status);
}

}  // namespace sluice::source
