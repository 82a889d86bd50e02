#include "service.h"

#include <array>

#include "api/conditions.h"
#include "api/external_artifact.h"
#include "api/meta.h"
#include "artifact_cache.h"
#include "bus/source.h"
#include "kustomization_reconciler.h"

namespace sluice::kustomization {
namespace {

using document::Value;
using kube::InformerEvent;

// ExternalArtifact comes last: it is followed behind its feature gate.
constexpr std::array<std::string_view, 4> kSourceKinds = {"GitRepository", "OCIRepository",
                                                          "Bucket", api::kExternalArtifactKind};
constexpr const char* kBySource = "source";
constexpr const char* kByDependency = "dependency";

kube::GroupVersionKind KustomizationKind() {
  return kube::GroupVersionKind::FromApiVersion(api::kKustomizationApiVersion,
                                                api::kKustomizationKind);
}

std::vector<std::string> SourceIndex(const Value& object) {
  const auto spec = api::KustomizationSpec::Of(object);
  if (!spec.ok()) return {};
  return {SourceKey(spec->source)};
}

std::vector<std::string> DependencyIndex(const Value& object) {
  std::vector<std::string> out;
  const auto own = object["metadata"]["namespace"].AsString();
  for (const Value& dependency : object["spec"]["dependsOn"].items()) {
    const auto ns = dependency["namespace"].AsString();
    out.push_back(kube::ObjectKey{std::string(ns.empty() ? own : ns),
                                  std::string(dependency["name"].AsString())}
                      .ToString());
  }
  return out;
}

// Whether those that depend on it may go on now.
bool FreesDependants(const InformerEvent& event) {
  if (event.type != InformerEvent::Type::kUpdated || event.old_object == nullptr) return true;
  const auto before = api::GetCondition(*event.old_object, api::kReady),
             after = api::GetCondition(*event.object, api::kReady);
  const std::string status_before = before ? before->status : "",
                    status_after = after ? after->status : "";
  return status_before != status_after ||
         api::ObservedGeneration(*event.old_object) != api::ObservedGeneration(*event.object) ||
         (*event.old_object)["status"]["lastAppliedRevision"] !=
             (*event.object)["status"]["lastAppliedRevision"];
}

class Impl : public Service {
 public:
  Impl(runtime::Manager& manager, const KustomizeFlags& flags)
      : manager_(manager),
        sources_(manager.timer().clock()),
        kustomizations_(AddKustomizations(manager)),
        live_(apply::LiveObjects::Make(manager.client(), LiveOptionsOf(flags), manager.log())),
        clients_(manager.client(), flags.common.default_service_account),
        writer_(manager.client(), &kustomizations_, WriterOptions()),
        reporter_(writer_, manager.events(), manager.timer().clock()),
        finalizer_(clients_, reporter_),
        metrics_(manager.registry()),
        builder_(flags.common.temp_dir),
        build_(builder_),
        apply_(*live_, reporter_, SettingsOf(flags)),
        prune_(reporter_),
        health_(manager.client(), *live_, reporter_,
                !flags.gates.Enabled("DisableFailFastBehavior"),
                [this](const kube::ObjectKey& key) { Enqueue(key); }),
        precedence_([this](const kube::ObjectKey& key) { Enqueue(key); }),
        kinds_(kSourceKinds.begin(),
               kSourceKinds.end() -
                   (flags.gates.Enabled(std::string(api::kExternalArtifactKind)) ? 0 : 1)) {}

  ~Impl() override {
    client_.reset();  // no revision after this
    live_->SetListener(nullptr);
  }

  void Start(link::BusLink& link, const KustomizeFlags& flags) {
    if (flags.common.bus_source != "off") {
      client_ = bus::SourceClient::Create(
          link.bus(), kinds_,
          [this](const bus::RevisionEvent& event) { sources_.OnRevision(event); });
      link.FollowSource([this](std::vector<std::string> endpoints) {
        client_->SetEndpoints(std::move(endpoints));
      });
    }
    ArtifactCacheOptions cache;
    cache.localhost = flags.source_localhost;
    cache.watcher_localhost = flags.watcher_localhost;
    artifacts_ = std::make_unique<ArtifactCache>(client_.get(), manager_.http(), manager_.timer(),
                                                 std::move(cache));
    fetch_ =
        std::make_unique<FetchStep>(*artifacts_, builder_, metrics_, std::min(flags.http_retry, 4));

    ReconcilerSettings settings;
    settings.requeue_dependency = flags.common.requeue_dependency;
    settings.interval_jitter_percentage = flags.common.interval_jitter_percentage;
    settings.no_cross_namespace_refs = flags.common.no_cross_namespace_refs;
    settings.cancel_health_on_new_revision = flags.gates.Enabled("CancelHealthCheckOnNewRevision");
    reconciler_ = std::make_unique<KustomizationReconciler>(
        ReconcilerParts{kustomizations_, sources_, states_, clients_, *live_, reporter_, finalizer_,
                        *fetch_, build_, apply_, prune_, health_, precedence_,
                        manager_.timer().clock(), base::SystemRandom()},
        settings);
    Wire(flags);
  }

 private:
  static kube::Informer& AddKustomizations(runtime::Manager& manager) {
    kube::InformerOptions options;
    options.gvk = KustomizationKind();
    return manager.AddInformer(std::move(options), /*use_watch_label_selector=*/true);
  }

  static apply::LiveOptions LiveOptionsOf(const KustomizeFlags& flags) {
    return {std::string(api::kKustomizeController), std::string(api::kKustomizeOwnerNameLabel),
            std::string(api::kKustomizeOwnerNamespaceLabel), flags.override_managers};
  }

  static runtime::StatusWriterOptions WriterOptions() {
    runtime::StatusWriterOptions options;
    options.gvk = KustomizationKind();
    options.field_manager = api::kKustomizeStatusManager;
    for (const auto type : {api::kHealthy, api::kReady, api::kReconciling, api::kStalled})
      options.owned_conditions.emplace_back(type);
    return options;
  }

  static ApplySettings SettingsOf(const KustomizeFlags& flags) {
    return {apply::ParseStageKinds(flags.custom_apply_stage_kinds), flags.override_managers,
            static_cast<size_t>(flags.concurrent_ssa)};
  }

  void Enqueue(const kube::ObjectKey& key) {
    if (controller_ != nullptr) controller_->queue().Add(key);
  }

  void EnqueueIndexed(const char* index, const std::string& key) {
    for (const auto& object : kustomizations_.ByIndex(index, key)) Enqueue(kube::KeyOf(*object));
  }

  // Who wakes whom.
  void Wire(const KustomizeFlags& flags) {
    runtime::ControllerOptions options;
    options.name = "kustomization";
    options.gvk = KustomizationKind();
    options.workers = flags.common.concurrent;
    controller_ = &manager_.AddController(std::move(options), *reconciler_);
    kustomizations_.AddIndex(kBySource, SourceIndex);
    kustomizations_.AddIndex(kByDependency, DependencyIndex);
    controller_->For(kustomizations_);
    kustomizations_.AddHandler([this](const InformerEvent& event) {
      if (FreesDependants(event))
        EnqueueIndexed(kByDependency, kube::KeyOf(*event.object).ToString());
    });
    sources_.SetListener(
        [this](const SourceRef& ref) { EnqueueIndexed(kBySource, SourceKey(ref)); });
    for (const std::string& kind : kinds_) {
      kube::InformerOptions source;
      source.gvk = {std::string(api::kSourceGroup), "v1", kind};
      source.project = ProjectSource;
      sources_.Watch(kind, manager_.AddInformer(std::move(source)));
    }
    live_->SetListener([this](const apply::ObjectRef&, const kube::ObjectKey& owner,
                              apply::LiveObjects::Change change) {
      if (reconciler_->Touch(owner, change)) Enqueue(owner);
    });
  }

  runtime::Manager& manager_;
  Sources sources_;
  States states_;
  kube::Informer& kustomizations_;
  std::unique_ptr<apply::LiveObjects> live_;
  Clients clients_;
  runtime::StatusWriter writer_;
  Reporter reporter_;
  Finalizer finalizer_;
  Metrics metrics_;
  Builder builder_;
  BuildStep build_;
  ApplyStep apply_;
  PruneStep prune_;
  HealthStep health_;
  Precedence precedence_;
  const std::vector<std::string> kinds_;  // of sources that are followed
  std::unique_ptr<bus::SourceClient> client_;
  std::unique_ptr<ArtifactCache> artifacts_;
  std::unique_ptr<FetchStep> fetch_;
  std::unique_ptr<KustomizationReconciler> reconciler_;
  runtime::Controller* controller_ = nullptr;
};

}  // namespace

base::Result<std::unique_ptr<Service>> Service::Create(runtime::Manager& manager,
                                                       link::BusLink& link,
                                                       const KustomizeFlags& flags) {
  auto service = std::make_unique<Impl>(manager, flags);
  service->Start(link, flags);
  return std::unique_ptr<Service>(std::move(service));
}

}  // namespace sluice::kustomization
