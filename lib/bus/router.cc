#include "router.h"

namespace sluice::bus {
namespace {

constexpr int kBatch = 64;
// Peers come back under a new identity after each reconnect; forgetting all of them costs each one
// Hello.
constexpr size_t kMaxPeers = 4096;
constexpr int kQueue = 4096;

}  // namespace

Router::Router(Loop& loop, Channel channel, int64_t limit, Handler handler)
    : loop_(loop),
      channel_(channel),
      handler_(std::move(handler)),
      socket_(loop.context(), zmq::socket_type::router, limit) {
  socket_.set_queue(kQueue);
}

Router::~Router() { loop_.Remove(socket_); }

base::Status Router::Bind(const std::string& endpoint) {
  SLUICE_TRY(auto keys, loop_.ServerKeys(endpoint));
  socket_.Secure(keys);
  SLUICE_TRY(socket_.Bind(endpoint));
  loop_.Add(socket_, *this);
  return base::OkStatus();
}

SendResult Router::Send(const std::string& peer, std::string_view frame) {
  const SendResult result = socket_.SendTo(peer, frame);
  if (result == SendResult::kSent) loop_.metrics().Sent(channel_, frame.size());
  if (result == SendResult::kGone) peers_.erase(peer);
  return result;
}

void Router::OnMessages(Socket& socket) {
  for (int i = 0; i < kBatch; ++i) {
    const auto message = socket.ReceiveFrom();
    for (; malformed_seen_ < socket.malformed(); ++malformed_seen_)
      loop_.metrics().Rejected(channel_);
    if (!message) return;
    Handle(message->peer, message->frame);
  }
}

void Router::Handle(const std::string& peer, std::string_view frame) {
  loop_.metrics().Received(channel_, frame.size());
  auto message = Decode(frame);
  if (!message.ok()) {
    loop_.metrics().Rejected(channel_);
    loop_.options().log.Debug("bus message dropped", {{"channel", ChannelName(channel_)},
                                                      {"reason", message.status().message()}});
    return;
  }
  if (const auto* hello = std::get_if<HelloMessage>(&*message)) return Greet(peer, *hello);
  if (!peers_.contains(peer)) {
    Send(peer, EncodeWhoAreYou());
    return;
  }
  handler_(peer, std::move(*message));
}

void Router::Greet(const std::string& peer, const HelloMessage& hello) {
  if (hello.major != kProtocolMajor) {
    loop_.options().log.Info("bus peer refused: protocol major not supported",
                             {{"channel", ChannelName(channel_)},
                              {"peerRole", hello.role.substr(0, 32)},
                              {"peerMajor", static_cast<int>(hello.major)},
                              {"ourMajor", static_cast<int>(kProtocolMajor)}});
    Send(peer,
         EncodeRefused("protocol major " + std::to_string(hello.major) + " is not supported"));
    return;
  }
  if (peers_.size() >= kMaxPeers) peers_.clear();
  if (Send(peer, loop_.HelloFrame()) == SendResult::kSent) peers_.insert(peer);
}

}  // namespace sluice::bus
