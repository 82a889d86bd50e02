#include "generator_reconciler.h"

#include <algorithm>

#include "api/conditions.h"
#include "api/meta.h"
#include "api/source.h"
#include "artifact/archive.h"
#include "artifact/source_ignore.h"
#include "base/strings.h"
#include "base/time.h"
#include "generator_loop.h"
#include "io/temp_dir.h"
#include "runtime/jitter.h"

namespace sluice::source {
namespace {

using base::Cat;
using base::Result;
using base::Status;
using document::Value;
using runtime::Outcome;

constexpr base::Duration kInterval = std::chrono::hours(1);
constexpr std::string_view kSourcesChanged = "SourcesChanged";

runtime::StatusWriterOptions WriterOptions() {
  runtime::StatusWriterOptions o;
  o.gvk = kube::GroupVersionKind::FromApiVersion(api::kArtifactGeneratorApiVersion,
                                                 api::kArtifactGeneratorKind);
  o.field_manager = api::kSourceWatcher;
  for (const std::string_view type : {api::kReady, api::kReconciling, api::kStalled})
    o.owned_conditions.emplace_back(type);
  return o;
}

kube::GroupVersionKind ArtifactGvk() {
  return {std::string(api::kSourceGroup), "v1", std::string(api::kExternalArtifactKind)};
}

artifact::ObjectDirectory DirectoryOf(const kube::ObjectKey& key) {
  return {"externalartifact", key.ns, key.name};
}

std::string Known(const api::Artifact& artifact) {
  return Cat(artifact.digest, "\n", artifact.url);
}

Value ToObject(const std::map<std::string, std::string>& texts) {
  Value out = Value::Object();
  for (const auto& [key, value] : texts) out.Set(key, value);
  return out;
}

// The ExternalArtifact as we want it, but for its status.
Value Wanted(const Value& generator, const api::GeneratorSpec& spec,
             const api::OutputArtifact& output) {
  std::map<std::string, std::string> labels = spec.labels;
  for (const auto& [key, value] : output.labels) labels[key] = value;
  labels[std::string(api::kManagedByLabel)] = api::kSourceWatcher;
  labels[std::string(api::kGeneratorLabel)] = kube::UidOf(generator);
  const kube::ObjectKey key = kube::KeyOf(generator);
  Value metadata =
      Value::Object({{"name", output.name}, {"namespace", key.ns}, {"labels", ToObject(labels)}});
  if (!spec.annotations.empty()) metadata.Set("annotations", ToObject(spec.annotations));
  return Value::Object(
      {{"apiVersion", Cat(api::kSourceGroup, "/v1")},
       {"kind", api::kExternalArtifactKind},
       {"metadata", std::move(metadata)},
       {"spec", Value::Object(
                    {{"sourceRef", Value::Object({{"apiVersion", api::kArtifactGeneratorApiVersion},
                                                  {"kind", api::kArtifactGeneratorKind},
                                                  {"name", key.name},
                                                  {"namespace", key.ns}})}})}});
}

bool SameMetadata(const Value& live, const Value& wanted) {
  const auto same = [&](std::string_view field) {
    const Value &a = live["metadata"][field], &b = wanted["metadata"][field];
    return (a.empty() && b.empty()) || a == b;
  };
  return same("labels") && same("annotations") && live["spec"] == wanted["spec"];
}

// But for when it was written.
bool SameArtifact(api::Artifact a, const api::Artifact& b) {
  a.last_update_time = b.last_update_time;
  return a == b;
}

}  // namespace

struct GeneratorReconciler::Pass {
  Value before, object;
  kube::ObjectKey key;
  api::GeneratorSpec spec;
  std::vector<api::GeneratedRef> inventory;
};

GeneratorReconciler::GeneratorReconciler(GeneratorParts parts)
    : parts_(std::move(parts)),
      writer_(parts_.client, &parts_.generators, WriterOptions(), parts_.random),
      pace_(parts_.requeue_dependency, kInterval) {}

// As this generator left it; what it does not know is another's.
bool GeneratorReconciler::IsOurs(const kube::ObjectKey& key, const Value* live) const {
  const auto known = known_.find(key);
  if (live == nullptr) return known == known_.end();
  const auto artifact = api::ArtifactOf(*live);
  return known != known_.end() && artifact && Known(*artifact) == known->second &&
         api::ConditionIs(*live, api::kReady, api::kTrue);
}

bool GeneratorReconciler::IsDrift(const kube::InformerEvent& event) {
  const bool deleted = event.type == kube::InformerEvent::Type::kDeleted;
  const kube::ObjectKey key = kube::KeyOf(*event.object);
  const observe::MutexLock lock(mu_);
  if (IsOurs(key, deleted ? nullptr : event.object.get())) return false;
  const auto busy = busy_.find(std::string(kube::LabelOf(*event.object, api::kGeneratorLabel)));
  if (busy == busy_.end()) return true;
  busy->second.insert(key);
  return false;
}

bool GeneratorReconciler::DriftedMeanwhile(const std::string& uid) {
  std::set<kube::ObjectKey> changed;
  {
    const observe::MutexLock lock(mu_);
    const auto busy = busy_.find(uid);
    if (busy == busy_.end()) return false;
    changed = std::move(busy->second);
    busy_.erase(busy);
  }
  return std::ranges::any_of(changed, [this](const kube::ObjectKey& key) {
    const auto live = parts_.artifacts.Get(key);
    const observe::MutexLock lock(mu_);
    return !IsOurs(key, live.get());
  });
}

Outcome GeneratorReconciler::Reconcile(const observe::Context& ctx, const kube::ObjectKey& key) {
  const auto found = parts_.generators.Get(key);
  if (found == nullptr) return Outcome::Success();
  if (kube::IsBeingDeleted(*found)) return Delete(ctx, *found);
  Pass pass{*found, *found, key, api::GeneratorSpec::From(*found), api::GeneratedInventory(*found)};
  const std::string uid(kube::UidOf(*found));
  {
    const observe::MutexLock lock(mu_);
    busy_.try_emplace(uid);
  }
  Outcome outcome = Run(ctx, pass);
  // A pass that failed comes back by itself.
  const bool done =
      outcome.kind == Outcome::Kind::kSuccess || outcome.kind == Outcome::Kind::kRequeueAfter;
  if (DriftedMeanwhile(uid) && done) return Outcome::RequeueAfter(std::chrono::milliseconds(1));
  return outcome;
}

Outcome GeneratorReconciler::Delete(const observe::Context& ctx, Value object) {
  pace_.Forget(std::string(kube::UidOf(object)));
  if (!api::HasFinalizer(object, api::kGeneratorFinalizer)) return Outcome::Success();
  Remove(ctx, object, Owned(object));
  Value released = object;
  api::RemoveFinalizer(released, api::kGeneratorFinalizer);
  const auto written = writer_.Write(ctx, object, released);
  if (!written.ok() && written.status().code() != base::StatusCode::kNotFound)
    return Outcome::Error(written.status());
  return Outcome::Success();
}

// The status patch, and what comes next. As Flux words it, a pass that failed keeps its
// Reconciling, told to be a retry.
Outcome GeneratorReconciler::Finish(const observe::Context& ctx, Pass& pass, Outcome outcome) {
  const base::Time now = parts_.clock.Now();
  api::MarkRequestHandled(pass.object);
  const auto reconciling = api::GetCondition(pass.object, api::kReconciling);
  if (reconciling && api::ConditionIs(pass.object, api::kReady, api::kFalse)) {
    api::SetCondition(pass.object, api::kReconciling, reconciling->status,
                      api::kProgressingWithRetryReason, reconciling->message, now);
  }
  if (api::ConditionIs(pass.object, api::kReady, api::kTrue) ||
      api::ConditionIs(pass.object, api::kStalled, api::kTrue)) {
    api::RemoveCondition(pass.object, api::kReconciling);
  }
  // What went through other values on the way and ended as it was has not changed.
  if (Value* status = pass.object.Find("status");
      status != nullptr && status->Find("conditions") != nullptr) {
    for (Value& c : status->Find("conditions")->mutable_items()) {
      const auto old = api::GetCondition(pass.before, c["type"].AsString());
      if (old && old->status == c["status"].AsString() && old->reason == c["reason"].AsString() &&
          old->message == c["message"].AsString()) {
        c.Set("lastTransitionTime", old->last_transition_time);
      }
    }
  }
  const auto written = writer_.Write(ctx, pass.before, pass.object);
  if (!written.ok() && written.status().code() != base::StatusCode::kNotFound)
    return Outcome::Error(written.status());
  return outcome;
}

Outcome GeneratorReconciler::Fail(const observe::Context& ctx, Pass& pass, std::string_view reason,
                                  Status why, Outcome outcome) {
  // The process is ending: that is no fact about the object.
  if (ctx.stop().stop_requested()) return Outcome::Error(std::move(why));
  api::SetCondition(pass.object, api::kReady, api::kFalse, reason, why.message(),
                    parts_.clock.Now());
  parts_.events.Record(pass.object, api::EventSeverity::kError, reason, why.message());
  return Finish(ctx, pass, std::move(outcome));
}

Outcome GeneratorReconciler::Stall(const observe::Context& ctx, Pass& pass, std::string_view reason,
                                   const Status& why) {
  api::MarkStalled(pass.object, reason, why.message(), parts_.clock.Now());
  return Fail(ctx, pass, reason, why, Outcome::Terminal(why));
}

Outcome GeneratorReconciler::Run(const observe::Context& ctx, Pass& pass) {
  const bool disabled = api::GeneratorIsDisabled(pass.object);
  const base::Time now = parts_.clock.Now();
  if (!api::HasFinalizer(pass.object, api::kGeneratorFinalizer)) {
    // Before anything is made, so that nothing can be left behind.
    ctx.log().Info("Adding finalizer", {{"finalizer", api::kGeneratorFinalizer}});
    api::AddFinalizer(pass.object, api::kGeneratorFinalizer);
    if (disabled) {
      api::SetCondition(pass.object, api::kReady, api::kTrue, api::kReconciliationDisabledReason,
                        api::kGeneratorInitSuspendedMessage, now);
      return Finish(ctx, pass, Outcome::Success());
    }
    api::SetCondition(pass.object, api::kReady, api::kUnknown, api::kProgressingReason,
                      api::kGeneratorInProgressMessage, now);
    api::MarkReconciling(pass.object, api::kProgressingReason, api::kGeneratorInProgressMessage,
                         now);
    auto written = writer_.Write(ctx, pass.before, pass.object);
    if (!written.ok()) return Outcome::Error(std::move(written).status());
    pass.before = pass.object = *std::move(written);
  }
  if (disabled) {
    ctx.log().Error(base::FailedPrecondition("can't reconcile"), api::kGeneratorDisabledMessage);
    parts_.events.RecordLocal(pass.object, api::EventSeverity::kTrace,
                              api::kReconciliationDisabledReason, api::kGeneratorDisabledMessage);
    return Finish(ctx, pass, Outcome::Success());
  }
  if (const Status valid = pass.spec.Validate(pass.key.ns, parts_.no_cross_namespace_refs);
      !valid.ok()) {
    const bool denied = valid.code() == base::StatusCode::kPermissionDenied;
    return Stall(ctx, pass, denied ? api::kAccessDeniedReason : api::kValidationFailedReason,
                 valid);
  }
  const auto observed = parts_.sources.Observe(pass.spec);
  if (!observed.ok()) {
    const Status why = observed.status().Wrap("get sources failed");
    ctx.log().Error(observed.status(), "failed to get sources, retrying");
    return Fail(ctx, pass, api::kSourceFetchFailedReason, why,
                Outcome::RequeueAfter(parts_.requeue_dependency));
  }
  const std::string_view reason = Drift(pass, api::HashObservedSources(*observed));
  const std::string uid(kube::UidOf(pass.object));
  const bool asked =
      api::RequestedAt(pass.object) != pass.object["status"]["lastHandledReconcileAt"].AsString();
  const base::Duration wait = pace_.Wait(uid, now);
  if (reason == kSourcesChanged && !asked && wait > base::Duration::zero()) {
    return Finish(ctx, pass, Outcome::RequeueAfter(wait));
  }
  if (reason.empty()) {
    pace_.Forget(uid);
    const std::string message = Cat("No drift detected, ", std::to_string(pass.inventory.size()),
                                    " artifact(s) up to date");
    ctx.log().Debug(message);
    parts_.events.RecordLocal(pass.object, api::EventSeverity::kTrace, api::kReady, message);
    return Finish(ctx, pass, Outcome::RequeueAfter(kInterval));
  }
  ctx.log().Info(api::kGeneratorInProgressMessage, {{"reason", reason}});
  api::MarkReconciling(pass.object, api::kProgressingReason, api::kGeneratorInProgressMessage, now);
  api::SetCondition(pass.object, api::kReady, api::kUnknown, api::kProgressingReason,
                    api::kGeneratorInProgressMessage, now);
  return Build(ctx, pass, *observed);
}

std::string_view GeneratorReconciler::Drift(const Pass& pass, const std::string& sources_digest) {
  const auto ready = api::GetCondition(pass.object, api::kReady);
  if (!ready || ready->status != api::kTrue) return "NotReady";
  if (ready->observed_generation != kube::GenerationOf(pass.object)) return "GenerationChanged";
  if (pass.object["status"]["observedSourcesDigest"].AsString() != sources_digest)
    return kSourcesChanged;
  if (pass.spec.path_pattern.empty() && pass.inventory.size() != pass.spec.artifacts.size())
    return "ArtifactsChanged";
  for (const api::GeneratedRef& ref : pass.inventory) {
    const std::string path = Cat(DirectoryOf({ref.ns, ref.name}).Path(), "/", ref.filename);
    const Status whole = parts_.store.Verify(path, ref.digest);
    if (whole.ok()) continue;
    if (whole.code() == base::StatusCode::kNotFound) return "ArtifactMissing";
    (void)parts_.store.Remove(path);  // else it is replaced
    return "ArtifactCorrupted";
  }
  return ArtifactsDrifted(pass) ? "ExternalArtifactsChanged" : "";
}

bool GeneratorReconciler::ArtifactsDrifted(const Pass& pass) const {
  if (Owned(pass.object).size() != pass.inventory.size()) return true;
  for (const api::GeneratedRef& ref : pass.inventory) {
    const kube::ObjectKey key{ref.ns, ref.name};
    const auto live = parts_.artifacts.Get(key);
    const auto artifact = live == nullptr ? std::nullopt : api::ArtifactOf(*live);
    const std::string path = Cat(DirectoryOf(key).Path(), "/", ref.filename);
    if (!artifact || artifact->digest != ref.digest || artifact->url != parts_.store.UrlOf(path) ||
        kube::LabelOf(*live, api::kGeneratorLabel) != kube::UidOf(pass.object) ||
        !api::ConditionIs(*live, api::kReady, api::kTrue)) {
      return true;
    }
    // after a restart the bus does not know it yet
    parts_.publisher.Stored(*live, *artifact, nullptr);
  }
  return false;
}

Outcome GeneratorReconciler::Build(const observe::Context& ctx, Pass& pass,
                                   const std::map<std::string, api::ObservedSource>& observed) {
  const observe::Context work = ctx.WithTimeout(parts_.timeout);  // what fails is still told
  const auto dir = io::TempDir::Create(parts_.temp_dir, "ag-");
  if (!dir.ok()) {
    const Status why = dir.status().Wrap("failed to create tmp dir");
    return Fail(ctx, pass, api::kBuildFailedReason, why, Outcome::Error(why));
  }
  const auto trees = parts_.sources.Fetch(work, observed, dir->fs());
  if (!trees.ok()) {
    ctx.log().Error(trees.status(), "failed to fetch sources, retrying");
    return Fail(ctx, pass, api::kSourceFetchFailedReason,
                trees.status().Wrap("fetch sources failed"),
                Outcome::RequeueAfter(parts_.requeue_dependency));
  }
  const auto outputs = ExpandPathPattern(pass.spec, *trees);
  if (!outputs.ok()) {
    const Status why = outputs.status().Wrap("failed to expand path pattern");
    if (why.code() == base::StatusCode::kInvalidArgument)
      return Stall(ctx, pass, api::kBuildFailedReason, why);
    return Fail(ctx, pass, api::kBuildFailedReason, why, Outcome::Error(why));
  }
  const std::string circle = FindCircle(pass.spec, pass.key.ns, *outputs,
                                        [this](const kube::ObjectKey& key) { return Behind(key); });
  if (!circle.empty()) {
    ctx.log().Info("artifacts feed each other, they are built less often as long as they change",
                   {{"circle", circle}});
  }
  pace_.Built(std::string(kube::UidOf(pass.object)), !circle.empty(), parts_.clock.Now());
  std::vector<api::GeneratedRef> refs;
  for (const api::OutputArtifact& output : *outputs) {
    artifact::PathDigests paths;
    auto artifact = [&]() -> Result<api::Artifact> {
      SLUICE_TRY(const auto tree, BuildArtifact(work, output, *trees, dir->fs()));
      return Store(work, pass, output, observed, *tree, paths);
    }();
    if (!artifact.ok()) {
      const Status why = artifact.status().Wrap(Cat(output.name, " build failed"));
      return Fail(ctx, pass, api::kBuildFailedReason, why, Outcome::Error(artifact.status()));
    }
    if (const Status published = Publish(work, pass, output, *artifact, paths); !published.ok()) {
      return Fail(ctx, pass, api::kReconciliationFailedReason,
                  published.Wrap(Cat(output.name, " reconcile failed")), Outcome::Error(published));
    }
    refs.push_back({output.name, pass.key.ns, artifact->digest,
                    artifact->path.substr(artifact->path.rfind('/') + 1)});
  }
  return Succeed(ctx, pass, std::move(refs), api::HashObservedSources(observed));
}

std::vector<kube::ObjectKey> GeneratorReconciler::Behind(const kube::ObjectKey& artifact) const {
  const auto live = parts_.artifacts.Get(artifact);
  const std::string owner(live == nullptr ? "" : kube::LabelOf(*live, api::kGeneratorLabel));
  if (owner.empty()) return {};
  const auto generators = parts_.generators.ByIndex("uid", owner);
  return generators.empty() ? std::vector<kube::ObjectKey>()
                            : ArtifactsBehind(api::GeneratorSpec::From(*generators.front()),
                                              artifact.ns, artifact.name);
}

Result<api::Artifact> GeneratorReconciler::Store(
    const observe::Context& ctx, const Pass& pass, const api::OutputArtifact& output,
    const std::map<std::string, api::ObservedSource>& observed, const GeneratedTree& tree,
    artifact::PathDigests& paths) {
  SLUICE_TRY(const std::string file, ArtifactFileName(output.name, tree));
  const artifact::ObjectDirectory directory = DirectoryOf({pass.key.ns, output.name});
  const artifact::IgnoreMatcher ignore = artifact::ComposeIgnore({}, "");
  artifact::ArchiveLimits limits;
  limits.digest_algorithm = parts_.store.options().digest_algorithm;
  auto stored = parts_.store.Write(directory, file, [&](const artifact::ByteSink& sink) {
    return artifact::ArchiveTree(
        tree, &ignore,
        [&](std::string_view bytes) -> Status {
          SLUICE_TRY(ctx.Check());
          return sink(bytes);
        },
        limits);
  });
  if (!stored.ok()) return std::move(stored).status().Wrap("failed to create artifact");
  paths = std::move(stored->paths);

  api::Artifact made;
  made.path = Cat(directory.Path(), "/", file);
  made.url = parts_.store.UrlOf(made.path);
  made.digest = stored->digest;
  made.size = static_cast<int64_t>(stored->size);
  made.last_update_time = base::FormatRfc3339(parts_.clock.Now());
  const auto named = observed.find(output.revision), origin = observed.find(output.origin_revision);
  made.revision = named != observed.end() ? named->second.revision : Cat("latest@", made.digest);
  if (origin != observed.end()) {
    const api::ObservedSource& o = origin->second;
    made.metadata[std::string(api::kOriginRevisionKey)] =
        o.origin_revision.empty() ? o.revision : o.origin_revision;
  }
  return made;
}

Status GeneratorReconciler::Publish(const observe::Context& ctx, const Pass& pass,
                                    const api::OutputArtifact& output, api::Artifact artifact,
                                    const artifact::PathDigests& paths) {
  const kube::ObjectKey key{pass.key.ns, output.name};
  const Value wanted = Wanted(pass.object, pass.spec, output);
  {
    const observe::MutexLock lock(mu_);
    known_[key] = Known(artifact);
  }
  kube::WriteOptions options;
  options.field_manager = api::kSourceWatcher;
  options.force = true;
  const auto live = parts_.artifacts.Get(key);
  Value object = live == nullptr ? Value() : *live;
  if (live == nullptr || !SameMetadata(*live, wanted)) {
    SLUICE_TRY(object, parts_.client
                           .Patch(ctx, ArtifactGvk(), key, kube::PatchType::kApply, wanted, options)
                           .Wrap("failed to apply ExternalArtifact"));
  }
  const auto had = api::ArtifactOf(object);
  if (had && SameArtifact(*had, artifact)) artifact = *had;
  parts_.publisher.Stored(object, artifact, paths.empty() ? nullptr : &paths);
  const bool current =
      had && *had == artifact && api::ConditionIs(object, api::kReady, api::kTrue) &&
      api::GetCondition(object, api::kReady)->observed_generation == kube::GenerationOf(object);
  if (!current) {
    Value status = wanted;
    status.Erase("spec");
    status.Set("metadata", Value::Object({{"name", key.name},
                                          {"namespace", key.ns},
                                          {"generation", kube::GenerationOf(object)}}));
    api::SetCondition(status, api::kReady, api::kTrue, api::kSucceededReason,
                      api::kExternalArtifactReadyMessage, parts_.clock.Now());
    status.Mutable("status").Set("artifact", api::ToValue(artifact));
    status.Mutable("metadata").Erase("generation");
    options.subresource = "status";
    SLUICE_TRY(object, parts_.client
                           .Patch(ctx, ArtifactGvk(), key, kube::PatchType::kApply, status, options)
                           .Wrap("failed to patchStatus ExternalArtifact status"));
  }
  parts_.artifacts.Observe(object);
  if (!had || had->digest != artifact.digest || had->revision != artifact.revision) {
    parts_.artifact_changed(api::kExternalArtifactKind, key);
  }
  const std::string name = Cat(api::kExternalArtifactKind, "/", key.ns, "/", key.name);
  const bool in_inventory = std::ranges::any_of(pass.inventory, [&](const api::GeneratedRef& r) {
    return r.name == key.name && r.ns == key.ns && r.digest == artifact.digest;
  });
  if (in_inventory) {
    ctx.log().Debug(Cat(name, " is up to date"));
  } else {
    const std::string message = Cat(name, " reconciled with revision ", artifact.revision);
    ctx.log().Info(message);
    parts_.events.RecordLocal(pass.object, api::EventSeverity::kTrace, api::kReady, message);
  }
  return base::OkStatus();
}

Outcome GeneratorReconciler::Succeed(const observe::Context& ctx, Pass& pass,
                                     std::vector<api::GeneratedRef> refs,
                                     const std::string& sources_digest) {
  std::vector<api::GeneratedRef> orphans = Owned(pass.object);
  std::erase_if(orphans, [&](const api::GeneratedRef& o) {
    return std::ranges::any_of(
        refs, [&](const api::GeneratedRef& r) { return r.name == o.name && r.ns == o.ns; });
  });
  Remove(ctx, pass.object, orphans);
  for (const api::GeneratedRef& r : refs) {
    const auto collected = parts_.store.CollectGarbage(DirectoryOf({r.ns, r.name}), r.filename);
    if (!collected.ok()) ctx.log().Error(collected.status(), "failed to garbage collect artifacts");
  }
  std::vector<std::string> changed;
  for (const api::GeneratedRef& r : refs) {
    const bool known = std::ranges::any_of(pass.inventory, [&](const api::GeneratedRef& i) {
      return i.name == r.name && i.ns == r.ns && i.digest == r.digest;
    });
    if (!known) changed.push_back(Cat(r.ns, "/", r.name, " (", r.digest, ")"));
  }
  api::SetGeneratedInventory(pass.object, refs);
  pass.object.Mutable("status").Set("observedSourcesDigest", sources_digest);
  const std::string message =
      Cat("reconciliation succeeded, generated ", std::to_string(refs.size()), " artifact(s)");
  api::SetCondition(pass.object, api::kReady, api::kTrue, api::kSucceededReason, message,
                    parts_.clock.Now());
  parts_.events.RecordLocal(pass.object, api::EventSeverity::kTrace, api::kReady, message);
  if (!changed.empty()) {
    parts_.events.Record(pass.object, api::EventSeverity::kInfo, api::kReady,
                         Cat("external artifacts reconciled: ", base::Join(changed, "\n")));
  }
  return Finish(
      ctx, pass,
      Outcome::RequeueAfter(runtime::Jitter(kInterval, parts_.jitter_percentage, parts_.random)));
}

std::vector<api::GeneratedRef> GeneratorReconciler::Owned(const Value& generator) const {
  std::vector<api::GeneratedRef> out = api::GeneratedInventory(generator);
  const std::string uid(kube::UidOf(generator));
  for (const auto& object : parts_.artifacts.ByIndex("generator", uid)) {
    const kube::ObjectKey key = kube::KeyOf(*object);
    const bool listed = std::ranges::any_of(
        out, [&](const api::GeneratedRef& r) { return r.name == key.name && r.ns == key.ns; });
    if (!listed && key.ns == kube::KeyOf(generator).ns) out.push_back({key.name, key.ns, "", ""});
  }
  return out;
}

// Failures are logged: what is left is swept, or found again by its label. What another generator
// took over since is left to it.
void GeneratorReconciler::Remove(const observe::Context& ctx, const Value& generator,
                                 const std::vector<api::GeneratedRef>& refs) {
  for (const api::GeneratedRef& ref : refs) {
    // The inventory is a status anyone with that right may write: nothing outside the generator's
    // namespace is touched.
    if (ref.ns != kube::KeyOf(generator).ns || !api::DnsSubdomainErrors(ref.name).empty()) continue;
    const kube::ObjectKey key{ref.ns, ref.name};
    if (const auto live = parts_.artifacts.Get(key)) {
      const std::string_view owner = kube::LabelOf(*live, api::kGeneratorLabel);
      if (!owner.empty() && owner != kube::UidOf(generator)) continue;
    }
    {
      const observe::MutexLock lock(mu_);
      known_.erase(key);
    }
    parts_.publisher.Deleted(std::string(api::kExternalArtifactKind), key.ns, key.name);
    if (const Status removed = parts_.store.RemoveObject(DirectoryOf(key)); !removed.ok()) {
      ctx.log().Error(removed, "Failed to delete artifact from storage");
    }
    const Status deleted = parts_.client.Delete(ctx, ArtifactGvk(), key, {});
    if (!deleted.ok() && deleted.code() != base::StatusCode::kNotFound) {
      ctx.log().Error(deleted, "Failed to delete ExternalArtifact");
    } else {
      ctx.log().Info(
          Cat(api::kExternalArtifactKind, "/", key.ns, "/", key.name, " deleted from cluster"));
    }
  }
}

}  // namespace sluice::source
