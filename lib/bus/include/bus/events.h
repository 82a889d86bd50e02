// The events channel: at-least-once delivery of events to the notify process, over restarts of
// either side. Both sides keep a journal: the sender until an event is acknowledged, the receiver
// until it is done with it. Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/status.h"
#include "bus/bus.h"
#include "observe/context.h"

namespace sluice::bus {

// The fields of the event that is posted over HTTP, and an id.
struct Event {
  std::string id;  // unique per event (a UUID); "" lets Send choose one
  struct Object {
    std::string kind, ns, name, uid, api_version, resource_version, field_path;
    friend bool operator==(const Object&, const Object&) = default;
  } involved_object;
  std::string severity;     // "info", "error", "trace"
  int64_t timestamp_s = 0;  // Unix seconds
  std::string message, reason;
  std::map<std::string, std::string> metadata;
  std::string reporting_controller, reporting_instance;
  std::string traceparent;
  friend bool operator==(const Event&, const Event&) = default;
};

struct EventSenderOptions {
  // file of the outbox, on a volume that outlives the process; "" = memory only
  std::string journal{};
  // beyond either limit the oldest info event is dropped, then the oldest
  size_t max_events = 10000;
  size_t max_bytes = 32u << 20;
};

class EventSender {
 public:
  // Reads the journal: events left there are sent again. A damaged journal is set aside; one that
  // another process holds, or that cannot be written, leaves the outbox in memory, with an error in
  // the log: a process starts without it.
  static base::Result<std::unique_ptr<EventSender>> Open(Bus& bus, EventSenderOptions options);
  virtual ~EventSender() = default;  // what is not acknowledged stays in the journal

  virtual void SetEndpoint(const std::string& endpoint) = 0;  // "" = none

  // Journals and queues the event, never blocks on the network; on return a crash cannot lose it.
  // While connected() is false an event belongs to the HTTP fallback; what that cannot deliver
  // either may be given here and goes out when the channel is back.
  virtual void Send(Event event) = 0;
  // Waits until everything sent so far is acknowledged.
  virtual base::Status Flush(const observe::Context& ctx) = 0;

  virtual bool connected() const = 0;
  virtual size_t depth() const = 0;  // events not acknowledged yet
};

struct EventServerOptions {
  std::string journal{};  // file of the inbox; "" = memory only
  // events not Done; beyond, none is acknowledged and senders keep theirs
  size_t max_pending = 10000;
  size_t remembered_ids = 65536;
};

class EventServer {
 public:
  // Runs on the bus thread once per event id, after the event is in the journal and just before it
  // is acknowledged; must only enqueue. Events of the journal that were not Done when the process
  // ended are handled first, in order.
  using Handler = std::function<void(const Event&)>;

  static base::Result<std::unique_ptr<EventServer>> Bind(Bus& bus, const std::string& endpoint,
                                                         EventServerOptions options,
                                                         Handler handler,
                                                         BoundHandler on_bound = {});
  virtual ~EventServer() = default;

  // The event needs no second handling after a restart.
  virtual void Done(const std::string& id) = 0;
  virtual std::string endpoint()
      const = 0;  // as bound: port 0 resolved; "" while keys are waited for
  virtual size_t pending() const = 0;
};

}  // namespace sluice::bus
