#include "runtime/manager.h"

#include <malloc.h>

#include <atomic>
#include <vector>

#include "base/strings.h"
#include "health.h"
#include "kube/config.h"
#include "runtime/http_event_sink.h"
#include "signals.h"

namespace sluice::runtime {
namespace {

using base::Result;
using base::Status;
using observe::Context;

// The recorder's way out: over HTTP, and first over the bus once there is one.
class SwitchSink final : public EventSink {
 public:
  explicit SwitchSink(EventSink& http) : http_(http) {}
  // Null: the bus is going; what led there stays, somebody may be on the way.
  void SetBus(EventSink* bus) {
    bus_.store(bus);
    if (bus != nullptr) both_ = MakeFallbackSink(*bus, http_);
    current_.store(bus != nullptr ? both_.get() : nullptr);
  }
  EventSink* bus() const { return bus_.load(); }
  void Close() { closed_ = true; }  // what comes later is dropped
  void Send(const api::Event& event) override {
    if (!closed_) Current().Send(event);
  }
  bool connected() const override { return Current().connected(); }
  Status Flush(const Context& ctx) override { return Current().Flush(ctx); }

 private:
  EventSink& Current() const {
    EventSink* both = current_.load();
    return both != nullptr ? *both : http_;
  }
  EventSink& http_;
  std::unique_ptr<EventSink> both_;
  std::atomic<EventSink*> current_ = nullptr, bus_ = nullptr;
  std::atomic<bool> closed_ = false;
};

// Of a second recorder: the sink behind is flushed once, by the Manager.
class SharedSink final : public EventSink {
 public:
  explicit SharedSink(EventSink& sink) : sink_(sink) {}
  void Send(const api::Event& event) override { sink_.Send(event); }
  bool connected() const override { return sink_.connected(); }
  Status Flush(const Context&) override { return {}; }

 private:
  EventSink& sink_;
};

// Leads from the start: the election is off.
class NoElection final : public LeaderElector {
 public:
  void Start(std::function<void()> on_lead, std::function<void()>) override {
    leading_ = true;
    on_lead();
  }
  void Stop() override {}
  bool leading() const override { return leading_; }
  void SetAnnotation(const std::string&, const std::string&) override {}

 private:
  std::atomic<bool> leading_ = false;
};

class ManagerImpl final : public Manager {
 public:
  explicit ManagerImpl(ManagerOptions options)
      : options_(std::move(options)),
        log_(observe::MakeStderrSink(options_.flags.Level().value_or(observe::LogLevel::kInfo),
                                     options_.flags.log_encoding == "console")),
        registry_(observe::MakeRegistry()),
        timer_(base::SystemClock()) {}
  ~ManagerImpl() override {
    timer_.Cancel(trim_timer_);
    controllers_.clear();
    informers_.clear();
  }

  Status Init() {
    const CommonFlags& f = options_.flags;
    const Environment& env = options_.env;
    http::ClientOptions http;
    http.user_agent = options_.controller + "/sluice";
    http.proxy = {env.Get("HTTP_PROXY", env.Get("http_proxy")),
                  env.Get("HTTPS_PROXY", env.Get("https_proxy")),
                  env.Get("NO_PROXY", env.Get("no_proxy"))};
    SLUICE_TRY(http_, http::Client::Create(std::move(http)));
    kube::LoadOptions load;
    load.kubeconfig = f.kubeconfig;
    load.kubeconfig_env = env.Get("KUBECONFIG");
    load.home = env.Get("HOME");
    load.service_host = env.Get("KUBERNETES_SERVICE_HOST");
    load.service_port = env.Get("KUBERNETES_SERVICE_PORT");
    load.user_agent = options_.controller + "/sluice";
    SLUICE_TRY(kube::Config config, kube::LoadConfig(load).Wrap("unable to load kubeconfig"));
    SLUICE_TRY(client_,
               kube::MakeClient(*http_, std::move(config), kube::MakeClientMetrics(*registry_)));
    // Flux shows these of every process with a token cache; those of ours that keep tokens count on
    // (lib/cloud).
    if (f.token_cache_max_size > 0) {
      registry_->NewGauge("gotk_token_cached_items", "Total number of items in the cache.")
          .With({});
      registry_->NewCounter("gotk_token_cache_evictions_total", "Total number of cache evictions.")
          .With({});
    }
    http_sink_ =
        MakeHttpEventSink(*http_, timer_, {.url = options_.post_events ? f.events_addr : ""},
                          log_.Named("events"), [this](const api::Event& event) {
                            if (EventSink* bus = sink_->bus()) bus->Send(event);
                          });
    sink_ = std::make_unique<SwitchSink>(*http_sink_);
    events_ = Recorder(options_.controller, *sink_);
    shared_sink_ = std::make_unique<SharedSink>(*sink_);
    if (f.enable_leader_election) {
      leader_ = MakeLeaderElector(*client_,
                                  {.name = LeaseName(options_.controller, f.watch_label_selector),
                                   .ns = f.runtime_namespace,
                                   .identity = f.hostname + "_" + base::SystemUuids().NewUuid(),
                                   .lease_duration = f.leader_election_lease_duration,
                                   .renew_deadline = f.leader_election_renew_deadline,
                                   .retry_period = f.leader_election_retry_period,
                                   .release_on_cancel = f.leader_election_release_on_cancel},
                                  *registry_, log_.Named("leaderelection"));
    } else {
      leader_ = std::make_unique<NoElection>();
    }
    return {};
  }

  const CommonFlags& flags() const override { return options_.flags; }
  observe::Logger log() override { return log_; }
  observe::Registry& registry() override { return *registry_; }
  Timer& timer() override { return timer_; }
  http::Client& http() override { return *http_; }
  kube::Client& client() override { return *client_; }
  EventRecorder& events() override { return *events_; }
  std::unique_ptr<EventRecorder> MakeEvents(const std::string& controller) override {
    return Recorder(controller, *shared_sink_);
  }
  LeaderElector& leader() override { return *leader_; }
  Context context() override { return Context(log_).WithStop(stop_.get_token()); }
  void SetBusSink(EventSink* sink) override { sink_->SetBus(sink); }

  kube::Informer& AddInformer(kube::InformerOptions options,
                              bool use_watch_label_selector) override {
    const CommonFlags& f = options_.flags;
    if (!f.watch_all_namespaces && options.ns.empty()) options.ns = f.runtime_namespace;
    if (use_watch_label_selector && !f.watch_label_selector.empty()) {
      options.label_selector +=
          (options.label_selector.empty() ? "" : ",") + f.watch_label_selector;
    }
    return *informers_.emplace_back(kube::MakeInformer(*client_, std::move(options), log_));
  }

  Controller& AddController(ControllerOptions options, Reconciler& reconciler) override {
    options.min_retry_delay = options_.flags.min_retry_delay;
    options.max_retry_delay = options_.flags.max_retry_delay;
    options.on_idle = [this] { TrimSoon(); };
    return *controllers_.emplace_back(
        std::make_unique<Controller>(std::move(options), reconciler, timer_, *registry_, log_));
  }

  void OnStart(std::function<Status()> fn) override { on_start_.push_back(std::move(fn)); }
  void OnLead(std::function<Status()> fn) override { on_lead_.push_back(std::move(fn)); }
  void OnStop(std::function<void()> fn) override { on_stop_.push_back(std::move(fn)); }
  void AddReadyCheck(std::string name, std::function<Status()> check) override {
    ready_.Add(std::move(name), std::move(check));
  }

  void RequestExit(int code) override {
    {
      const observe::MutexLock lock(mu_);
      if (!exit_code_) exit_code_ = code;
      changed_.notify_all();
    }
    stop_.request_stop();
  }

  int Run() override {
    signals_.Start([this](int) { RequestExit(0); });
    if (const Status status = Bring(); !status.ok() && !stop_.stop_requested()) {
      log_.Named("setup").Error(status, "problem running manager");
      RequestExit(1);
    }
    const int code = AwaitExit();
    TearDown();
    return code;
  }

 private:
  Status Bring() {
    log_.Named("setup").Info("starting manager");
    SLUICE_TRY(StartServers());
    for (const auto& informer : informers_) informer->Start();
    for (const auto& fn : on_start_) SLUICE_TRY(fn());
    leader_->Start([this] { SetLeading(); },
                   [this] {
                     log_.Named("setup").Error(base::Unavailable("leader election lost"),
                                               "problem running manager");
                     RequestExit(1);
                   });
    if (!AwaitLeading()) return {};
    for (const auto& fn : on_lead_) SLUICE_TRY(fn());
    for (const auto& informer : informers_)
      SLUICE_TRY(informer->WaitSynced(context()).Wrap("failed to wait for caches to sync"));
    for (const auto& controller : controllers_) controller->Start();
    TrimSoon();
    return {};
  }

  std::unique_ptr<EventRecorder> Recorder(const std::string& controller, EventSink& sink) {
    return MakeEventRecorder(*client_, timer_, &sink,
                             {.controller = controller, .instance = options_.flags.hostname},
                             log_.Named("events"));
  }

  Status StartServers() {
    const auto serve = [&](const std::string& address,
                           const std::function<void(http::Server&)>& routes) -> Status {
      if (address.empty() || address == "0") return {};
      http::ServerOptions options;
      options.address = address;
      options.threads = 1;
      options.max_connections = 64;
      options.max_body = 64 << 10;
      options.stop_grace = std::chrono::milliseconds(500);
      auto& server = servers_.emplace_back(http::Server::Create(std::move(options), log_));
      routes(*server);
      return server->Start();
    };
    SLUICE_TRY(
        serve(options_.flags.metrics_addr, [&](http::Server& s) { ServeMetrics(s, *registry_); }));
    return serve(options_.flags.health_addr, [&](http::Server& s) {
      ServeChecks(s, "healthz", healthy_);
      ServeChecks(s, "readyz", ready_);
    });
  }

  void SetLeading() {
    const observe::MutexLock lock(mu_);
    leading_ = true;
    changed_.notify_all();
  }

  bool AwaitLeading() {
    const observe::MutexLock lock(mu_);
    while (!leading_ && !exit_code_) changed_.wait(mu_);
    return leading_ && !exit_code_;
  }

  int AwaitExit() {
    const observe::MutexLock lock(mu_);
    while (!exit_code_) changed_.wait(mu_);
    return *exit_code_;
  }

  // The reverse of Bring.
  void TearDown() {
    log_.Named("setup").Info("stopping manager");
    for (const auto& controller : controllers_) controller->StopAccepting();
    const Timer::Id patience = timer_.ScheduleAfter(options_.stop_grace, [this] {
      for (const auto& controller : controllers_) controller->RequestStop();
    });
    for (const auto& controller : controllers_) controller->Join();
    timer_.Cancel(patience);
    for (auto fn = on_stop_.rbegin(); fn != on_stop_.rend(); ++fn) (*fn)();
    if (const auto status = events_->Flush(Context(log_).WithTimeout(options_.flush_grace));
        !status.ok()) {
      log_.Named("setup").Info("some events were not sent before the end",
                               {{"cause", status.message()}});
    }
    sink_->Close();
    http_sink_.reset();  // no failed post reaches the bus sink, whose owner ends before us
    leader_->Stop();
    for (const auto& server : servers_) server->Stop();
    informers_.clear();  // their handlers reach what the service made, which ends before us
    signals_.Stop();
  }

  // Gives memory a burst of work left behind back to the kernel, once it is quiet.
  void TrimSoon() {
    if (trim_armed_.exchange(true)) return;
    trim_timer_ = timer_.ScheduleAfter(std::chrono::seconds(2), [this] {
      trim_armed_ = false;
      malloc_trim(0);
    });
  }

  // In order of dependence: what stands below uses what stands above.
  SignalWaiter signals_;
  const ManagerOptions options_;
  const observe::Logger log_;
  std::stop_source stop_;
  std::unique_ptr<observe::Registry> registry_;
  HealthChecks healthy_, ready_;
  Timer timer_;
  std::unique_ptr<EventSink> http_sink_;
  std::unique_ptr<SwitchSink> sink_;
  std::unique_ptr<SharedSink> shared_sink_;
  std::unique_ptr<http::Client> http_;
  std::unique_ptr<kube::Client> client_;
  std::unique_ptr<EventRecorder> events_;
  std::unique_ptr<LeaderElector> leader_;
  std::vector<std::unique_ptr<kube::Informer>> informers_;
  std::vector<std::unique_ptr<Controller>> controllers_;
  std::vector<std::unique_ptr<http::Server>> servers_;
  std::vector<std::function<Status()>> on_start_, on_lead_;
  std::vector<std::function<void()>> on_stop_;
  observe::Mutex mu_;
  observe::CondVar changed_;
  std::optional<int> exit_code_ SLUICE_GUARDED_BY(mu_);
  bool leading_ SLUICE_GUARDED_BY(mu_) = false;
  std::atomic<bool> trim_armed_ = false;
  std::atomic<Timer::Id> trim_timer_ = 0;
};

// Many threads would each get an arena of their own, which the allocator hardly ever gives back.
void TameAllocator() {
  mallopt(M_ARENA_MAX, 2);
  mallopt(M_MMAP_THRESHOLD, 256 << 10);
  mallopt(M_TRIM_THRESHOLD, 512 << 10);
}

}  // namespace

Result<std::unique_ptr<Manager>> Manager::Create(ManagerOptions options) {
  TameAllocator();
  SLUICE_TRY(options.flags.Check());
  auto manager = std::make_unique<ManagerImpl>(std::move(options));
  SLUICE_TRY(manager->Init());
  return std::unique_ptr<Manager>(std::move(manager));
}

int FailStart(const observe::Logger& log, const Status& status, std::string_view what) {
  log.Named("setup").Error(status, what);
  return 1;
}

}  // namespace sluice::runtime
