#include "dealer.h"

namespace sluice::bus {
namespace {

constexpr int kBatch = 64;
constexpr int kQueue = 4096;
constexpr int kHelloRetryMs = 10;  // the connection is reported a moment before it takes messages

}  // namespace

Dealer::Dealer(Loop& loop, Channel channel, int64_t limit, Role server, Owner& owner)
    : loop_(loop),
      channel_(channel),
      server_(server),
      owner_(owner),
      socket_(loop.context(), zmq::socket_type::dealer, limit) {
  socket_.set_queue(kQueue);
  socket_.set_reconnect(loop.options().reconnect_ms, loop.options().reconnect_max_ms);
}

Dealer::~Dealer() {
  loop_.Cancel(hello_timer_);
  loop_.Remove(socket_);
  if (ready()) loop_.metrics().Connected(channel_, false);
}

base::Status Dealer::Connect(const std::string& endpoint, const std::string& second) {
  SLUICE_TRY(auto keys, loop_.ClientKeys(endpoint, server_));
  socket_.Secure(keys);
  socket_.Monitor(loop_.UniqueName("dealer-"));
  SLUICE_TRY(socket_.Connect(endpoint, second));
  reopener_.Start();
  endpoint_ = endpoint;
  loop_.Add(socket_, *this);
  return base::OkStatus();
}

bool Dealer::Send(std::string_view frame) {
  if (socket_.Send(frame) != SendResult::kSent) return false;
  loop_.metrics().Sent(channel_, frame.size());
  return true;
}

void Dealer::SayHello() {
  loop_.Cancel(hello_timer_);
  if (!connected_ || refused_) return;
  const bool sent = Send(loop_.HelloFrame());
  hello_timer_ = loop_.After(sent ? loop_.options().resend_ms : kHelloRetryMs, [this] {
    hello_timer_ = 0;
    if (!ready()) SayHello();
  });
}

void Dealer::Lose() {
  loop_.Cancel(hello_timer_);
  connected_ = refused_ = false;
  if (!ready()) return;
  ready_ = false;
  loop_.metrics().Connected(channel_, false);
  owner_.OnLost();
}

void Dealer::OnLinkEvents(Socket& socket) {
  while (const auto event = socket.NextLinkEvent()) {
    reopener_.On(*event);
    switch (*event) {
      case LinkEvent::kConnected:
        Lose();
        connected_ = true;
        auth_logged_ = false;
        SayHello();
        break;
      case LinkEvent::kDisconnected: Lose(); break;
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

void Dealer::OnMessages(Socket& socket) {
  for (int i = 0; i < kBatch; ++i) {
    const auto frame = socket.Receive();
    if (!frame) return;
    loop_.metrics().Received(channel_, frame->size());
    Handle(*frame);
  }
}

void Dealer::Handle(std::string_view frame) {
  auto message = Decode(frame);
  if (!message.ok()) return loop_.metrics().Rejected(channel_);
  if (const auto* hello = std::get_if<HelloMessage>(&*message)) return Answered(*hello);
  if (const auto* refused = std::get_if<RefusedMessage>(&*message)) return Refuse(refused->reason);
  if (std::holds_alternative<WhoAreYouMessage>(*message)) {
    // The server forgot us: start over on the same connection.
    const bool connected = connected_;
    Lose();
    connected_ = connected;
    return SayHello();
  }
  if (ready()) owner_.OnMessage(std::move(*message));
}

void Dealer::Answered(const HelloMessage& hello) {
  if (hello.major != kProtocolMajor) return Refuse("protocol major " + std::to_string(hello.major) + " is not supported");
  if (hello.role != RoleName(server_)) return Refuse("the server is '" + hello.role.substr(0, 32) + "'");
  loop_.Cancel(hello_timer_);
  if (ready()) return;
  ready_ = true;
  loop_.metrics().Connected(channel_, true);
  loop_.options().log.Debug("bus connected", {{"channel", ChannelName(channel_)}, {"endpoint", endpoint_}});
  owner_.OnReady(hello);
}

// Until the next connection: the server may be another one then.
void Dealer::Refuse(const std::string& why) {
  loop_.options().log.Error(base::FailedPrecondition(why), "bus peer refused",
                            {{"channel", ChannelName(channel_)}, {"endpoint", endpoint_}});
  const bool connected = connected_;
  Lose();
  connected_ = connected;
  refused_ = true;
}

}  // namespace sluice::bus
