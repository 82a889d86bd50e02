#include "client_socket.h"

namespace sluice::bus {
namespace {

constexpr int kBatch = 64;
constexpr int kQueue = 4096;

}  // namespace

ClientSocket::ClientSocket(Loop& loop, Channel channel, zmq::socket_type type, int64_t limit,
                           Role server, Owner& owner)
    : loop_(loop),
      channel_(channel),
      server_(server),
      owner_(owner),
      socket_(loop.context(), type, limit) {
  socket_.set_queue(kQueue);
  socket_.set_reconnect(loop.options().reconnect_ms, loop.options().reconnect_max_ms);
}

ClientSocket::~ClientSocket() { loop_.Remove(socket_); }

base::Status ClientSocket::Connect(const std::string& endpoint, const std::string& second) {
  SLUICE_TRY(auto keys, loop_.ClientKeys(endpoint, server_));
  socket_.Secure(keys);
  socket_.Monitor(loop_.UniqueName("client-"));
  SLUICE_TRY(socket_.Connect(endpoint, second));
  reopener_.Start();
  endpoint_ = endpoint;
  loop_.Add(socket_, *this);
  return base::OkStatus();
}

bool ClientSocket::Send(std::string_view frame) {
  if (socket_.Send(frame) != SendResult::kSent) return false;
  loop_.metrics().Sent(channel_, frame.size());
  return true;
}

void ClientSocket::LogRefused(const std::string& why) const {
  loop_.options().log.Error(base::FailedPrecondition(why), "bus peer refused",
                            {{"channel", ChannelName(channel_)}, {"endpoint", endpoint_}});
}

void ClientSocket::OnLinkEvents(Socket& socket) {
  while (const auto event = socket.NextLinkEvent()) {
    reopener_.On(*event);
    switch (*event) {
      case LinkEvent::kConnected:
        auth_logged_ = false;
        owner_.OnConnected();
        break;
      case LinkEvent::kDisconnected:
        owner_.OnDisconnected();
        break;
      case LinkEvent::kAuthFailed:
      case LinkEvent::kProtocolFailed:
        if (auth_logged_) break;
        auth_logged_ = true;
        loop_.options().log.Error(base::Unauthenticated("handshake failed"),
                                  "bus connection refused by the server",
                                  {{"channel", ChannelName(channel_)}, {"endpoint", endpoint_}});
        break;
    }
  }
}

void ClientSocket::OnMessages(Socket& socket) {
  for (int i = 0; i < kBatch; ++i) {
    const auto frame = socket.Receive();
    if (!frame) return;
    loop_.metrics().Received(channel_, frame->size());
    owner_.OnFrame(*frame);
  }
}

}  // namespace sluice::bus
