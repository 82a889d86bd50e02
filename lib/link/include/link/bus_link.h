// BusLink: ties a process to its peers: opens the Bus as the common flags say, sends the recorder's
// events over it, and keeps every channel pointed at where its peer is: the flag's endpoint, or,
// where the flag is unset, what the peer's Lease advertises. "off" leaves a channel off. Made in
// main after the Manager, before Run; destroyed before the Manager. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/event.h"
#include "base/status.h"
#include "bus/bus.h"
#include "bus/events.h"
#include "runtime/manager.h"

namespace sluice::link {

class BusLink {
 public:
  // Fails on keys that cannot be used and on malformed endpoints. Where --bus-keys is an empty
  // folder, tcp waits for the keys, and the source makes the Secret they are mounted from.
  static base::Result<std::unique_ptr<BusLink>> Open(runtime::Manager& manager, bus::Role role);
  virtual ~BusLink() = default;

  virtual bus::Bus& bus() = 0;

  // What to bind: --bus-bind, or a free tcp port on every address where it is unset and keys are
  // there; "" = nothing (off, or unset without keys: plain tcp is never opened by default).
  virtual std::string BindEndpoint() const = 0;
  // Writes what was bound into our Lease, with an address others reach, so that peers find it.
  virtual void Advertise(const std::string& bound_endpoint) = 0;

  // `set` is told of the peer's endpoints now and at every change; it may run on the kube I/O
  // thread. Never called for "off".
  virtual void FollowSource(std::function<void(std::vector<std::string>)> set) = 0;
  virtual void FollowNotify(std::function<void(const std::string&)> set) = 0;

  // Opens the outbox of events ("<temp dir>/<controller>.events", journalled) towards notify and
  // makes it the recorder's first way out. What HTTP could not deliver while the bus was away may
  // be given to it, too. Not for the notify process itself.
  virtual base::Status SendEvents() = 0;
};

// The same event in the bus's words and back.
bus::Event ToBus(const api::Event& event);
api::Event FromBus(const bus::Event& event);

}  // namespace sluice::link
