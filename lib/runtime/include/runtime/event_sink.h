// EventSink: a way for events to reach the notify process. Thread-safe.
#pragma once

#include "api/event.h"
#include "base/status.h"
#include "observe/context.h"

namespace sluice::runtime {

class EventSink {
 public:
  virtual ~EventSink() = default;
  // Takes the event over and returns at once: never blocks on the network.
  virtual void Send(const api::Event& event) = 0;
  // Whether events given now can leave; a sink that is not connected may still keep them (an
  // outbox).
  virtual bool connected() const = 0;
  // Waits, within the context, until what was sent so far is delivered or given up.
  virtual base::Status Flush(const observe::Context& ctx) = 0;
};

}  // namespace sluice::runtime
