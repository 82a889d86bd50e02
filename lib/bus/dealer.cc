#include "dealer.h"

namespace sluice::bus {
namespace {

constexpr int kHelloRetryMs = 10;  // the connection is reported a moment before it takes messages

}  // namespace

Dealer::Dealer(Loop& loop, Channel channel, int64_t limit, Role server, Owner& owner)
    : loop_(loop),
      channel_(channel),
      server_(server),
      owner_(owner),
      socket_(loop, channel, zmq::socket_type::dealer, limit, server, *this) {}

Dealer::~Dealer() {
  loop_.Cancel(hello_timer_);
  if (ready()) loop_.metrics().Connected(channel_, false);
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

void Dealer::OnConnected() {
  Lose();
  connected_ = true;
  SayHello();
}

void Dealer::OnFrame(std::string_view frame) {
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
  if (hello.major != kProtocolMajor)
    return Refuse("protocol major " + std::to_string(hello.major) + " is not supported");
  if (hello.role != RoleName(server_))
    return Refuse("the server is '" + hello.role.substr(0, 32) + "'");
  loop_.Cancel(hello_timer_);
  if (ready()) return;
  ready_ = true;
  loop_.metrics().Connected(channel_, true);
  loop_.options().log.Debug("bus connected",
                            {{"channel", ChannelName(channel_)}, {"endpoint", endpoint()}});
  owner_.OnReady(hello);
}

// Until the next connection: the server may be another one then.
void Dealer::Refuse(const std::string& why) {
  socket_.LogRefused(why);
  const bool connected = connected_;
  Lose();
  connected_ = connected;
  refused_ = true;
}

}  // namespace sluice::bus
