#include "publisher.h"

namespace sluice::bus {
namespace {

constexpr int kBatch = 256;
// Messages kept for one slow subscriber; what exceeds it is dropped, shows as a gap there and is made good by a snapshot.
constexpr int kQueue = 2000;

}  // namespace

Publisher::Publisher(Loop& loop, Channel channel, int64_t limit, std::function<void(std::string_view)> on_subscribe)
    : loop_(loop),
      channel_(channel),
      on_subscribe_(std::move(on_subscribe)),
      socket_(loop.context(), zmq::socket_type::xpub, limit) {
  socket_.set_queue(kQueue);
  socket_.set_welcome(std::string(kHelloTopic) + loop.HelloFrame());
}

Publisher::~Publisher() { loop_.Remove(socket_); }

base::Status Publisher::Bind(const std::string& endpoint) {
  SLUICE_TRY(auto keys, loop_.ServerKeys(endpoint));
  socket_.Secure(keys);
  SLUICE_TRY(socket_.Bind(endpoint));
  loop_.Add(socket_, *this);
  return base::OkStatus();
}

void Publisher::Publish(std::string_view topic, std::string_view envelope) {
  std::string frame;
  frame.reserve(topic.size() + envelope.size());
  frame.append(topic).append(envelope);
  if (socket_.Send(frame) == SendResult::kSent) loop_.metrics().Sent(channel_, frame.size());
}

// What an XPUB receives: 1 or 0, then the topic subscribed to or not any more.
void Publisher::OnMessages(Socket& socket) {
  for (int i = 0; i < kBatch; ++i) {
    const auto frame = socket.Receive();
    if (!frame) return;
    if (frame->empty()) continue;
    const bool subscribe = (*frame)[0] == 1;
    const auto topic = std::string_view(*frame).substr(1);
    if (topic == kHelloTopic) subscribe ? ++subscribers_ : --subscribers_;
    if (subscribe && on_subscribe_) on_subscribe_(topic);
  }
}

Subscriber::Subscriber(Loop& loop, Channel channel, int64_t limit, Role server, int silence_ms, Owner& owner)
    : loop_(loop),
      channel_(channel),
      server_(server),
      silence_ms_(silence_ms),
      owner_(owner),
      socket_(loop.context(), zmq::socket_type::sub, limit) {
  socket_.set_queue(kQueue);
  socket_.set_reconnect(loop.options().reconnect_ms, loop.options().reconnect_max_ms);
}

Subscriber::~Subscriber() {
  loop_.Cancel(watch_);
  loop_.Remove(socket_);
  if (alive()) loop_.metrics().Connected(channel_, false);
}

base::Status Subscriber::Connect(const std::string& endpoint, const std::string& second,
                                 std::initializer_list<std::string_view> topics) {
  SLUICE_TRY(auto keys, loop_.ClientKeys(endpoint, server_));
  socket_.Secure(keys);
  socket_.Monitor(loop_.UniqueName("sub-"));
  socket_.Subscribe(kHelloTopic);
  for (const auto topic : topics) socket_.Subscribe(topic);
  SLUICE_TRY(socket_.Connect(endpoint, second));
  reopener_.Start();
  endpoint_ = endpoint;
  loop_.Add(socket_, *this);
  return base::OkStatus();
}

void Subscriber::SetAlive(bool alive) {
  if (alive == alive_) return;
  alive_ = alive;
  loop_.metrics().Connected(channel_, alive);
  if (!alive) loop_.Cancel(watch_);
  if (alive && silence_ms_ > 0) Watch();
  owner_.OnAlive(alive);
}

void Subscriber::Watch() {
  const auto quiet = std::chrono::duration_cast<std::chrono::milliseconds>(Loop::Clock::now() - heard_).count();
  if (quiet >= silence_ms_) return SetAlive(false);
  watch_ = loop_.After(static_cast<int>(silence_ms_ - quiet), [this] {
    watch_ = 0;
    Watch();
  });
}

void Subscriber::OnLinkEvents(Socket& socket) {
  while (const auto event = socket.NextLinkEvent()) {
    reopener_.On(*event);
    switch (*event) {
      case LinkEvent::kConnected: auth_logged_ = false; break;
      case LinkEvent::kDisconnected:
        greeted_ = refused_ = false;
        SetAlive(false);
        break;
      case LinkEvent::kAuthFailed:
      case LinkEvent::kProtocolFailed:
        if (auth_logged_) break;
        auth_logged_ = true;
        loop_.options().log.Error(base::Unauthenticated("handshake failed"), "bus connection refused by the server",
                                  {{"channel", ChannelName(channel_)}, {"endpoint", endpoint_}});
        break;
    }
  }
}

void Subscriber::OnMessages(Socket& socket) {
  for (int i = 0; i < kBatch; ++i) {
    const auto frame = socket.Receive();
    if (!frame) return;
    loop_.metrics().Received(channel_, frame->size());
    Handle(*frame);
  }
}

void Subscriber::Handle(std::string_view frame) {
  auto message = DecodePublished(frame);
  if (!message.ok()) return loop_.metrics().Rejected(channel_);
  heard_ = Loop::Clock::now();
  if (const auto* hello = std::get_if<HelloMessage>(&*message)) return Greet(*hello);
  if (refused_ || !greeted_) return;
  if (!alive()) SetAlive(true);  // was silent
  owner_.OnPublished(std::move(*message));
}

void Subscriber::Greet(const HelloMessage& hello) {
  if (hello.major == kProtocolMajor && hello.role == RoleName(server_)) {
    greeted_ = true;
    refused_ = false;
    return SetAlive(true);
  }
  refused_ = true;
  SetAlive(false);
  loop_.options().log.Error(
      base::FailedPrecondition("protocol major " + std::to_string(hello.major) + " of '" + hello.role.substr(0, 32) + "'"),
      "bus peer refused", {{"channel", ChannelName(channel_)}, {"endpoint", endpoint_}});
}

}  // namespace sluice::bus
