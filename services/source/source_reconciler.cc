#include "source_reconciler.h"

#include "api/conditions.h"
#include "api/meta.h"
#include "api/source.h"
#include "base/strings.h"
#include "runtime/jitter.h"
#include "upstream.h"

namespace sluice::source {
namespace {

runtime::StatusWriterOptions WriterOptions(const KindTraits& traits) {
  runtime::StatusWriterOptions o;
  o.gvk = kube::GroupVersionKind::FromApiVersion(traits.api_version, traits.kind);
  o.field_manager = api::kSourceController;
  for (const std::string_view type : {api::kReady, api::kReconciling, api::kStalled})
    o.owned_conditions.emplace_back(type);
  for (const std::string_view type : traits.conditions.owned) o.owned_conditions.emplace_back(type);
  return o;
}

base::Status PatchFailed(base::Status why) { return std::move(why).Wrap("failed to patch status"); }

}  // namespace

SourceReconciler::SourceReconciler(const SourceEnv& env, SourceKind& kind, kube::Informer& informer,
                                   PokeLedger& pokes)
    : env_(env),
      kind_(kind),
      informer_(informer),
      pokes_(pokes),
      writer_(env.client, &informer, WriterOptions(kind.traits()), env.random),
      storage_(env.store, env.events) {}

artifact::ObjectDirectory SourceReconciler::DirectoryOf(const kube::ObjectKey& key) const {
  return {std::string(kind_.traits().directory), key.ns, key.name};
}

runtime::Outcome SourceReconciler::Reconcile(const observe::Context& ctx,
                                             const kube::ObjectKey& key) {
  const auto found = informer_.Get(key);
  if (found == nullptr) return Gone(key);
  document::Value object = *found;
  if (kube::IsBeingDeleted(object)) return Delete(ctx, std::move(object));
  if (!kind_.Follows(object)) return LeaveAlone(ctx, std::move(object));
  if (!api::HasFinalizer(object)) {
    // Before anything is stored, so that nothing can be left behind.
    document::Value marked = object;
    api::AddFinalizer(marked);
    auto written = writer_.Write(ctx, object, marked);
    if (!written.ok()) return runtime::Outcome::Error(PatchFailed(std::move(written).status()));
    object = *std::move(written);
  }
  const auto spec = kind_.Head(object);
  if (spec.ok() && spec->suspend) return Suspended(ctx, std::move(object));
  if (pokes_.TakeUp(key, object) && spec.ok()) return Next(spec->interval);

  SourceStatus status(std::move(object), env_.clock, kind_.traits().conditions);
  if (!spec.ok()) return Settle(ctx, StepResult::Stalled("InvalidSpec", spec.status()), {}, status);
  const StepResult result = RunSteps(ctx, key, status);
  // The process is ending: that is no fact about the object, and the next one starts over.
  if (result.failed() && ctx.stop().stop_requested()) return runtime::Outcome::Error(result.status);
  return Settle(ctx, result, spec->interval, status);
}

void SourceReconciler::Forget(const kube::ObjectKey& key) {
  kind_.Forget(key);
  env_.metrics.Forget(kind_.traits().kind, key);
}

runtime::Outcome SourceReconciler::Gone(const kube::ObjectKey& key) {
  Forget(key);
  pokes_.Drop(key);
  env_.publisher.Deleted(std::string(kind_.traits().kind), key.ns, key.name);
  const auto removed = env_.store.RemoveObject(DirectoryOf(key));
  return removed.ok() ? runtime::Outcome::Success() : runtime::Outcome::Error(removed);
}

runtime::Outcome SourceReconciler::Delete(const observe::Context& ctx, document::Value object) {
  const kube::ObjectKey key = kube::KeyOf(object);
  Forget(key);
  env_.publisher.Deleted(std::string(kind_.traits().kind), key.ns, key.name);
  if (!api::HasFinalizer(object)) return runtime::Outcome::Success();
  if (auto removed = env_.store.RemoveObject(DirectoryOf(key)); !removed.ok()) {
    removed = std::move(removed).Wrap("garbage collection for deleted resource failed");
    env_.events.Record(object, api::EventSeverity::kError, api::kGarbageCollectionFailedReason,
                       removed.message());
    return runtime::Outcome::Error(std::move(removed));
  }
  env_.events.RecordLocal(object, api::EventSeverity::kTrace,
                          api::kGarbageCollectionSucceededReason,
                          "garbage collected artifacts for deleted resource");
  document::Value released = object;
  api::RemoveFinalizer(released);
  const auto written = writer_.Write(ctx, object, released);
  if (!written.ok() && written.status().code() != base::StatusCode::kNotFound)
    return runtime::Outcome::Error(PatchFailed(written.status()));
  return runtime::Outcome::Success();
}

// The artifact it has stays served; a request is noted as seen.
runtime::Outcome SourceReconciler::Suspended(const observe::Context& ctx, document::Value object) {
  ctx.log().Info("reconciliation is suspended for this resource");
  if (const auto artifact = api::ArtifactOf(object);
      artifact && env_.store.Verify(artifact->path, artifact->digest).ok()) {
    env_.publisher.Stored(object, *artifact, nullptr);
  }
  document::Value seen = object;
  api::MarkRequestHandled(seen);
  const auto written = writer_.Write(ctx, object, seen);
  return written.ok() ? runtime::Outcome::Success()
                      : runtime::Outcome::Error(PatchFailed(written.status()));
}

runtime::Outcome SourceReconciler::LeaveAlone(const observe::Context& ctx, document::Value object) {
  const bool touched = api::HasFinalizer(object) || !object["status"]["conditions"].empty() ||
                       api::ArtifactOf(object).has_value();
  if (!touched || api::IsSuspended(object)) return runtime::Outcome::Success();
  const kube::ObjectKey key = kube::KeyOf(object);
  Forget(key);
  env_.publisher.Deleted(std::string(kind_.traits().kind), key.ns, key.name);
  if (auto removed = env_.store.RemoveObject(DirectoryOf(key)); !removed.ok())
    return runtime::Outcome::Error(std::move(removed));
  document::Value bare = object;
  api::RemoveFinalizer(bare);
  bare.Set("status", document::Value::Object());
  const auto written = writer_.Write(ctx, object, bare);
  return written.ok() ? runtime::Outcome::Success()
                      : runtime::Outcome::Error(PatchFailed(written.status()));
}

StepResult SourceReconciler::RunSteps(const observe::Context& ctx, const kube::ObjectKey& key,
                                      SourceStatus& status) {
  const document::Value& object = status.object();
  const int64_t generation = kube::GenerationOf(object), observed = api::ObservedGeneration(object);
  status.Progressive(
      false, generation == observed
                 ? std::string(api::kReconciliationInProgressMessage)
                 : base::Cat("processing object: new generation ", std::to_string(observed), " -> ",
                             std::to_string(generation)));
  if (auto r = storage_.Run(DirectoryOf(key), status); r.failed()) return r;
  Made made;
  StepResult r = kind_.Run(ctx, key, status, made);
  if (r.failed()) return r;
  if (!status.artifact())
    return StepResult::Retry(api::kFailedReason, base::Internal("no artifact was made"));
  // After a restart the bus does not know an unchanged one yet.
  env_.publisher.Stored(object, *status.artifact(), made.paths.empty() ? nullptr : &made.paths);
  status.Remove(api::kArtifactOutdated);
  status.SetTrue(api::kArtifactInStorage,
                 made.reason.empty() ? api::kSucceededReason : std::string_view(made.reason),
                 made.in_storage);
  NotifySuccess(status, made);
  if (r.kind == StepResult::Kind::kNext)
    ctx.log().Info(made.message, {{"revision", status.artifact()->revision}});
  return r;
}

void SourceReconciler::NotifySuccess(const SourceStatus& status, const Made& made) {
  const api::Artifact& now = *status.artifact();
  const bool is_new = !status.artifact_before() || status.artifact_before()->digest != now.digest;
  if (!is_new && !status.Recovered()) return;
  const std::string_view reason = !made.reason.empty() ? std::string_view(made.reason)
                                  : is_new             ? api::kNewArtifactReason
                                                       : api::kSucceededReason;
  env_.events.Record(status.object(), api::EventSeverity::kInfo, reason, made.message,
                     {{std::string(api::kSourceRevisionKey), now.revision},
                      {std::string(api::kSourceDigestKey), now.digest}});
}

runtime::Outcome SourceReconciler::Settle(const observe::Context& ctx, const StepResult& result,
                                          base::Duration interval, SourceStatus& status) {
  if (result.kind == StepResult::Kind::kRetry || result.kind == StepResult::Kind::kStalled) {
    env_.events.Record(status.object(), api::EventSeverity::kError, result.reason,
                       result.status.message());
  } else if (result.kind == StepResult::Kind::kWaiting) {
    env_.events.RecordLocal(status.object(), api::EventSeverity::kTrace, result.reason,
                            result.status.message());
  }
  base::Status verdict = status.Finish(result);
  const auto written = writer_.Write(ctx, status.before(), status.object());
  const bool lost = !written.ok() && written.status().code() != base::StatusCode::kNotFound;
  if (lost || result.failed() || !verdict.ok()) pokes_.Drop(kube::KeyOf(status.object()));
  if (lost) return runtime::Outcome::Error(PatchFailed(written.status()));
  const auto digest_of = [](const std::optional<api::Artifact>& a) {
    return a ? a->digest : std::string();
  };
  if (status.artifact() && (status.lost_artifact() ||
                            digest_of(status.artifact()) != digest_of(status.artifact_before()))) {
    env_.objects.ArtifactChanged(kind_.traits().kind, kube::KeyOf(status.object()));
  }
  switch (result.kind) {
    case StepResult::Kind::kRetry:
      return runtime::Outcome::Error(result.status, AskedToWait(status.object()));
    case StepResult::Kind::kStalled:
      ctx.log().Error(result.status, "reconciliation stalled");
      return runtime::Outcome::Success();
    case StepResult::Kind::kWaiting:
      ctx.log().Info("reconciliation waiting", {{"reason", result.status.message()}});
      return runtime::Outcome::RequeueAfter(result.after > base::Duration::zero() ? result.after
                                                                                  : interval);
    default:
      break;
  }
  if (!verdict.ok()) return runtime::Outcome::Error(std::move(verdict));
  return Next(interval);
}

// The back-off is Flux's; a server that says when it wants to be asked again is not asked before.
base::Duration SourceReconciler::AskedToWait(const document::Value& object) const {
  if (env_.hold_offs == nullptr) return {};
  const auto upstream = UpstreamOf(object, env_.objects);
  return upstream ? env_.hold_offs->Left(*upstream) : base::Duration::zero();
}

runtime::Outcome SourceReconciler::Next(base::Duration interval) {
  if (interval <= base::Duration::zero()) return runtime::Outcome::Success();
  return runtime::Outcome::RequeueAfter(
      runtime::Jitter(interval, env_.jitter_percentage, env_.random));
}

}  // namespace sluice::source
