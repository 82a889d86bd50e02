// Dispatcher: from an event to its notifications (notification.md §3.3, §4): finds the Alerts that
// want it, reads their Providers and Secrets, hands the payloads to the Sender. One thread of its
// own, so that callers (HTTP workers, the bus thread) only enqueue. Thread-safe. All references
// outlive it.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "api/event.h"
#include "api/notification.h"
#include "kube/client.h"
#include "kube/informer.h"
#include "observe/context.h"
#include "observe/mutex.h"
#include "runtime/event_recorder.h"
#include "sender.h"

namespace sluice::notify {

struct DispatcherOptions {
  bool no_cross_namespace_refs = false;
  size_t max_queued = 10000;
  // of Provider, Secrets and labels, per event
  std::chrono::nanoseconds read_timeout = std::chrono::seconds(15);
};

class Dispatcher {
 public:
  Dispatcher(kube::Client& client, kube::Informer& alerts, kube::Informer& providers,
             Sender& sender, runtime::EventRecorder& recorder, observe::Logger log,
             DispatcherOptions options);
  ~Dispatcher();  // what is still queued is dropped, `handled` not called for it

  // `event` is cleaned and no duplicate. `handled` runs, on any thread, once every notification of
  // it was delivered or given up. kResourceExhausted: too many wait.
  base::Status Submit(api::Event event, std::function<void()> handled);

 private:
  struct Job {
    api::Event event;
    std::function<void()> handled;
  };
  void Work(const std::stop_token& stop);
  void Dispatch(const observe::Context& ctx, const Job& job);
  base::Status Notify(const observe::Context& ctx, const api::Alert& alert,
                      kube::ObjectPtr alert_object, const api::Event& event,
                      std::shared_ptr<void> until_done);
  base::Result<api::Provider> ReadProvider(const observe::Context& ctx, const api::Alert& alert);
  void ReportFailure(const document::Value& alert, std::string_view what, const api::Event& event,
                     const base::Status& status);

  kube::Client& client_;
  kube::Informer& alerts_;
  kube::Informer& providers_;
  Sender& sender_;
  runtime::EventRecorder& recorder_;
  const observe::Logger log_;
  const DispatcherOptions options_;
  observe::Mutex mu_;
  observe::CondVar wake_;
  std::deque<Job> jobs_ SLUICE_GUARDED_BY(mu_);
  std::jthread thread_;
};

}  // namespace sluice::notify
