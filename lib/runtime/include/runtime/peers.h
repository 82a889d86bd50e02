// PeerEndpoints: the bus endpoints of the other processes, read from the annotation
// api::kBusEndpointAnnotation of their Leases by a watch. What an unset --bus-source or
// --bus-notify falls back to. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "kube/client.h"
#include "observe/log.h"

namespace sluice::runtime {

class PeerEndpoints {
 public:
  virtual ~PeerEndpoints() = default;
};

// Watches the Lease `name` in `ns`; `on_change(endpoint)` runs on the kube I/O thread whenever the
// endpoint becomes known, changes or goes ("").
std::unique_ptr<PeerEndpoints> WatchPeerEndpoint(
    kube::Client& client, const std::string& ns, const std::string& name,
    std::function<void(const std::string& endpoint)> on_change, observe::Logger log);

}  // namespace sluice::runtime
