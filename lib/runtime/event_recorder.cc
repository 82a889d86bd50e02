#include "runtime/event_recorder.h"

#include <deque>
#include <unordered_set>
#include <utility>

#include "api/conditions.h"
#include "api/meta.h"
#include "base/strings.h"
#include "event_correlator.h"
#include "kube/event.h"

namespace sluice::runtime {
namespace {

using document::Value;
using observe::Context;

constexpr size_t kMaxEventMessage = 39000;
constexpr int kMaxTries = 12;  // as client-go, ten seconds apart
constexpr auto kRetryDelay = std::chrono::seconds(10);
constexpr auto kWriteTimeout = std::chrono::seconds(10);

const kube::GroupVersionKind kEventGvk{"", "v1", "Event"};

// Writes core/v1 Events, those of one name one after the other. Shared with the requests under way.
class EventWriter : public std::enable_shared_from_this<EventWriter> {
 public:
  EventWriter(kube::Client& client, Timer& timer, const EventRecorderOptions& options,
              observe::Logger log)
      : client_(client), timer_(timer), options_(options), log_(std::move(log)) {}

  void Push(kube::EventFields fields, base::Time now) {
    std::vector<Job> ready;
    {
      const observe::MutexLock lock(mu_);
      if (closed_) return;
      auto event = correlator_.Correlate(std::move(fields), now);
      if (!event) return;
      waiting_.push_back({*std::move(event), 0});
      if (waiting_.size() > options_.max_waiting) waiting_.pop_front();
      ready = TakeReady();
    }
    StartAll(ready);
  }

  void Close() {
    const observe::MutexLock lock(mu_);
    closed_ = true;
    waiting_.clear();
    done_.notify_all();
  }

  base::Status Flush(const Context& ctx) {
    const observe::MutexLock lock(mu_);
    while (!closed_ && (!waiting_.empty() || !busy_.empty())) {
      if (const auto status = ctx.Check(); !status.ok()) return status;
      done_.wait_for(mu_, ctx.Remaining(std::chrono::milliseconds(100)));
    }
    return {};
  }

 private:
  struct Job {
    kube::EventFields event;
    int tries;
    bool create = false;  // although count > 1: the object to patch is gone
  };

  static std::string NameOf(const kube::EventFields& e) {
    return base::Cat(e.key.ns, "/", e.key.name, ".", e.name_suffix);
  }

  std::vector<Job> TakeReady() SLUICE_REQUIRES(mu_) {
    std::vector<Job> out;
    for (auto it = waiting_.begin();
         it != waiting_.end() && busy_.size() < options_.max_in_flight;) {
      if (!busy_.insert(NameOf(it->event)).second) {
        ++it;
        continue;
      }
      out.push_back(std::move(*it));
      it = waiting_.erase(it);
    }
    return out;
  }

  void StartAll(std::vector<Job>& jobs) {
    for (Job& job : jobs) Start(std::move(job));
  }

  void Start(Job job) {
    Value body = kube::MakeEvent(job.event);
    kube::Client::Request request;
    request.gvk = kEventGvk;
    request.key = kube::KeyOf(body);
    if (job.event.count > 1 && !job.create) {
      request.verb = kube::Client::Request::Verb::kPatch;
      request.patch = kube::PatchType::kStrategicMerge;
      body = Value::Object({{"count", body["count"]},
                            {"lastTimestamp", body["lastTimestamp"]},
                            {"message", body["message"]}});
    } else {
      request.verb = kube::Client::Request::Verb::kCreate;
    }
    request.body = &body;
    client_.Start(
        Context(log_).WithTimeout(kWriteTimeout), request,
        [self = shared_from_this(), job = std::move(job)](kube::Client::Reply reply) mutable {
          self->OnDone(std::move(job), std::move(reply.object));
        });
  }

  void OnDone(Job job, base::Result<Value> answer) {
    using base::StatusCode;
    const StatusCode code = answer.ok() ? StatusCode::kOk : answer.status().code();
    bool again = false;
    base::Duration delay{};
    if (code == StatusCode::kNotFound && job.event.count > 1 && !job.create) {
      job.create = again = true;
    } else if (code == StatusCode::kUnavailable || code == StatusCode::kDeadlineExceeded ||
               code == StatusCode::kResourceExhausted) {
      again = ++job.tries < kMaxTries;
      delay = kRetryDelay;
    }
    std::vector<Job> ready;
    {
      const observe::MutexLock lock(mu_);
      if (closed_) return;  // the owner is going: nothing of it may be used
      if (!again) {
        busy_.erase(NameOf(job.event));
        ready = TakeReady();
        done_.notify_all();
      }
    }
    if (again && delay.count() == 0) return Start(std::move(job));
    if (again) {
      timer_.ScheduleAfter(delay, [weak = weak_from_this(), job = std::move(job)]() mutable {
        const auto self = weak.lock();
        if (self && !self->IsClosed()) self->Start(std::move(job));
      });
      return;
    }
    if (code != StatusCode::kOk && code != StatusCode::kAlreadyExists) {
      // A namespace that goes or is gone takes no events; that is nobody's error.
      const bool gone = code == StatusCode::kNotFound ||
                        base::Contains(answer.status().message(), "being terminated");
      const std::vector<observe::LogField> fields = {{"reason", job.event.reason},
                                                     {"name", job.event.key.name}};
      if (gone) {
        log_.Debug("unable to record event: namespace is gone", fields);
      } else {
        log_.Error(answer.status(), "unable to record event", fields);
      }
    }
    StartAll(ready);
  }

  bool IsClosed() {
    const observe::MutexLock lock(mu_);
    return closed_;
  }

  kube::Client& client_;
  Timer& timer_;
  const EventRecorderOptions options_;
  const observe::Logger log_;
  observe::Mutex mu_;
  observe::CondVar done_;
  EventCorrelator correlator_ SLUICE_GUARDED_BY(mu_);
  std::deque<Job> waiting_ SLUICE_GUARDED_BY(mu_);
  std::unordered_set<std::string> busy_ SLUICE_GUARDED_BY(mu_);  // names of events being written
  bool closed_ SLUICE_GUARDED_BY(mu_) = false;
};

class Recorder final : public EventRecorder {
 public:
  Recorder(kube::Client& client, Timer& timer, EventSink* sink, EventRecorderOptions options,
           observe::Logger log, base::Clock& clock, base::UuidSource& uuids)
      : sink_(sink),
        options_(std::move(options)),
        log_(std::move(log)),
        clock_(clock),
        uuids_(uuids),
        writer_(std::make_shared<EventWriter>(client, timer, options_, log_)) {}
  ~Recorder() override { writer_->Close(); }

  void Record(const Value& object, api::EventSeverity severity, std::string_view reason,
              std::string_view message,
              const std::map<std::string, std::string>& metadata) override {
    const auto all = WithAnnotations(object, metadata);
    Write(object, severity, reason, message, all);
    if (severity == api::EventSeverity::kTrace || sink_ == nullptr) return;
    api::Event event;
    event.id = uuids_.NewUuid();
    event.involved_object = api::ReferenceTo(object);
    const auto& ref = event.involved_object;
    if (ref.kind.empty() || ref.name.empty() || ref.ns.empty()) {
      log_.Error(base::InvalidArgument("the object has no kind, name or namespace"),
                 "unable to record event");
      return;
    }
    event.severity = api::SeverityName(severity);
    event.timestamp = clock_.Now();
    event.message = api::TrimMessage(message, kMaxEventMessage);
    event.reason = reason;
    event.metadata = all;
    event.reporting_controller = options_.controller;
    event.reporting_instance = options_.instance;
    sink_->Send(event);
  }

  void RecordLocal(const Value& object, api::EventSeverity severity, std::string_view reason,
                   std::string_view message,
                   const std::map<std::string, std::string>& metadata) override {
    Write(object, severity, reason, message, WithAnnotations(object, metadata));
  }

  base::Status Flush(const Context& ctx) override {
    const base::Status written = writer_->Flush(ctx);
    if (sink_ != nullptr) SLUICE_TRY(sink_->Flush(ctx));
    return written;
  }

 private:
  static std::map<std::string, std::string> WithAnnotations(
      const Value& object, std::map<std::string, std::string> metadata) {
    for (const auto& [key, value] : object.At({"metadata", "annotations"}).members()) {
      if (key.starts_with(api::kEventPrefix)) metadata[key] = value.AsString();
    }
    return metadata;
  }

  void Write(const Value& object, api::EventSeverity severity, std::string_view reason,
             std::string_view message, const std::map<std::string, std::string>& annotations) {
    kube::EventFields fields;
    fields.gvk = kube::GvkOf(object);
    fields.key = kube::KeyOf(object);
    fields.uid = kube::UidOf(object);
    fields.resource_version = kube::ResourceVersionOf(object);
    fields.type = severity == api::EventSeverity::kError ? "Warning" : "Normal";
    fields.reason = reason;
    fields.message = message;
    fields.component = options_.controller;
    fields.instance = options_.instance;
    fields.annotations = annotations;
    writer_->Push(std::move(fields), clock_.Now());
  }

  EventSink* const sink_;
  const EventRecorderOptions options_;
  const observe::Logger log_;
  base::Clock& clock_;
  base::UuidSource& uuids_;
  std::shared_ptr<EventWriter> writer_;
};

}  // namespace

std::unique_ptr<EventRecorder> MakeEventRecorder(kube::Client& client, Timer& timer,
                                                 EventSink* sink, EventRecorderOptions options,
                                                 observe::Logger log, base::Clock& clock,
                                                 base::UuidSource& uuids) {
  return std::make_unique<Recorder>(client, timer, sink, std::move(options), std::move(log), clock,
                                    uuids);
}

}  // namespace sluice::runtime
