#include "dispatcher.h"

#include <mutex>
#include <tuple>
#include <utility>

#include "alert_matcher.h"
#include "base/strings.h"
#include "event_text.h"
#include "kinds.h"
#include "metadata.h"
#include "payload.h"
#include "provider_config.h"

namespace sluice::notify {
namespace {

using document::Value;

const kube::GroupVersionKind kSecretGvk{"", "v1", "Secret"};

base::Result<LabelMap> LabelsOf(const observe::Context& ctx, kube::Client& client,
                                const api::Event& event) {
  const auto& ref = event.involved_object;
  const auto gvk = kube::GroupVersionKind::FromApiVersion(ref.api_version, ref.kind);
  SLUICE_TRY(const Value object, client.Get(ctx, gvk, {ref.ns, ref.name}));
  LabelMap labels;
  for (const auto& [key, value] : object["metadata"]["labels"].members())
    labels[key] = value.AsString();
  return labels;
}

// Holds the Secrets a Provider names while it is resolved.
class SecretReader {
 public:
  SecretReader(const observe::Context& ctx, kube::Client& client, std::string ns)
      : ctx_(ctx), client_(client), ns_(std::move(ns)) {}
  // Null where `name` is empty.
  base::Result<const Value*> Read(const std::string& name, Value& storage) {
    if (name.empty()) return static_cast<const Value*>(nullptr);
    auto secret = client_.Get(ctx_, kSecretGvk, {ns_, name});
    if (!secret.ok())
      return secret.status().Wrap(base::Cat("failed to get secret '", ns_, "/", name, "'"));
    storage = *std::move(secret);
    return static_cast<const Value*>(&storage);
  }

 private:
  const observe::Context& ctx_;
  kube::Client& client_;
  const std::string ns_;
};

}  // namespace

Dispatcher::Dispatcher(kube::Client& client, kube::Informer& alerts, kube::Informer& providers,
                       Sender& sender, runtime::EventRecorder& recorder, observe::Logger log,
                       DispatcherOptions options)
    : client_(client),
      alerts_(alerts),
      providers_(providers),
      sender_(sender),
      recorder_(recorder),
      log_(std::move(log)),
      options_(options),
      thread_([this](const std::stop_token& stop) { Work(stop); }) {}

Dispatcher::~Dispatcher() {
  thread_.request_stop();
  thread_.join();
}

base::Status Dispatcher::Submit(api::Event event, std::function<void()> handled) {
  {
    observe::MutexLock lock(mu_);
    if (jobs_.size() >= options_.max_queued)
      return base::ResourceExhausted("too many events are waiting");
    jobs_.push_back({std::move(event), std::move(handled)});
  }
  wake_.notify_one();
  return base::OkStatus();
}

void Dispatcher::Work(const std::stop_token& stop) SLUICE_NO_THREAD_SAFETY_ANALYSIS {
  // Events of the last run's journal come in before the Alerts are known: none may be discarded for
  // that.
  const auto until_stop = observe::Context(log_).WithStop(stop);
  if (!alerts_.WaitSynced(until_stop).ok() || !providers_.WaitSynced(until_stop).ok()) return;
  for (;;) {
    std::unique_lock lock(mu_);
    if (!wake_.wait(lock, stop, [this]() SLUICE_REQUIRES(mu_) { return !jobs_.empty(); })) return;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    try {
      Dispatch(observe::Context(log_).WithStop(stop).WithTimeout(options_.read_timeout), job);
    } catch (const std::exception& e) {  // one poisoned event must not stop the rest
      log_.Error(base::Internal(e.what()), "panic while dispatching an event");
    }
  }
}

void Dispatcher::Dispatch(const observe::Context& ctx, const Job& job) {
  api::Event event = job.event;
  event.metadata.erase(GroupPrefix(event) + "token");
  // Runs `handled` when the last notification lets go of it.
  const std::shared_ptr<void> until_done(nullptr, [handled = job.handled](void*) {
    if (handled) handled();
  });
  const auto log = log_.With({{"eventInvolvedObject", observe::LogValue(ObjectPath(event))}});
  bool any = false;
  for (const auto& object : alerts_.List()) {
    const api::Alert alert = api::Alert::From(*object);
    auto match = MatchAlert(alert, event, [&] { return LabelsOf(ctx, client_, event); });
    for (const auto& issue : match.issues) {
      recorder_.RecordLocal(*object, api::EventSeverity::kError, issue.reason, issue.message);
    }
    if (!match.matches) continue;
    any = true;
    if (auto status = Notify(ctx, alert, object, event, until_done); !status.ok()) {
      ReportFailure(*object, "failed to dispatch notification for ", event, status);
    }
  }
  if (!any) log.Debug("discarding event, no alerts found for the involved object");
}

base::Result<api::Provider> Dispatcher::ReadProvider(const observe::Context& ctx,
                                                     const api::Alert& alert) {
  const kube::ObjectKey key{alert.ns, alert.provider};
  if (const auto cached = providers_.Get(key)) return api::Provider::From(*cached);
  // Just created, and the watch has not shown it yet: or not there at all.
  auto object = client_.Get(ctx, kProviderGvk, key);
  if (!object.ok()) return object.status().Wrap("failed to read provider");
  return api::Provider::From(*object);
}

base::Status Dispatcher::Notify(const observe::Context& ctx, const api::Alert& alert,
                                kube::ObjectPtr alert_object, const api::Event& event,
                                std::shared_ptr<void> until_done) {
  if (options_.no_cross_namespace_refs && event.involved_object.ns != alert.ns) {
    return base::PermissionDenied(
        base::Cat("discarding event, access denied to cross-namespace sources: alert '", alert.ns,
                  "/", alert.name, "' can't process event from '", ObjectPath(event),
                  "', cross-namespace references have been blocked"));
  }
  SLUICE_TRY(const api::Provider provider, ReadProvider(ctx, alert));
  if (provider.suspend) return base::OkStatus();
  const auto commit_status = event.metadata.find(GroupPrefix(event) + "commit_status");
  if (commit_status != event.metadata.end() && commit_status->second == "update" &&
      !WantsCommitStatusUpdates(provider.type)) {
    return base::OkStatus();
  }
  if (!provider.service_account.empty()) {
    return base::FailedPrecondition(
        "to use spec.serviceAccountName for provider authentication please enable the "
        "ObjectLevelWorkloadIdentity feature gate "
        "in the controller");
  }
  const auto init_error = [&](const base::Status& status) {
    return status.Wrap(
        base::Cat("failed to initialize notifier for provider '", provider.name, "'"));
  };
  SecretReader secrets(ctx, client_, provider.ns);
  Value main, tls, proxy;
  ProviderSecrets read;
  for (const auto& [name, storage, slot] :
       {std::tuple(&provider.secret, &main, &read.main),
        std::tuple(&provider.cert_secret, &tls, &read.tls),
        std::tuple(&provider.proxy_secret, &proxy, &read.proxy)}) {
    auto secret = secrets.Read(*name, *storage);
    if (!secret.ok()) return init_error(secret.status());
    *slot = *secret;
  }
  auto resolved = ResolveProvider(provider, read);
  if (!resolved.ok()) return init_error(resolved.status());
  if (const auto object = providers_.Get({provider.ns, provider.name})) {
    for (const auto& issue : resolved->issues) {
      recorder_.RecordLocal(*object, api::EventSeverity::kError, api::kInvalidConfigReason, issue);
    }
  }
  api::Event told = event;
  auto combined = CombineMetadata(event, alert);
  if (!combined.conflicts.empty()) {
    recorder_.RecordLocal(*alert_object, api::EventSeverity::kError,
                          api::kMetadataAppendFailedReason,
                          "metadata key conflicts detected (please refer to the Alert API docs and "
                          "Flux RFC 0008 for more "
                          "information)",
                          combined.conflicts);
  }
  told.metadata = std::move(combined.metadata);
  auto payload = MakePayload(resolved->config, told);
  if (!payload.ok()) return init_error(payload.status().Wrap("failed to initialize notifier"));
  sender_.Send(*std::move(payload), resolved->config.timeout, resolved->config.token,
               [this, alert_object, event, until_done](const base::Status& status) {
                 if (!status.ok())
                   ReportFailure(*alert_object, "failed to send notification for ", event, status);
               });
  return base::OkStatus();
}

void Dispatcher::ReportFailure(const Value& alert, std::string_view what, const api::Event& event,
                               const base::Status& status) {
  log_.Error(status, base::TrimSuffix(what, " for "),
             {{"eventInvolvedObject", observe::LogValue(ObjectPath(event))}});
  recorder_.RecordLocal(alert, api::EventSeverity::kError, api::kNotificationDispatchFailedReason,
                        base::Cat(what, ObjectPath(event), ": ", status.message()));
}

}  // namespace sluice::notify
