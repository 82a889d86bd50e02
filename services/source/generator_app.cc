#include "generator_app.h"

#include <array>
#include <atomic>
#include <map>
#include <thread>
#include <vector>

#include "api/artifact.h"
#include "api/external_artifact.h"
#include "api/meta.h"
#include "base/strings.h"
#include "generator_reconciler.h"
#include "generator_sources.h"
#include "observe/mutex.h"

namespace sluice::source {
namespace {

using document::Value;
using kube::InformerEvent;

constexpr std::array<std::string_view, 4> kFollowed = {"Bucket", "GitRepository", "OCIRepository",
                                                       "HelmChart"};
constexpr const char *kBySource = "source", *kByUid = "uid", *kByGenerator = "generator";
constexpr base::Duration kLookAgain = std::chrono::minutes(1), kAskAgain = std::chrono::seconds(1),
                         kFlush = std::chrono::seconds(2);

kube::GroupVersionKind GeneratorGvk() {
  return kube::GroupVersionKind::FromApiVersion(api::kArtifactGeneratorApiVersion,
                                                api::kArtifactGeneratorKind);
}

void WithoutLastApplied(Value& object) {
  if (Value* annotations = object.Mutable("metadata").Find("annotations")) {
    annotations->Erase("kubectl.kubernetes.io/last-applied-configuration");
  }
}

// Identity and artifact are all a source is asked for.
void ProjectSource(Value& object) {
  Value metadata = Value::Object();
  for (const char* key : {"name", "namespace", "uid", "resourceVersion"}) {
    if (const Value* value = object["metadata"].Find(key)) metadata.Set(key, *value);
  }
  Value reduced = Value::Object({{"apiVersion", object["apiVersion"]},
                                 {"kind", object["kind"]},
                                 {"metadata", std::move(metadata)}});
  if (const Value* artifact = object["status"].Find("artifact"))
    reduced.Set("status", Value::Object({{"artifact", *artifact}}));
  object = std::move(reduced);
}

// A new artifact is there.
bool ArtifactCame(const InformerEvent& event) {
  const auto now = api::ArtifactOf(*event.object);
  if (event.type == InformerEvent::Type::kDeleted || !now) return false;
  const auto before =
      event.old_object == nullptr ? std::nullopt : api::ArtifactOf(*event.old_object);
  return !before || before->revision != now->revision || before->digest != now->digest;
}

class GeneratorAppImpl final : public GeneratorApp {
 public:
  GeneratorAppImpl(runtime::Manager& manager, const SourceEnv& env, GeneratorAppOptions options)
      : manager_(manager),
        env_(env),
        options_(std::move(options)),
        events_(manager.MakeEvents(std::string(api::kSourceWatcher))),
        generators_(
            &AddInformer(GeneratorGvk(), WithoutLastApplied, manager.flags().watch_label_selector)),
        artifacts_(&AddInformer(
            {std::string(api::kSourceGroup), "v1", std::string(api::kExternalArtifactKind)},
            WithoutLastApplied, "")),
        sources_(
            env.store, manager.http(),
            [this](std::string_view kind, const kube::ObjectKey& key) { return Find(kind, key); },
            options_.source_localhost),
        reconciler_(Parts()),
        controller_(ControllerOptions(), reconciler_, manager.timer(), manager.registry(),
                    manager.log()) {}

  ~GeneratorAppImpl() override {
    bring_up_ = {};
    controller_.Stop();
    elector_.reset();
    // The last one made goes first: handlers of all ask the first, the generators'. None runs after
    // this.
    while (!informers_.empty()) informers_.pop_back();
  }

  void Wire() {
    generators_->AddIndex(kBySource, [](const Value& object) {
      std::vector<std::string> keys;
      for (const auto& s : api::GeneratorSpec::From(object).sources)
        keys.push_back(SourceKey(s.kind, s.ns, s.name));
      return keys;
    });
    generators_->AddIndex(
        kByUid, [](const Value& object) { return std::vector{std::string(kube::UidOf(object))}; });
    artifacts_->AddIndex(kByGenerator, [](const Value& object) {
      const std::string uid(kube::LabelOf(object, api::kGeneratorLabel));
      return uid.empty() ? std::vector<std::string>() : std::vector{uid};
    });
    controller_.For(*generators_);
    // The annotation that pauses is no change of the generation.
    controller_.Watches(*generators_, [](const InformerEvent& e) {
      const bool changed = e.old_object != nullptr && api::GeneratorIsDisabled(*e.old_object) !=
                                                          api::GeneratorIsDisabled(*e.object);
      return changed ? std::vector{kube::KeyOf(*e.object)} : std::vector<kube::ObjectKey>();
    });
    for (const std::string_view kind : kFollowed) {
      kube::Informer* informer = options_.informer_of(kind);
      if (informer == nullptr)
        informer = &AddInformer({std::string(api::kSourceGroup), "v1", std::string(kind)},
                                ProjectSource, "");
      Watch(kind, *informer);
    }
    Watch(api::kExternalArtifactKind, *artifacts_);
    controller_.Watches(*artifacts_, [this](const InformerEvent& e) {
      return reconciler_.IsDrift(e)
                 ? Generators(kByUid, std::string(kube::LabelOf(*e.object, api::kGeneratorLabel)))
                 : std::vector<kube::ObjectKey>();
    });
    manager_.OnLead([this] {
      bring_up_ = std::jthread(
          [this](const std::stop_token& stop) { BringUp(manager_.context().WithStop(stop)); });
      return base::OkStatus();
    });
    manager_.OnStop([this] { Stop(); });
  }

  void ArtifactChanged(std::string_view kind, const kube::ObjectKey& key) override {
    for (const kube::ObjectKey& generator :
         Generators(kBySource, SourceKey(kind, key.ns, key.name))) {
      controller_.queue().Add(generator);
    }
  }

  bool Settled() const override { return !ready_ || controller_.queue().idle(); }

  void Sweep() override {
    if (!ready_) return;
    const auto stored = env_.store.ListObjects("externalartifact");
    if (!stored.ok()) return;
    for (const auto& object : *stored) {
      if (artifacts_->Get({object.ns, object.name}) != nullptr) continue;
      if (auto removed = env_.store.RemoveObject(object); !removed.ok())
        manager_.log().Error(removed, "failed to sweep the storage");
    }
  }

 private:
  GeneratorParts Parts() {
    return {
        manager_.client(),
        *generators_,
        *artifacts_,
        env_.store,
        env_.publisher,
        *events_,
        sources_,
        env_.clock,
        env_.random,
        [this](std::string_view kind, const kube::ObjectKey& key) { ArtifactChanged(kind, key); },
        env_.temp_dir,
        manager_.flags().no_cross_namespace_refs,
        env_.jitter_percentage,
        options_.requeue_dependency,
        options_.timeout};
  }

  runtime::ControllerOptions ControllerOptions() {
    runtime::ControllerOptions o;
    o.name = "artifactgenerator";
    o.gvk = GeneratorGvk();
    o.workers = manager_.flags().concurrent;
    o.min_retry_delay = manager_.flags().min_retry_delay;
    o.max_retry_delay = manager_.flags().max_retry_delay;
    return o;
  }

  // Started with us, not with the Manager: their kinds may be missing.
  kube::Informer& AddInformer(kube::GroupVersionKind gvk, std::function<void(Value&)> project,
                              const std::string& selector) {
    kube::InformerOptions o;
    o.gvk = std::move(gvk);
    o.project = std::move(project);
    o.label_selector = selector;
    if (!manager_.flags().watch_all_namespaces) o.ns = manager_.flags().runtime_namespace;
    return *informers_.emplace_back(
        kube::MakeInformer(manager_.client(), std::move(o), manager_.log()));
  }

  void Watch(std::string_view kind, kube::Informer& informer) {
    by_kind_.emplace(kind, &informer);
    controller_.Watches(informer, [this, kind](const InformerEvent& e) {
      const kube::ObjectKey key = kube::KeyOf(*e.object);
      return ArtifactCame(e) ? Generators(kBySource, SourceKey(kind, key.ns, key.name))
                             : std::vector<kube::ObjectKey>();
    });
  }

  std::vector<kube::ObjectKey> Generators(const char* index, const std::string& key) const {
    std::vector<kube::ObjectKey> out;
    for (const auto& object : generators_->ByIndex(index, key)) out.push_back(kube::KeyOf(*object));
    return out;
  }

  kube::ObjectPtr Find(std::string_view kind, const kube::ObjectKey& key) const {
    const auto informer = by_kind_.find(kind);
    return informer == by_kind_.end() ? nullptr : informer->second->Get(key);
  }

  // Waits, each for as long as it takes: for the kind (a Flux installation without source-watcher
  // has no ArtifactGenerator), for the Lease, for the caches.
  void BringUp(const observe::Context& ctx) {
    for (;;) {
      const auto mapping = manager_.client().MappingOf(ctx, GeneratorGvk());
      if (mapping.ok()) break;
      // else the API server could not say
      const bool absent = mapping.status().code() == base::StatusCode::kNotFound;
      if (!absent)
        manager_.log().Debug("unable to look for ArtifactGenerators",
                             {{"cause", mapping.status().message()}});
      if (!ctx.Sleep(absent ? kLookAgain : kAskAgain).ok()) return;
    }
    if (!AwaitLease(ctx)) return;
    for (const auto& informer : informers_) informer->Start();
    for (const auto& [kind, informer] : by_kind_) {
      if (!informer->WaitSynced(ctx).ok()) return;
    }
    if (!generators_->WaitSynced(ctx).ok()) return;
    ready_ = true;
    controller_.Start();
  }

  bool AwaitLease(const observe::Context& ctx) {
    const runtime::CommonFlags& f = manager_.flags();
    if (options_.own_process || !f.enable_leader_election) return true;
    elector_ = runtime::MakeLeaderElector(
        manager_.client(),
        {.name = runtime::LeaseName(std::string(api::kSourceWatcher), f.watch_label_selector),
         .ns = f.runtime_namespace,
         .identity = f.hostname + "_" + base::SystemUuids().NewUuid(),
         .lease_duration = f.leader_election_lease_duration,
         .renew_deadline = f.leader_election_renew_deadline,
         .retry_period = f.leader_election_retry_period,
         .release_on_cancel = f.leader_election_release_on_cancel},
        manager_.registry(), manager_.log().Named("leaderelection"));
    const auto leads = [this] {
      const observe::MutexLock lock(mu_);
      leading_ = true;
      changed_.notify_all();
    };
    const auto lost = [this] {
      manager_.log().Error(base::Unavailable("leader election lost"),
                           "problem running source-watcher");
      manager_.RequestExit(1);
    };
    elector_->Start(leads, lost);
    const std::stop_callback wake(ctx.stop(), [this] {
      const observe::MutexLock lock(mu_);
      changed_.notify_all();
    });
    const observe::MutexLock lock(mu_);
    while (!leading_ && !ctx.stop().stop_requested()) changed_.wait(mu_);
    return leading_;
  }

  void Stop() {
    bring_up_ = {};  // stopped and joined
    controller_.Stop();
    if (const auto flushed = events_->Flush(observe::Context(manager_.log()).WithTimeout(kFlush));
        !flushed.ok()) {
      manager_.log().Debug("some events were not sent before the end",
                           {{"cause", flushed.message()}});
    }
    elector_.reset();  // gives the Lease up
  }

  runtime::Manager& manager_;
  const SourceEnv env_;
  const GeneratorAppOptions options_;
  const std::unique_ptr<runtime::EventRecorder> events_;
  std::vector<std::unique_ptr<kube::Informer>> informers_;  // of our own
  kube::Informer *const generators_, *const artifacts_;
  std::map<std::string_view, kube::Informer*> by_kind_;
  const GeneratorSources sources_;
  GeneratorReconciler reconciler_;
  mutable runtime::Controller controller_;
  std::atomic<bool> ready_ = false;
  observe::Mutex mu_;
  observe::CondVar changed_;
  bool leading_ SLUICE_GUARDED_BY(mu_) = false;
  std::unique_ptr<runtime::LeaderElector> elector_;  // of bring_up_, then of who stops
  std::jthread bring_up_;
};

}  // namespace

std::unique_ptr<GeneratorApp> GeneratorApp::Create(runtime::Manager& manager, const SourceEnv& env,
                                                   GeneratorAppOptions options) {
  auto app = std::make_unique<GeneratorAppImpl>(manager, env, std::move(options));
  app->Wire();
  return app;
}

}  // namespace sluice::source
