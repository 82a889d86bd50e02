// Bus: the process's ZeroMQ context and the one thread that owns every socket of it. Channels
// (source.h, events.h, pokes.h) are made on a Bus, talk to its thread through a bounded mailbox,
// and must be destroyed before it. The bus knows nothing of Kubernetes. docs/bus.md describes the
// wire. Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "observe/log.h"
#include "observe/metrics.h"

namespace sluice::bus {

enum class Role : uint8_t { kSource, kKustomize, kHelm, kNotify };
std::string_view RoleName(Role role);  // "source", "kustomize", "helm", "notify"

inline constexpr uint32_t kProtocolMajor = 1;
inline constexpr uint32_t kProtocolMinor = 0;

struct BusOptions {
  Role role = Role::kSource;
  // --bus-keys: <role>.key, <role>.pub; "" = none. Keys that are not there yet (a Secret still to
  // be mounted) hold up tcp endpoints only: they are bound and connected when the files appear.
  std::string keys_dir;
  bool insecure = false;  // --bus-insecure: tcp without CURVE is allowed
  observe::Logger log;
  observe::Registry* registry = nullptr;  // null: no metrics. Outlives the Bus
  // Threads of libzmq; one carries gigabytes a second.
  int io_threads = 1;
  // For tests: how fast things repeat.
  int heartbeat_ms = 1000;  // between two heartbeats of a publisher that has subscribers
  int silence_ms = 5000;    // without one, a subscriber takes the channel for disconnected
  int resend_ms = 10000;    // an event or snapshot request without its answer is sent again
  int reconnect_ms = 100;   // first delay, doubled up to reconnect_max_ms
  int reconnect_max_ms = 1000;
  int keys_retry_ms = 10000;  // while a key is not there yet, tcp endpoints are tried again
};

// Told of the endpoint a server has bound (port 0 resolved), on the bus thread: within Bind, or
// later where keys are waited for.
using BoundHandler = std::function<void(const std::string& endpoint)>;

class Bus {
 public:
  // Checks our own key, if it is there; starts the thread.
  static base::Result<std::unique_ptr<Bus>> Start(BusOptions options);
  virtual ~Bus();  // REQUIRES: no channel of it is left

  virtual const BusOptions& options() const = 0;

 protected:
  Bus() = default;
};

// An endpoint as flags have it: "tcp://host:port", "tcp://*:port" (to bind; port 0 = a free one),
// "ipc:///path". kInvalidArgument for any other transport, a missing or wrong port, a path too long
// for a socket.
base::Status CheckEndpoint(std::string_view endpoint);
// "a,b": checked, in order. "" and "off" give none.
base::Result<std::vector<std::string>> ParseEndpoints(std::string_view list);
// Where a socket really goes: an ipc endpoint that names an existing directory means the socket
// "bus" in it (a volume two processes share), anything else itself.
std::string SocketEndpoint(std::string_view endpoint);
// The second channel's: the next tcp port, or ENDPOINT + "." + name for ipc ("artifacts", "pokes").
std::string SecondEndpoint(std::string_view endpoint, std::string_view name);
// `endpoint` with its host replaced ("tcp://*:9300", "10.0.0.7" → "tcp://10.0.0.7:9300"): what a
// process advertises. ipc unchanged.
std::string AdvertisedEndpoint(std::string_view endpoint, std::string_view host);

}  // namespace sluice::bus
