// The pokes channel: notify tells the other processes that an object was asked to reconcile. Best
// effort: the truth is the object's reconcile.fluxcd.io/requestedAt annotation, which is written
// too. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "bus/bus.h"

namespace sluice::bus {

struct ReconcileRequest {
  std::string api_version, kind, ns, name;
  // the annotation's value: skip when status.lastHandledReconcileAt has it already
  std::string requested_at;
  friend bool operator==(const ReconcileRequest&, const ReconcileRequest&) = default;
};

class PokePublisher {
 public:
  static std::unique_ptr<PokePublisher> Create(Bus& bus);
  virtual ~PokePublisher() = default;
  // `endpoint` is what the events channel has bound: pokes go out at the second endpoint of it.
  // Until then they are dropped.
  virtual base::Status Bind(const std::string& endpoint) = 0;
  virtual void Publish(ReconcileRequest request) = 0;  // never waits
};

class PokeSubscriber {
 public:
  // on the bus thread; must only enqueue
  using Handler = std::function<void(const ReconcileRequest&)>;
  // `kinds`: whose pokes to hear; empty = all.
  static std::unique_ptr<PokeSubscriber> Create(Bus& bus, std::vector<std::string> kinds,
                                                Handler handler);
  virtual ~PokeSubscriber() = default;                        // no handler call after it
  virtual void SetEndpoint(const std::string& endpoint) = 0;  // notify's --bus-bind (the second
                                                              // endpoint is derived); "" = none
  virtual bool connected() const = 0;
};

}  // namespace sluice::bus
