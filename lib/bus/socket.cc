#include "socket.h"

#include <cerrno>
#include <cstring>

#include "bus/bus.h"

namespace sluice::bus {
namespace {

constexpr char kZapDomain[] = "sluice";

base::Status ErrorOf(const zmq::error_t& error, const std::string& what) {
  const std::string message = what + ": " + error.what();
  switch (error.num()) {
    case EADDRINUSE:
      return base::AlreadyExists(message);
    case EACCES:
      return base::PermissionDenied(message);
    case EINVAL:
    case ENODEV:
    case EPROTONOSUPPORT:
    case ENAMETOOLONG:
      return base::InvalidArgument(message);
    default:
      return base::Unavailable(message);
  }
}

std::string TextOf(const zmq::message_t& part) {
  return {static_cast<const char*>(part.data()), part.size()};
}

}  // namespace

bool NeedsKeys(std::string_view endpoint) { return endpoint.starts_with("tcp://"); }

Socket::Socket(zmq::context_t& context, zmq::socket_type type, int64_t limit)
    : context_(context), socket_(context, type) {
  socket_.set(zmq::sockopt::linger, 0);
  socket_.set(zmq::sockopt::maxmsgsize, limit);
  socket_.set(zmq::sockopt::ipv6, true);
  TuneTcp();
  if (type == zmq::socket_type::router) socket_.set(zmq::sockopt::router_mandatory, true);
  // A connection starts empty: what an old one did not carry away is repeated on purpose, or not at
  // all.
  if (type == zmq::socket_type::dealer) socket_.set(zmq::sockopt::immediate, true);
  if (type == zmq::socket_type::xpub) socket_.set(zmq::sockopt::xpub_verboser, true);
}

Socket::~Socket() {
  if (!monitor_) return;
  zmq_socket_monitor(socket_.handle(), nullptr, 0);
  monitor_.close();
}

// The kernel finds dead peers, which wakes no one while they live.
void Socket::TuneTcp() {
  socket_.set(zmq::sockopt::tcp_keepalive, 1);
  socket_.set(zmq::sockopt::tcp_keepalive_idle, 15);
  socket_.set(zmq::sockopt::tcp_keepalive_intvl, 5);
  socket_.set(zmq::sockopt::tcp_keepalive_cnt, 3);
  socket_.set(zmq::sockopt::tcp_maxrt, 20000);
}

void Socket::set_queue(int messages) {
  socket_.set(zmq::sockopt::sndhwm, messages);
  socket_.set(zmq::sockopt::rcvhwm, messages);
}

void Socket::set_reconnect(int first_ms, int max_ms) {
  socket_.set(zmq::sockopt::reconnect_ivl, first_ms);
  socket_.set(zmq::sockopt::reconnect_ivl_max, max_ms);
}

void Socket::set_welcome(std::string_view frame) {
  zmq_setsockopt(socket_.handle(), ZMQ_XPUB_WELCOME_MSG, frame.data(), frame.size());
}

void Socket::Secure(const CurveServer& keys) {
  if (keys.secret_key.empty()) return;
  socket_.set(zmq::sockopt::curve_server, true);
  socket_.set(zmq::sockopt::curve_secretkey, keys.secret_key);
  // The loop binds its ZAP handler before any socket: with a domain set, libzmq then asks it about
  // every key.
  socket_.set(zmq::sockopt::zap_domain, kZapDomain);
}

void Socket::Secure(const CurveClient& keys) {
  if (keys.server_key.empty()) return;
  socket_.set(zmq::sockopt::curve_serverkey, keys.server_key);
  socket_.set(zmq::sockopt::curve_publickey, keys.public_key);
  socket_.set(zmq::sockopt::curve_secretkey, keys.secret_key);
}

base::Status Socket::Bind(const std::string& endpoint) try {
  socket_.bind(SocketEndpoint(endpoint));
  return base::OkStatus();
} catch (const zmq::error_t& error) {
  return ErrorOf(error, "bind " + endpoint);
}

std::string Socket::Target() const {
  return second_.empty() ? SocketEndpoint(endpoint_) : SecondEndpoint(endpoint_, second_);
}

base::Status Socket::Connect(const std::string& endpoint, const std::string& second) try {
  endpoint_ = endpoint;
  second_ = second;
  connected_to_ = Target();
  socket_.connect(connected_to_);
  return base::OkStatus();
} catch (const zmq::error_t& error) {
  return ErrorOf(error, "connect " + endpoint);
}

void Socket::Reconnect() {
  // fails when libzmq has ended it already
  zmq_disconnect(socket_.handle(), connected_to_.c_str());
  connected_to_ = Target();
  zmq_connect(socket_.handle(), connected_to_.c_str());
}

std::string Socket::BoundEndpoint() const { return socket_.get(zmq::sockopt::last_endpoint); }

void Socket::Subscribe(std::string_view prefix) {
  zmq_setsockopt(socket_.handle(), ZMQ_SUBSCRIBE, prefix.data(), prefix.size());
}

void Socket::Monitor(const std::string& name) {
  const std::string address = "inproc://monitor-" + name;
  constexpr int kEvents = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED |
                          ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                          ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL;
  if (zmq_socket_monitor(socket_.handle(), address.c_str(), kEvents) != 0) return;
  monitor_ = zmq::socket_t(context_, zmq::socket_type::pair);
  monitor_.set(zmq::sockopt::linger, 0);
  monitor_.connect(address);
}

SendResult Socket::Send(std::string_view frame) try {
  return socket_.send(zmq::buffer(frame), zmq::send_flags::dontwait) ? SendResult::kSent
                                                                     : SendResult::kFull;
} catch (const zmq::error_t&) {
  return SendResult::kFull;
}

SendResult Socket::SendTo(std::string_view peer, std::string_view frame) try {
  if (!socket_.send(zmq::buffer(peer), zmq::send_flags::sndmore | zmq::send_flags::dontwait))
    return SendResult::kFull;
  return socket_.send(zmq::buffer(frame), zmq::send_flags::dontwait) ? SendResult::kSent
                                                                     : SendResult::kFull;
} catch (const zmq::error_t&) {
  return SendResult::kGone;  // EHOSTUNREACH
}

void Socket::DropRest(zmq::message_t& part) {
  ++malformed_;
  while (part.more() && socket_.recv(part, zmq::recv_flags::dontwait)) {
  }
}

std::optional<std::string> Socket::Receive() try {
  zmq::message_t part;
  while (socket_.recv(part, zmq::recv_flags::dontwait)) {
    if (!part.more()) return TextOf(part);
    DropRest(part);
  }
  return std::nullopt;
} catch (const zmq::error_t&) {
  return std::nullopt;
}

std::optional<Socket::FromPeer> Socket::ReceiveFrom() try {
  zmq::message_t part;
  while (socket_.recv(part, zmq::recv_flags::dontwait)) {
    FromPeer out{TextOf(part), ""};
    if (part.more() && socket_.recv(part, zmq::recv_flags::dontwait) && !part.more()) {
      out.frame = TextOf(part);
      return out;
    }
    DropRest(part);
  }
  return std::nullopt;
} catch (const zmq::error_t&) {
  return std::nullopt;
}

std::optional<LinkEvent> Socket::NextLinkEvent() try {
  zmq::message_t part;
  while (monitor_.recv(part, zmq::recv_flags::dontwait)) {
    uint16_t event = 0;
    if (part.size() >= sizeof event) std::memcpy(&event, part.data(), sizeof event);
    while (part.more() && monitor_.recv(part, zmq::recv_flags::dontwait)) {
    }
    switch (event) {
      case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
        return LinkEvent::kConnected;
      case ZMQ_EVENT_DISCONNECTED:
        return LinkEvent::kDisconnected;
      case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
        return LinkEvent::kAuthFailed;
      case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
      case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
        return LinkEvent::kProtocolFailed;
      default:
        break;
    }
  }
  return std::nullopt;
} catch (const zmq::error_t&) {
  return std::nullopt;
}

}  // namespace sluice::bus
