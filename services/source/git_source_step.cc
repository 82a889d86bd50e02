#include "git_source_step.h"

#include "api/conditions.h"
#include "base/strings.h"
#include "http/url.h"

namespace sluice::source {
namespace {

git::ReferenceSpec ReferenceOf(const api::GitRepositorySpec& spec) {
  return {.branch = spec.branch, .tag = spec.tag, .semver = spec.semver, .name = spec.ref_name, .commit = spec.commit};
}

// What the user wrote, without what must not be shown: some hosts take tokens in the query.
std::string ShownUrl(const std::string& url) {
  auto parsed = http::Url::Parse(url);
  if (!parsed.ok()) return http::RedactUrl(url);
  parsed->query.clear();
  return parsed->ToString();
}

StepResult FetchFailed(SourceStatus& status, std::string_view reason, base::Status why) {
  return status.Fail(api::kFetchFailed, StepResult::Retry(reason, std::move(why)));
}

StepResult CheckoutFailed(SourceStatus& status, base::Status why) {
  return FetchFailed(status, api::kGitOperationFailedReason, std::move(why).Wrap(api::kCheckoutFailedPrefix));
}

// Errors that concern the listing or the transport name the URL; those about what the spec asks for do not.
base::Status NameRemote(const api::GitRepositorySpec& spec, bool listing, base::Status why) {
  const bool about_spec = why.code() == base::StatusCode::kFailedPrecondition || why.code() == base::StatusCode::kInvalidArgument;
  if (about_spec) return why;
  const bool missing_ref = why.message().starts_with("couldn't find remote ref");
  const bool list = (listing && !missing_ref) || !spec.ref_name.empty();
  return std::move(why).Wrap(base::Cat(list ? "unable to list remote for '" : "unable to clone '", ShownUrl(spec.url), "'"));
}

}  // namespace

std::shared_ptr<git::Repository> GitSourceStep::Keep(const kube::ObjectKey& key, std::shared_ptr<git::Repository> repository) {
  const observe::MutexLock lock(mu_);
  return repositories_[key] = std::move(repository);
}

void GitSourceStep::Forget(const kube::ObjectKey& key) {
  const observe::MutexLock lock(mu_);
  repositories_.erase(key);
}

StepResult GitSourceStep::Run(const observe::Context& ctx, const kube::ObjectKey& key, const api::GitRepositorySpec& spec,
                              SourceStatus& status, Checkout& out) {
  git::RemoteAuth auth;
  if (auto r = auth_.Resolve(ctx, key.ns, spec, status, auth); r.failed()) return r;
  auto got = pool_.Get(spec.url, auth);
  if (!got.ok()) {
    return FetchFailed(status, api::kGitOperationFailedReason, std::move(got).status().Wrap("failed to create Git client"));
  }
  const auto repository = Keep(key, *std::move(got));
  const bool known = status.artifact() && api::ConditionIs(status.object(), api::kArtifactInStorage, api::kTrue);

  const auto patience = ctx.WithTimeout(spec.timeout);
  auto ref = repository->Resolve(patience, ReferenceOf(spec));
  if (!ref.ok()) {
    if (ref.status().message() == git::kEmptyRepository) return FetchFailed(status, api::kEmptyGitRepositoryReason, std::move(ref).status());
    return CheckoutFailed(status, NameRemote(spec, known, std::move(ref).status()));
  }
  out.ref = *std::move(ref);
  const std::string revision = out.ref.Revision();
  const bool same = status.artifact() && status.artifact()->revision == revision;
  if (same && known && api::IgnoreUnchanged(status.object())) {
    status.Remove(api::kFetchFailed);
    events_.RecordLocal(status.object(), api::EventSeverity::kTrace, api::kGitOperationSucceededReason,
                        "no changes since last reconciliation: observed revision '" + revision + "'");
    return StepResult::Unchanged();
  }
  if (auto r = CheckOut(ctx, spec, *repository, status, out); r.failed()) return r;
  status.Remove(api::kFetchFailed);
  if (!same) {
    const std::string news = "new upstream revision '" + revision + "'";
    if (status.artifact()) status.SetTrue(api::kArtifactOutdated, api::kNewRevisionReason, news);
    status.Progressive(true, "building artifact: " + news);
  }
  return StepResult::Next();
}

StepResult GitSourceStep::CheckOut(const observe::Context& ctx, const api::GitRepositorySpec& spec, git::Repository& repository,
                                   SourceStatus& status, Checkout& out) {
  auto session = repository.Checkout(ctx.WithTimeout(spec.timeout), ReferenceOf(spec), out.ref);
  if (!session.ok()) return CheckoutFailed(status, NameRemote(spec, false, std::move(session).status()));
  auto commit = (*session)->ReadCommit(out.ref.commit);
  if (!commit.ok()) return CheckoutFailed(status, std::move(commit).status());
  out.session = *std::move(session);
  out.commit = *std::move(commit);
  return StepResult::Next();
}

}  // namespace sluice::source
