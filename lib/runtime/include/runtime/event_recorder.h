// EventRecorder: tells people what a controller did: as a core/v1 Event (with client-go's
// correlation: equal events are counted in one object, similar ones combined past ten in ten
// minutes, a flood per object is cut at 25), and, unless the severity is trace, as an event for the
// notify process through an EventSink. Never blocks the caller: requests run on the kube I/O
// thread. Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "api/event.h"
#include "base/clock.h"
#include "document/value.h"
#include "kube/client.h"
#include "observe/context.h"
#include "observe/metrics.h"
#include "runtime/event_sink.h"
#include "runtime/timer.h"

namespace sluice::runtime {

struct EventRecorderOptions {
  std::string controller;     // source component and reportingController: "kustomize-controller"
  std::string instance;       // host name
  size_t max_in_flight = 64;  // core/v1 writes; the rest waits in line, bounded
  size_t max_waiting = 10000;
};

class EventRecorder {
 public:
  virtual ~EventRecorder() = default;

  // About `object` (apiVersion, kind, metadata are read). `metadata` keys are as on the wire
  // ("kustomize.toolkit.fluxcd.io/revision"); annotations of the object that begin with
  // event.toolkit.fluxcd.io/ are added and win. A failure is one log line, "unable to record
  // event".
  virtual void Record(const document::Value& object, api::EventSeverity severity,
                      std::string_view reason, std::string_view message,
                      const std::map<std::string, std::string>& metadata = {}) = 0;
  // The Kubernetes event only.
  virtual void RecordLocal(const document::Value& object, api::EventSeverity severity,
                           std::string_view reason, std::string_view message,
                           const std::map<std::string, std::string>& metadata = {}) = 0;
  // Waits until everything recorded so far has left, within the context.
  virtual base::Status Flush(const observe::Context& ctx) = 0;
};

// `sink` may be null. All references outlive the recorder.
std::unique_ptr<EventRecorder> MakeEventRecorder(kube::Client& client, Timer& timer,
                                                 EventSink* sink, EventRecorderOptions options,
                                                 observe::Logger log,
                                                 base::Clock& clock = base::SystemClock(),
                                                 base::UuidSource& uuids = base::SystemUuids());

}  // namespace sluice::runtime
