// Socket: one ZeroMQ socket with its monitor, in values instead of exceptions. Owned and used by
// the bus thread alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <zmq.hpp>

#include "base/status.h"

namespace sluice::bus {

// How a socket is secured; empty keys = not at all.
struct CurveServer {
  std::string secret_key;  // Z85
};
struct CurveClient {
  std::string server_key, public_key, secret_key;  // Z85
};

enum class SendResult : uint8_t {
  kSent,
  kFull,  // no peer, or its queue is full
  kGone,  // a ROUTER does not know the peer any more
};

enum class LinkEvent : uint8_t { kConnected, kDisconnected, kAuthFailed, kProtocolFailed };

class Socket {
 public:
  // `limit`: bytes of the largest frame to accept; a larger one closes its connection.
  Socket(zmq::context_t& context, zmq::socket_type type, int64_t limit);
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket();

  void set_queue(int messages);  // both directions, per peer
  void set_reconnect(int first_ms, int max_ms);
  void set_welcome(std::string_view frame);  // XPUB
  void Secure(const CurveServer& keys);
  void Secure(const CurveClient& keys);

  base::Status Bind(const std::string& endpoint);
  // To the endpoint itself, or to the second one of it by that name.
  base::Status Connect(const std::string& endpoint, const std::string& second = "");
  // drops the connection, if any, and makes a new one. REQUIRES: Connect was called
  void Reconnect();
  // The endpoint leads elsewhere than at the last connection: its directory was made since.
  bool Moved() const { return Target() != connected_to_; }
  std::string BoundEndpoint() const;
  void Subscribe(std::string_view prefix);
  // Events of the connection, from now on; `name` is unique in the context.
  void Monitor(const std::string& name);

  SendResult Send(std::string_view frame);
  SendResult SendTo(std::string_view peer, std::string_view frame);
  // The next message; nullopt: none waits. A message of another number of frames is dropped and
  // counted in malformed().
  std::optional<std::string> Receive();
  struct FromPeer {
    std::string peer, frame;
  };
  std::optional<FromPeer> ReceiveFrom();
  std::optional<LinkEvent> NextLinkEvent();

  zmq::socket_t& raw() { return socket_; }
  zmq::socket_t& monitor() { return monitor_; }
  bool monitored() const { return static_cast<bool>(monitor_); }
  uint64_t malformed() const { return malformed_; }

 private:
  void TuneTcp();
  std::string Target() const;
  void DropRest(zmq::message_t& part);

  zmq::context_t& context_;
  zmq::socket_t socket_;
  zmq::socket_t monitor_;
  std::string endpoint_, second_, connected_to_;
  uint64_t malformed_ = 0;
};

// Is the endpoint's transport one that needs CURVE?
bool NeedsKeys(std::string_view endpoint);

}  // namespace sluice::bus
