#include "source_app.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <vector>

#include "api/meta.h"
#include "artifact_server.h"
#include "base/strings.h"
#include "bucket_kind.h"
#include "bus/pokes.h"
#include "generator_app.h"
#include "git/repository.h"
#include "git_repository_kind.h"
#include "helm_chart_kind.h"
#include "helm_repository_kind.h"
#include "helm_upstream.h"
#include "link/bus_link.h"
#include "oci/client.h"
#include "oci_repository_kind.h"
#include "poke_ledger.h"
#include "revision_publisher.h"
#include "source_kind.h"
#include "source_reconciler.h"

namespace sluice::source {
namespace {

constexpr const char* kBySource = "source";
constexpr base::Duration kFirstSweep = std::chrono::minutes(1),
                         kSweepInterval = std::chrono::hours(1);

// What an informer keeps of an object: clients' bookkeeping goes.
void Project(document::Value& object) {
  if (document::Value* annotations = object.Mutable("metadata").Find("annotations")) {
    annotations->Erase("kubectl.kubernetes.io/last-applied-configuration");
  }
}

// A kind with what follows its objects.
struct Follower {
  Follower(runtime::Manager& manager, const SourceEnv& env, std::unique_ptr<SourceKind> its)
      : kind(std::move(its)),
        informer(AddInformer(manager, kind->traits())),
        reconciler(env, *kind, informer, asked),
        controller(AddController(manager, kind->traits(), reconciler)) {
    if (kind->traits().sources_of != nullptr)
      informer.AddIndex(kBySource, kind->traits().sources_of);
  }
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  static kube::Informer& AddInformer(runtime::Manager& manager, const KindTraits& traits) {
    kube::InformerOptions o;
    o.gvk = kube::GroupVersionKind::FromApiVersion(traits.api_version, traits.kind);
    o.project = Project;
    return manager.AddInformer(std::move(o), /*use_watch_label_selector=*/true);
  }
  static runtime::Controller& AddController(runtime::Manager& manager, const KindTraits& traits,
                                            runtime::Reconciler& reconciler) {
    runtime::ControllerOptions o;
    o.name = traits.controller;
    o.gvk = kube::GroupVersionKind::FromApiVersion(traits.api_version, traits.kind);
    o.workers = manager.flags().concurrent;
    return manager.AddController(std::move(o), reconciler);
  }

  const std::unique_ptr<SourceKind> kind;
  PokeLedger asked;
  kube::Informer& informer;
  SourceReconciler reconciler;
  runtime::Controller& controller;
};

// How every kind but Bucket, which has a client of its own, asks upstream; the hold-offs are all
// kinds'.
struct Upstreams {
  // `longest`: what a failing object waits at most, whatever a server wants.
  Upstreams(http::Client& client, base::Duration longest)
      : hold_offs(base::SystemClock(), longest), http(client, hold_offs) {}
  http::HoldOffs hold_offs;
  http::PatientClient http;
};

class SourceAppImpl final : public SourceApp, private SourceObjects {
 public:
  SourceAppImpl(runtime::Manager& manager, const SourceFlags& flags,
                std::unique_ptr<Upstreams> upstreams,
                std::unique_ptr<artifact::ArtifactStore> store,
                std::unique_ptr<git::RepositoryPool> pool, std::unique_ptr<link::BusLink> link)
      : manager_(manager),
        upstreams_(std::move(upstreams)),
        store_(std::move(store)),
        pool_(std::move(pool)),
        registries_(upstreams_->http),
        cloud_(manager.client(), manager.http(), flags.Cloud(manager.flags(), manager.registry()),
               base::SystemClock()),
        metrics_(manager.registry(), cloud_.identities().cache()),
        chart_registries_(upstreams_->http, {.user_agent = "flux/v2/helm/v4/oras/v2"}),
        indexes_(*store_, base::SystemClock(),
                 base::Cat(manager.flags().temp_dir, "/sluice-source-helm")),
        link_(std::move(link)),
        publisher_(*store_),
        env_{manager.client(), upstreams_->http,
             *store_,          publisher_,
             manager.events(), *this,
             metrics_,         manager.flags().interval_jitter_percentage},
        server_(
            *store_, flags.storage_addr, [this] { return Restored(); },
            [this](std::string_view path) { return Vouch(path); }, manager.log().Named("storage")) {
    env_.requeue_dependency = manager.flags().requeue_dependency;
    env_.temp_dir = manager.flags().temp_dir;
    env_.hold_offs = &upstreams_->hold_offs;
    if (flags.source_watcher != "off") {
      GeneratorAppOptions options;
      options.informer_of = [this](std::string_view kind) { return InformerOf(kind); };
      options.own_process = flags.source_watcher == "only";
      options.source_localhost = flags.source_localhost;
      options.timeout = flags.reconciliation_timeout;
      if (options.own_process) options.requeue_dependency = env_.requeue_dependency;
      generator_options_ = std::move(options);
    }
    if (flags.source_watcher == "only") return;
    // One line a kind.
    Follow(std::make_unique<GitRepositoryKind>(env_, *pool_, cloud_, flags.Git()));
    Follow(std::make_unique<OciRepositoryKind>(env_, registries_, cloud_,
                                               flags.sigstore_trusted_root));
    Follow(std::make_unique<BucketKind>(env_, cloud_, flags.BucketClient()));
    Follow(std::make_unique<HelmRepositoryKind>(env_, cloud_.logins(), indexes_,
                                                flags.Helm().max_index_bytes));
    upstream_ = std::make_unique<HelmUpstream>(env_, chart_registries_, cloud_.logins(), indexes_,
                                               flags.sigstore_trusted_root, flags.Helm());
    Follow(std::make_unique<HelmChartKind>(env_, *upstream_));
  }

  ~SourceAppImpl() override { manager_.timer().Cancel(sweep_); }

  base::Status Wire() {
    for (const auto& f : followers_) f->controller.For(f->informer);
    if (generator_options_) generators_ = GeneratorApp::Create(manager_, env_, *generator_options_);
    SLUICE_TRY(WireBus());
    manager_.OnLead([this] {
      ScheduleSweep(kFirstSweep);
      return server_.Start();
    });
    manager_.OnStop([this] { server_.Stop(); });
    return base::OkStatus();
  }

 private:
  void Follow(std::unique_ptr<SourceKind> kind) {
    followers_.push_back(std::make_unique<Follower>(manager_, env_, std::move(kind)));
  }

  // Of a kind whose every object we follow.
  kube::Informer* InformerOf(std::string_view kind) {
    if (!manager_.flags().watch_label_selector.empty()) return nullptr;
    for (const auto& f : followers_) {
      if (f->kind->traits().kind == kind) return &f->informer;
    }
    return nullptr;
  }

  kube::ObjectPtr Find(std::string_view kind, const kube::ObjectKey& key) const override {
    for (const auto& f : followers_) {
      if (f->kind->traits().kind == kind) return f->informer.Get(key);
    }
    return nullptr;
  }

  std::vector<kube::ObjectPtr> List(std::string_view kind, std::string_view ns) const override {
    std::vector<kube::ObjectPtr> out;
    for (const auto& f : followers_) {
      if (f->kind->traits().kind != kind) continue;
      out = f->informer.List();
      std::erase_if(out,
                    [&](const kube::ObjectPtr& object) { return kube::KeyOf(*object).ns != ns; });
    }
    std::ranges::sort(out, {},
                      [](const kube::ObjectPtr& object) { return kube::KeyOf(*object).name; });
    return out;
  }

  void ArtifactChanged(std::string_view kind, const kube::ObjectKey& key) override {
    const std::string source = SourceKey(kind, key.ns, key.name);
    for (const auto& f : followers_) {
      for (const auto& object : f->informer.ByIndex(kBySource, source))
        f->controller.queue().Add(kube::KeyOf(*object));
    }
    if (generators_ != nullptr) generators_->ArtifactChanged(kind, key);
  }

  base::Status WireBus() {
    SLUICE_TRY(link_->SendEvents());
    if (const std::string endpoint = link_->BindEndpoint(); !endpoint.empty()) {
      const auto bound = publisher_.Bind(link_->bus(), endpoint,
                                         [this](const std::string& at) { link_->Advertise(at); });
      // Without the bus consumers still have watches and HTTP.
      if (!bound.ok()) manager_.log().Error(bound, "unable to bind the bus");
    }
    std::vector<std::string> kinds;
    for (const auto& f : followers_) kinds.emplace_back(f->kind->traits().kind);
    pokes_ = bus::PokeSubscriber::Create(link_->bus(), std::move(kinds),
                                         [this](const bus::ReconcileRequest& r) { OnPoke(r); });
    link_->FollowNotify([this](const std::string& endpoint) { pokes_->SetEndpoint(endpoint); });
    return base::OkStatus();
  }

  // The request's value is in the object's annotation, too; what was answered already is skipped.
  void OnPoke(const bus::ReconcileRequest& request) {
    for (const auto& f : followers_) {
      if (f->kind->traits().kind != request.kind) continue;
      const kube::ObjectKey key{request.ns, request.name};
      const auto object = f->informer.Get(key);
      if (object != nullptr && f->asked.Asked(key, request.requested_at, *object))
        f->controller.queue().Add(key);
    }
  }

  // True once every object there was at the start has been looked at: what the store lacks then is
  // not on its way.
  bool Restored() {
    if (!restored_.load(std::memory_order_relaxed) &&
        std::ranges::all_of(
            followers_,
            [](const auto& f) { return f->informer.Synced() && f->controller.queue().idle(); }) &&
        (generators_ == nullptr || generators_->Settled())) {
      restored_ = true;
    }
    return restored_.load(std::memory_order_relaxed);
  }

  // Of a file from before the start: its bytes are what its object says.
  bool Vouch(std::string_view path) {
    const auto parts = base::Split(path, "/");
    if (parts.size() != 4) return false;
    for (const auto& f : followers_) {
      if (f->kind->traits().directory != parts[0]) continue;
      const auto object = f->informer.Get({std::string(parts[1]), std::string(parts[2])});
      const auto artifact = object != nullptr ? api::ArtifactOf(*object) : std::nullopt;
      return artifact && artifact->path == path && store_->Verify(path, artifact->digest).ok();
    }
    return false;
  }

  void ScheduleSweep(base::Duration delay) {
    sweep_ = manager_.timer().ScheduleAfter(delay, [this] {
      Sweep();
      ScheduleSweep(kSweepInterval);
    });
  }

  // Files of objects that went away while nobody looked. Only the process that sees every object
  // may tell.
  void Sweep() {
    if (!Restored()) return;
    for (const auto& f : followers_) {  // this process's own: nobody else's objects are in them
      if (auto swept = f->kind->Sweep(); !swept.ok())
        manager_.log().Error(swept, "failed to sweep caches");
    }
    const auto& flags = manager_.flags();
    if (!flags.watch_all_namespaces || !flags.watch_label_selector.empty()) return;
    if (generators_ != nullptr) generators_->Sweep();
    for (const auto& f : followers_) {
      const auto stored = store_->ListObjects(f->kind->traits().directory);
      if (!stored.ok()) {
        manager_.log().Error(stored.status(), "failed to list the storage");
        continue;
      }
      for (const auto& object : *stored) {
        if (f->informer.Get({object.ns, object.name}) != nullptr) continue;
        if (auto removed = store_->RemoveObject(object); !removed.ok())
          manager_.log().Error(removed, "failed to sweep the storage");
      }
    }
  }

  runtime::Manager& manager_;
  std::unique_ptr<Upstreams> upstreams_;
  std::unique_ptr<artifact::ArtifactStore> store_;
  std::unique_ptr<git::RepositoryPool> pool_;
  oci::RegistryClient registries_;
  CloudAccess cloud_;
  SourceMetrics metrics_;
  oci::RegistryClient chart_registries_;
  HelmIndexCache indexes_;
  std::unique_ptr<link::BusLink> link_;
  RevisionPublisher publisher_;  // its channel goes before the bus
  SourceEnv env_;
  std::unique_ptr<HelmUpstream> upstream_;
  std::vector<std::unique_ptr<Follower>> followers_;
  std::optional<GeneratorAppOptions> generator_options_;
  std::unique_ptr<GeneratorApp> generators_;  // its controller ends before the informers it reads
  ArtifactServer server_;
  std::unique_ptr<bus::PokeSubscriber> pokes_;
  std::atomic<bool> restored_ = false;
  std::atomic<runtime::Timer::Id> sweep_ = 0;
};

}  // namespace

base::Result<std::unique_ptr<SourceApp>> SourceApp::Create(runtime::Manager& manager,
                                                           const SourceFlags& flags) {
  SLUICE_TRY(auto options, flags.Store(manager.flags().hostname));
  SLUICE_TRY(auto store, artifact::ArtifactStore::Open(std::move(options), base::SystemClock()));
  // Mirrors are a cache, and not to be served: beside the temporary files, never below the storage
  // path.
  auto upstreams = std::make_unique<Upstreams>(manager.http(), manager.flags().max_retry_delay);
  SLUICE_TRY(auto pool,
             git::MakeRepositoryPool(
                 upstreams->http, base::Cat(manager.flags().temp_dir, "/sluice-source-mirrors")));
  SLUICE_TRY(auto link, link::BusLink::Open(manager, bus::Role::kSource));
  auto app = std::make_unique<SourceAppImpl>(manager, flags, std::move(upstreams), std::move(store),
                                             std::move(pool), std::move(link));
  SLUICE_TRY(app->Wire());
  return std::unique_ptr<SourceApp>(std::move(app));
}

}  // namespace sluice::source
