// The bus's own metrics; without a registry they count into nothing. References stay valid as long
// as the struct. Thread-safe.
#pragma once

#include <chrono>
#include <string_view>

#include "observe/metrics.h"

namespace sluice::bus {

enum class Channel : uint8_t { kRevisions, kArtifacts, kEvents, kPokes };
inline constexpr size_t kChannels = 4;
std::string_view ChannelName(Channel channel);

class Metrics {
 public:
  explicit Metrics(observe::Registry* registry);

  void Sent(Channel channel, size_t bytes);
  void Received(Channel channel, size_t bytes);
  void Rejected(Channel channel);  // a frame that is none of the protocol's
  void Handled(Channel channel, std::chrono::microseconds since_published);
  void Connected(Channel channel, bool up);  // counts links
  void Gap();
  void Resync();
  void Fetched(std::chrono::nanoseconds took);
  void OutboxDepth(size_t events);
  void OutboxDropped(bool info);

 private:
  struct PerChannel {
    observe::Counter* sent = nullptr;
    observe::Counter* sent_bytes = nullptr;
    observe::Counter* received = nullptr;
    observe::Counter* received_bytes = nullptr;
    observe::Counter* rejected = nullptr;
    observe::Histogram* latency = nullptr;
    observe::Gauge* connected = nullptr;
  };
  PerChannel& Of(Channel channel) { return channels_[static_cast<size_t>(channel)]; }

  PerChannel channels_[kChannels];
  observe::Counter* gaps_ = nullptr;
  observe::Counter* resyncs_ = nullptr;
  observe::Histogram* fetch_ = nullptr;
  observe::Gauge* outbox_ = nullptr;
  observe::Counter* dropped_info_ = nullptr;
  observe::Counter* dropped_error_ = nullptr;
};

}  // namespace sluice::bus
