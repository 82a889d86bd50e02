#include "git_repository_reconciler.h"

#include "api/conditions.h"
#include "api/meta.h"
#include "base/strings.h"
#include "runtime/jitter.h"

namespace sluice::source {
namespace {

const kube::GroupVersionKind& Gvk() {
  static const auto gvk = kube::GroupVersionKind::FromApiVersion(api::kGitRepositoryApiVersion, api::kGitRepositoryKind);
  return gvk;
}

runtime::StatusWriterOptions WriterOptions() {
  runtime::StatusWriterOptions o;
  o.gvk = Gvk();
  o.field_manager = api::kSourceController;
  for (const std::string_view type : {api::kReady, api::kReconciling, api::kStalled, api::kArtifactInStorage, api::kArtifactOutdated,
                                      api::kFetchFailed, api::kStorageOperationFailed, api::kIncludeUnavailable, api::kSourceVerified}) {
    o.owned_conditions.emplace_back(type);
  }
  return o;
}

// The commit's first line, as events show it: 50 characters, then "...".
std::string ShortSubject(const git::CommitInfo& commit) {
  constexpr size_t kMaxRunes = 50;
  const std::string subject = commit.Subject();
  const std::string_view cut = base::TruncateRunes(subject, kMaxRunes);
  return cut.size() == subject.size() ? subject : base::Cat(cut, "...");
}

base::Status PatchFailed(base::Status why) { return std::move(why).Wrap("failed to patch status"); }

}  // namespace

GitRepositoryReconciler::GitRepositoryReconciler(const GitRepositoryReconcilerDeps& deps)
    : deps_(deps),
      writer_(deps.client, &deps.informer, WriterOptions(), deps.random),
      storage_(deps.store, deps.events),
      source_(deps.client, deps.pool, deps.events),
      artifact_(deps.store, deps.clock) {}

artifact::ObjectDirectory GitRepositoryReconciler::DirectoryOf(const kube::ObjectKey& key) {
  return {std::string(kGitRepositoryDirectory), key.ns, key.name};
}

runtime::Outcome GitRepositoryReconciler::Reconcile(const observe::Context& ctx, const kube::ObjectKey& key) {
  const auto found = deps_.informer.Get(key);
  if (found == nullptr) return Gone(key);
  document::Value object = *found;
  if (kube::IsBeingDeleted(object)) return Delete(ctx, std::move(object));
  if (!api::HasFinalizer(object)) {
    // Before anything is stored, so that nothing can be left behind.
    document::Value marked = object;
    api::AddFinalizer(marked);
    auto written = writer_.Write(ctx, object, marked);
    if (!written.ok()) return runtime::Outcome::Error(PatchFailed(std::move(written).status()));
    object = *std::move(written);
  }
  auto spec = api::GitRepositorySpec::From(object);
  if (spec.ok() && spec->suspend) return Suspended(ctx, std::move(object));
  if (deps_.pokes.TakeUp(key, object) && spec.ok()) return Next(spec->interval);

  SourceStatus status(std::move(object), deps_.clock);
  if (!spec.ok()) {
    return Settle(ctx, StepResult::Stalled("InvalidSpec", std::move(spec).status()), {}, status);
  }
  const StepResult result = RunSteps(ctx, *spec, status);
  // The process is ending: that is no fact about the object, and the next one starts over.
  if (result.failed() && ctx.stop().stop_requested()) return runtime::Outcome::Error(result.status);
  return Settle(ctx, result, spec->interval, status);
}

runtime::Outcome GitRepositoryReconciler::Gone(const kube::ObjectKey& key) {
  source_.Forget(key);
  deps_.pokes.Drop(key);
  deps_.publisher.Deleted(std::string(api::kGitRepositoryKind), key.ns, key.name);
  const auto removed = deps_.store.RemoveObject(DirectoryOf(key));
  return removed.ok() ? runtime::Outcome::Success() : runtime::Outcome::Error(removed);
}

runtime::Outcome GitRepositoryReconciler::Delete(const observe::Context& ctx, document::Value object) {
  const kube::ObjectKey key = kube::KeyOf(object);
  source_.Forget(key);
  deps_.publisher.Deleted(std::string(api::kGitRepositoryKind), key.ns, key.name);
  if (!api::HasFinalizer(object)) return runtime::Outcome::Success();
  if (auto removed = deps_.store.RemoveObject(DirectoryOf(key)); !removed.ok()) {
    removed = std::move(removed).Wrap("garbage collection for deleted resource failed");
    deps_.events.Record(object, api::EventSeverity::kError, api::kGarbageCollectionFailedReason, removed.message());
    return runtime::Outcome::Error(std::move(removed));
  }
  deps_.events.RecordLocal(object, api::EventSeverity::kTrace, api::kGarbageCollectionSucceededReason,
                           "garbage collected artifacts for deleted resource");
  document::Value released = object;
  api::RemoveFinalizer(released);
  const auto written = writer_.Write(ctx, object, released);
  if (!written.ok() && written.status().code() != base::StatusCode::kNotFound) return runtime::Outcome::Error(PatchFailed(written.status()));
  return runtime::Outcome::Success();
}

// The artifact it has stays served; a request is noted as seen.
runtime::Outcome GitRepositoryReconciler::Suspended(const observe::Context& ctx, document::Value object) {
  ctx.log().Info("reconciliation is suspended for this resource");
  if (const auto artifact = api::ArtifactOf(object); artifact && deps_.store.Verify(artifact->path, artifact->digest).ok()) {
    deps_.publisher.Stored(object, *artifact, nullptr);
  }
  document::Value seen = object;
  api::MarkRequestHandled(seen);
  const auto written = writer_.Write(ctx, object, seen);
  return written.ok() ? runtime::Outcome::Success() : runtime::Outcome::Error(PatchFailed(written.status()));
}

StepResult GitRepositoryReconciler::RunSteps(const observe::Context& ctx, const api::GitRepositorySpec& spec, SourceStatus& status) {
  const document::Value& object = status.object();
  const int64_t generation = kube::GenerationOf(object), observed = api::ObservedGeneration(object);
  status.Progressive(false, generation == observed
                                ? std::string(api::kReconciliationInProgressMessage)
                                : base::Cat("processing object: new generation ", std::to_string(observed), " -> ", std::to_string(generation)));
  if (!spec.unsupported.empty()) {
    return StepResult::Stalled(api::kUnsupportedFeatureReason, base::Unimplemented(spec.unsupported));
  }
  const kube::ObjectKey key = kube::KeyOf(object);
  if (auto r = storage_.Run(DirectoryOf(key), status); r.failed()) return r;
  Checkout checkout;
  StepResult r = source_.Run(ctx, key, spec, status, checkout);
  if (r.failed()) return r;
  if (r.kind == StepResult::Kind::kNext) r = MakeArtifact(ctx, spec, std::move(checkout), status);
  if (r.failed()) return r;
  status.Remove(api::kArtifactOutdated);
  status.SetTrue(api::kArtifactInStorage, api::kSucceededReason,
                 "stored artifact for revision '" + status.artifact()->revision + "'");
  if (r.kind == StepResult::Kind::kUnchanged) {
    deps_.publisher.Stored(object, *status.artifact(), nullptr);  // after a restart the bus does not know it yet
    NotifySuccess(status, "stored artifact for commit '" + status.artifact()->revision + "'");
  }
  return r;
}

StepResult GitRepositoryReconciler::MakeArtifact(const observe::Context& ctx, const api::GitRepositorySpec& spec, Checkout checkout,
                                                 SourceStatus& status) {
  artifact::PathDigests paths;
  const auto directory = DirectoryOf(kube::KeyOf(status.object()));
  if (auto r = artifact_.Run(ctx, directory, spec, checkout, status, paths); r.failed()) return r;
  deps_.publisher.Stored(status.object(), *status.artifact(), &paths);
  NotifySuccess(status, "stored artifact for commit '" + ShortSubject(checkout.commit) + "'");
  ctx.log().Info("stored artifact for commit '" + ShortSubject(checkout.commit) + "'", {{"revision", status.artifact()->revision}});
  return StepResult::Next();
}

void GitRepositoryReconciler::NotifySuccess(const SourceStatus& status, const std::string& message) {
  const api::Artifact& now = *status.artifact();
  const bool is_new = !status.artifact_before() || status.artifact_before()->digest != now.digest;
  if (!is_new && !status.Recovered()) return;
  deps_.events.Record(status.object(), api::EventSeverity::kInfo, is_new ? api::kNewArtifactReason : api::kSucceededReason, message,
                      {{std::string(api::kSourceRevisionKey), now.revision}, {std::string(api::kSourceDigestKey), now.digest}});
}

runtime::Outcome GitRepositoryReconciler::Settle(const observe::Context& ctx, const StepResult& result, base::Duration interval,
                                                 SourceStatus& status) {
  if (result.kind == StepResult::Kind::kRetry || result.kind == StepResult::Kind::kStalled) {
    deps_.events.Record(status.object(), api::EventSeverity::kError, result.reason, result.status.message());
  }
  base::Status verdict = status.Finish(result);
  const auto written = writer_.Write(ctx, status.before(), status.object());
  const bool lost = !written.ok() && written.status().code() != base::StatusCode::kNotFound;
  if (lost || result.failed() || !verdict.ok()) deps_.pokes.Drop(kube::KeyOf(status.object()));
  if (lost) return runtime::Outcome::Error(PatchFailed(written.status()));
  switch (result.kind) {
    case StepResult::Kind::kRetry: return runtime::Outcome::Error(result.status);
    case StepResult::Kind::kStalled:
      ctx.log().Error(result.status, "reconciliation stalled");
      return runtime::Outcome::Success();
    case StepResult::Kind::kWaiting:
      ctx.log().Info("reconciliation waiting", {{"reason", result.status.message()}});
      return runtime::Outcome::RequeueAfter(result.after);
    default: break;
  }
  if (!verdict.ok()) return runtime::Outcome::Error(std::move(verdict));
  return Next(interval);
}

runtime::Outcome GitRepositoryReconciler::Next(base::Duration interval) {
  if (interval <= base::Duration::zero()) return runtime::Outcome::Success();
  return runtime::Outcome::RequeueAfter(runtime::Jitter(interval, deps_.jitter_percentage, deps_.random));
}

}  // namespace sluice::source
