#include "metrics.h"

namespace sluice::bus {
namespace {

void Add(observe::Counter* counter, double n = 1) {
  if (counter != nullptr) counter->Add(n);
}

}  // namespace

std::string_view ChannelName(Channel channel) {
  switch (channel) {
    case Channel::kRevisions:
      return "revisions";
    case Channel::kArtifacts:
      return "artifacts";
    case Channel::kEvents:
      return "events";
    case Channel::kPokes:
      return "pokes";
  }
  return "";
}

Metrics::Metrics(observe::Registry* registry) {
  if (registry == nullptr) return;
  const std::vector<double> seconds = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
                                       0.01,   0.05,    0.25,   1,     5,      30};
  auto& messages = registry->NewCounter("sluice_bus_messages_total", "Messages of a bus channel.");
  auto& bytes =
      registry->NewCounter("sluice_bus_bytes_total", "Bytes of the messages of a bus channel.");
  auto& rejected =
      registry->NewCounter("sluice_bus_rejected_total", "Frames that are not of the protocol.");
  auto& latency =
      registry->NewHistogram("sluice_bus_publish_to_handle_seconds",
                             "From a message's publication to the call of its handler.", seconds);
  auto& connected =
      registry->NewGauge("sluice_bus_connected_links", "Links of a channel that are connected.");
  for (size_t i = 0; i < kChannels; ++i) {
    const std::string name(ChannelName(static_cast<Channel>(i)));
    const observe::Labels in = {{"channel", name}, {"direction", "received"}};
    const observe::Labels out = {{"channel", name}, {"direction", "sent"}};
    const observe::Labels one = {{"channel", name}};
    channels_[i] = {&messages.With(out), &bytes.With(out),   &messages.With(in),  &bytes.With(in),
                    &rejected.With(one), &latency.With(one), &connected.With(one)};
  }
  gaps_ = &registry->NewCounter("sluice_bus_gaps_total", "Gaps seen in a publisher's sequence.")
               .With({});
  resyncs_ = &registry->NewCounter("sluice_bus_resyncs_total", "Snapshots asked for.").With({});
  fetch_ = &registry
                ->NewHistogram("sluice_bus_fetch_seconds",
                               "Time to fetch an artifact over the bus.", seconds)
                .With({});
  outbox_ =
      &registry->NewGauge("sluice_bus_outbox_events", "Events not acknowledged yet.").With({});
  auto& dropped = registry->NewCounter("sluice_bus_outbox_dropped_total",
                                       "Events dropped because the outbox was full.");
  dropped_info_ = &dropped.With({{"severity", "info"}});
  dropped_error_ = &dropped.With({{"severity", "error"}});
}

void Metrics::Sent(Channel channel, size_t bytes) {
  Add(Of(channel).sent);
  Add(Of(channel).sent_bytes, static_cast<double>(bytes));
}

void Metrics::Received(Channel channel, size_t bytes) {
  Add(Of(channel).received);
  Add(Of(channel).received_bytes, static_cast<double>(bytes));
}

void Metrics::Rejected(Channel channel) { Add(Of(channel).rejected); }

void Metrics::Handled(Channel channel, std::chrono::microseconds since_published) {
  if (Of(channel).latency == nullptr) return;
  Of(channel).latency->Observe(
      std::max(0.0, std::chrono::duration<double>(since_published).count()));
}

void Metrics::Connected(Channel channel, bool up) {
  if (Of(channel).connected != nullptr) Of(channel).connected->Add(up ? 1 : -1);
}

void Metrics::Gap() { Add(gaps_); }
void Metrics::Resync() { Add(resyncs_); }

void Metrics::Fetched(std::chrono::nanoseconds took) {
  if (fetch_ != nullptr) fetch_->Observe(std::chrono::duration<double>(took).count());
}

void Metrics::OutboxDepth(size_t events) {
  if (outbox_ != nullptr) outbox_->Set(static_cast<double>(events));
}

void Metrics::OutboxDropped(bool info) { Add(info ? dropped_info_ : dropped_error_); }

}  // namespace sluice::bus
