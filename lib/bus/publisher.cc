#include "publisher.h"

namespace sluice::bus {
namespace {

constexpr int kBatch = 256;
// Messages kept for one slow subscriber; what exceeds it is dropped, shows as a gap there and is
// made good by a snapshot.
constexpr int kQueue = 2000;

}  // namespace

Publisher::Publisher(Loop& loop, Channel channel, int64_t limit,
                     std::function<void(std::string_view)> on_subscribe)
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

Subscriber::Subscriber(Loop& loop, Channel channel, int64_t limit, Role server, int silence_ms,
                       Owner& owner)
    : loop_(loop),
      channel_(channel),
      server_(server),
      silence_ms_(silence_ms),
      owner_(owner),
      socket_(loop, channel, zmq::socket_type::sub, limit, server, *this) {}

Subscriber::~Subscriber() {
  loop_.Cancel(watch_);
  if (alive()) loop_.metrics().Connected(channel_, false);
}

base::Status Subscriber::Connect(const std::string& endpoint, const std::string& second,
                                 std::initializer_list<std::string_view> topics) {
  socket_.Subscribe(kHelloTopic);
  for (const auto topic : topics) socket_.Subscribe(topic);
  return socket_.Connect(endpoint, second);
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
  const auto quiet =
      std::chrono::duration_cast<std::chrono::milliseconds>(Loop::Clock::now() - heard_).count();
  if (quiet >= silence_ms_) return SetAlive(false);
  watch_ = loop_.After(static_cast<int>(silence_ms_ - quiet), [this] {
    watch_ = 0;
    Watch();
  });
}

void Subscriber::OnDisconnected() {
  greeted_ = refused_ = false;
  SetAlive(false);
}

void Subscriber::OnFrame(std::string_view frame) {
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
  socket_.LogRefused("protocol major " + std::to_string(hello.major) + " of '" +
                     hello.role.substr(0, 32) + "'");
}

}  // namespace sluice::bus
