// Manager: the frame of a process. It owns what every service needs (logger, metrics, timer, HTTP
// and Kubernetes clients, event recorder, health and metrics servers), starts the parts in order
// and stops them in reverse. Used by main:
//
//   Environment env(envp);
//   CommonFlags common; Flags flags("sluice-x", "…"); common.AddTo(flags, env); …own flags…; Parse;
//   Check SLUICE_TRY(auto manager, Manager::Create({.controller = "x-controller", .flags = common,
//   .env = env})); auto& informer = manager->AddInformer({.gvk = …}); XReconciler
//   reconciler(manager->client(), informer, …); auto& controller = manager->AddController({.name =
//   "x", .gvk = …, .workers = common.concurrent}, reconciler); controller.For(informer); return
//   manager->Run();
//
// Run: signals → servers → informers start → OnStart functions → leadership → OnLead functions →
// informers synced → controllers → wait. So every replica has its caches, and whatever OnStart
// serves may read them; only the leader acts. Stop (SIGTERM, SIGINT, lost lease, RequestExit):
// controllers finish within the grace period, then OnStop functions in reverse order, the recorder
// is flushed, the lease released, the servers closed. A second signal ends the process at once.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/status.h"
#include "http/client.h"
#include "http/server.h"
#include "kube/client.h"
#include "kube/informer.h"
#include "observe/context.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "runtime/controller.h"
#include "runtime/environment.h"
#include "runtime/event_recorder.h"
#include "runtime/flags.h"
#include "runtime/leader.h"
#include "runtime/timer.h"

namespace sluice::runtime {

struct ManagerOptions {
  std::string controller;  // "kustomize-controller": lease, events, user agent
  CommonFlags flags;
  Environment env;
  bool post_events = true;  // false for notify, which serves --events-addr itself
  // running reconciles; then their contexts stop
  base::Duration stop_grace = std::chrono::seconds(5);
  base::Duration flush_grace = std::chrono::seconds(3);
};

class Manager {
 public:
  // Makes the clients, no request yet. Blocks the signals it will wait for, so call it before any
  // other thread starts.
  static base::Result<std::unique_ptr<Manager>> Create(ManagerOptions options);
  virtual ~Manager() = default;

  virtual const CommonFlags& flags() const = 0;
  virtual observe::Logger log() = 0;
  virtual observe::Registry& registry() = 0;
  virtual Timer& timer() = 0;
  virtual http::Client& http() = 0;
  virtual kube::Client& client() = 0;
  virtual EventRecorder& events() = 0;
  // A recorder that names another controller, for a process that is two. Its owner flushes it, in
  // OnStop; it ends before the Manager.
  virtual std::unique_ptr<EventRecorder> MakeEvents(const std::string& controller) = 0;
  virtual LeaderElector& leader() = 0;
  // Stops when the process shuts down; carries the root logger.
  virtual observe::Context context() = 0;

  // The bus comes first for events while it is connected. Before Run; `sink` outlives Run.
  virtual void SetBusSink(EventSink* sink) = 0;

  // Scoped by --watch-all-namespaces; --watch-label-selector applies only to kinds that ask for it.
  virtual kube::Informer& AddInformer(kube::InformerOptions options,
                                      bool use_watch_label_selector = false) = 0;
  // Retry delays come from the flags. Workers start once all informers are synced.
  virtual Controller& AddController(ControllerOptions options, Reconciler& reconciler) = 0;

  // before leadership: what every replica runs
  virtual void OnStart(std::function<base::Status()> fn) = 0;
  // once leading, before the controllers
  virtual void OnLead(std::function<base::Status()> fn) = 0;
  virtual void OnStop(std::function<void()> fn) = 0;
  virtual void AddReadyCheck(std::string name, std::function<base::Status()> check) = 0;

  // Returns the exit code. Once.
  virtual int Run() = 0;
  virtual void RequestExit(int code) = 0;  // from any thread
};

// For main: prints a failure of start-up to stderr as the peers do (one log line), returns exit
// code 1.
int FailStart(const observe::Logger& log, const base::Status& status, std::string_view what);

}  // namespace sluice::runtime
