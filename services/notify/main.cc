// sluice-notify: events in, messages out; webhooks in, reconcile requests out. Drop-in for Flux's
// notification-controller.
#include <cstdio>
#include <memory>

#include "base/clock.h"
#include "bus/events.h"
#include "bus/pokes.h"
#include "dedupe.h"
#include "dispatcher.h"
#include "events_endpoint.h"
#include "finalizer_reconciler.h"
#include "http_metrics.h"
#include "kinds.h"
#include "link/bus_link.h"
#include "notify_flags.h"
#include "receiver_reconciler.h"
#include "runtime/manager.h"
#include "sender.h"
#include "webhook_endpoint.h"

namespace sluice::notify {
namespace {

constexpr const char* kReceiverBySecret = "secret";

// The two HTTP servers, each with any path and method leading to one handler.
std::unique_ptr<http::Server> MakeServer(const std::string& address, const std::string& prefix,
                                         size_t max_header_bytes, const observe::Logger& log,
                                         http::Server::Handler handler) {
  http::ServerOptions options;
  options.address = address;
  options.max_header_bytes = max_header_bytes;
  options.request_timeout = std::chrono::seconds(30);
  auto server = http::Server::Create(options, log);
  for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
    server->HandlePrefix(method, prefix, handler);
  return server;
}

// Lets the last notification of an event reach the bus's inbox, which goes before those who call
// it.
class DoneGate {
 public:
  void Set(bus::EventServer* server) {
    observe::MutexLock lock(mu_);
    server_ = server;
  }
  void Done(const std::string& id) {
    observe::MutexLock lock(mu_);
    if (server_ != nullptr) server_->Done(id);
  }

 private:
  observe::Mutex mu_;
  bus::EventServer* server_ SLUICE_GUARDED_BY(mu_) = nullptr;
};

// Everything the process is made of, in construction order.
class Process {
 public:
  Process(runtime::Manager& manager, const NotifyFlags& flags)
      : manager_(manager),
        flags_(flags),
        alerts_(manager.AddInformer({.gvk = kAlertGvk})),
        providers_(manager.AddInformer({.gvk = kProviderGvk})),
        receivers_(manager.AddInformer({.gvk = kReceiverGvk})),
        sender_(manager.http(), {}),
        window_(base::SystemClock(), flags.rate_limit_interval),
        dispatcher_(manager.client(), alerts_, providers_, sender_, manager.events(), manager.log(),
                    {.no_cross_namespace_refs = flags.common.no_cross_namespace_refs}),
        events_(dispatcher_, window_),
        event_metrics_(manager.registry(), "gotk_event_http", "/", flags.export_http_path_metrics),
        receiver_metrics_(manager.registry(), "gotk_receiver_http", "/hook/",
                          flags.export_http_path_metrics),
        receiver_reconciler_(manager.client(), receivers_, manager.events(), base::SystemClock()),
        provider_reconciler_(manager.client(), providers_, manager.events(), kProviderGvk,
                             FinalizerReconciler::Rule::kKeep),
        alert_reconciler_(manager.client(), alerts_, manager.events(), kAlertGvk,
                          FinalizerReconciler::Rule::kStrip) {}

  ~Process() { done_.Set(nullptr); }

  base::Status Start() {
    SLUICE_TRY(BindBus());
    webhooks_ = std::make_unique<WebhookEndpoint>(
        manager_.client(), receivers_, pokes_.get(), base::SystemClock(), manager_.context(),
        WebhookOptions{.no_cross_namespace_refs = flags_.common.no_cross_namespace_refs});
    constexpr size_t kMaxHeaderBytes = 256 << 10;
    event_server_ =
        MakeServer(flags_.events_addr, "/", kMaxHeaderBytes, manager_.log(),
                   event_metrics_.Wrap([this](const auto& r) { return events_.HandleHttp(r); }));
    webhook_server_ =
        MakeServer(flags_.receiver_addr, "/hook/", kMaxHeaderBytes, manager_.log(),
                   receiver_metrics_.Wrap([this](const auto& r) { return webhooks_->Handle(r); }));
    AddControllers();
    manager_.OnStart([this] {
      SLUICE_TRY(event_server_->Start());
      return webhook_server_->Start();
    });
    manager_.OnStop([this] {
      webhook_server_->Stop();
      event_server_->Stop();
    });
    return base::OkStatus();
  }

 private:
  base::Status BindBus() {
    SLUICE_TRY(link_, link::BusLink::Open(manager_, bus::Role::kNotify));
    const std::string endpoint = link_->BindEndpoint();
    if (endpoint.empty()) return base::OkStatus();
    bus::EventServerOptions options;
    options.journal = flags_.common.temp_dir + "/sluice-notify.inbox";
    pokes_ = bus::PokePublisher::Create(link_->bus());
    const auto handle = [this](const bus::Event& event) {
      events_.HandleBus(link::FromBus(event), [this, id = event.id] { done_.Done(id); });
    };
    const auto bound = [this](const std::string& at) {
      if (auto status = pokes_->Bind(at); !status.ok())
        manager_.log().Error(status, "unable to bind the bus's pokes");
      link_->Advertise(at);
    };
    SLUICE_TRY(bus_events_, bus::EventServer::Bind(link_->bus(), endpoint, options, handle, bound));
    done_.Set(bus_events_.get());
    return base::OkStatus();
  }

  void AddControllers() {
    const int workers = flags_.common.concurrent;
    auto& receivers = manager_.AddController(
        {.name = "receiver", .gvk = kReceiverGvk, .workers = workers}, receiver_reconciler_);
    receivers.For(receivers_);
    manager_
        .AddController({.name = "provider", .gvk = kProviderGvk, .workers = 1},
                       provider_reconciler_)
        .For(providers_);
    manager_.AddController({.name = "alert", .gvk = kAlertGvk, .workers = 1}, alert_reconciler_)
        .For(alerts_);
    // A labelled Secret that changes wakes the Receivers whose token it holds.
    receivers_.AddIndex(kReceiverBySecret, [](const document::Value& object) {
      return std::vector<std::string>{kube::KeyOf(object).ns + "/" +
                                      std::string(object["spec"]["secretRef"]["name"].AsString())};
    });
    if (flags_.common.watch_configs_label_selector.empty()) return;
    auto& secrets =
        manager_.AddInformer({.gvk = {"", "v1", "Secret"},
                              .label_selector = flags_.common.watch_configs_label_selector,
                              .metadata_only = true});
    receivers.Watches(secrets, [this](const kube::InformerEvent& event) {
      std::vector<kube::ObjectKey> keys;
      for (const auto& receiver :
           receivers_.ByIndex(kReceiverBySecret, kube::KeyOf(*event.object).ToString())) {
        keys.push_back(kube::KeyOf(*receiver));
      }
      return keys;
    });
  }

  runtime::Manager& manager_;
  const NotifyFlags& flags_;
  DoneGate done_;
  kube::Informer& alerts_;
  kube::Informer& providers_;
  kube::Informer& receivers_;
  Sender sender_;
  DedupeWindow window_;
  Dispatcher dispatcher_;
  EventsEndpoint events_;
  HttpMetrics event_metrics_, receiver_metrics_;
  ReceiverReconciler receiver_reconciler_;
  FinalizerReconciler provider_reconciler_, alert_reconciler_;
  std::unique_ptr<link::BusLink> link_;
  std::unique_ptr<bus::PokePublisher> pokes_;
  std::unique_ptr<bus::EventServer> bus_events_;  // binds the pokes too
  std::unique_ptr<WebhookEndpoint> webhooks_;
  std::unique_ptr<http::Server> event_server_, webhook_server_;
};

base::Result<int> Main(int argc, const char* const* argv, const char* const* envp) {
  const runtime::Environment env(envp);
  runtime::Flags flags("sluice-notify", "Dispatches events to providers and handles webhooks.");
  NotifyFlags options;
  options.AddTo(flags, env);
  if (auto parsed = flags.Parse(argc, argv); !parsed.ok()) {
    if (parsed.code() != base::StatusCode::kCancelled) return parsed;
    std::fputs(flags.output().c_str(), stdout);
    return 0;
  }
  SLUICE_TRY(options.common.Check());
  SLUICE_TRY(auto manager,
             runtime::Manager::Create(
                 {.controller = "notification-controller", .flags = options.common, .env = env}));
  Process process(*manager, options);
  SLUICE_TRY(process.Start());
  manager->log().Info(
      "not everything of Flux is in yet; to go back, put Flux's image into the Deployment again",
      {{"notYet",
        "receivers other than github, gitlab, bitbucket, harbor, generic, generic-hmac; providers "
        "other than slack, discord, generic, generic-hmac; CEL"}});
  return manager->Run();
}

}  // namespace
}  // namespace sluice::notify

int main(int argc, char** argv, char** envp) {
  const auto code = sluice::notify::Main(argc, argv, envp);
  if (code.ok()) return *code;
  std::fprintf(stderr, "%s\n", code.status().message().c_str());
  return 1;
}
