// ClientSocket: the connecting end of a channel: opens its socket with the server's key, connects
// it again where libzmq gives up, and hands its owner connections and frames. Bus thread only.
#pragma once

#include <string>

#include "loop.h"
#include "reopener.h"

namespace sluice::bus {

class ClientSocket final : public Pollee {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void OnConnected() = 0;
    virtual void OnDisconnected() = 0;
    virtual void OnFrame(std::string_view frame) = 0;
  };

  ClientSocket(Loop& loop, Channel channel, zmq::socket_type type, int64_t limit, Role server,
               Owner& owner);
  ~ClientSocket() override;
  void Subscribe(std::string_view prefix) { socket_.Subscribe(prefix); }
  base::Status Connect(const std::string& endpoint, const std::string& second);  // see Socket
  const std::string& endpoint() const { return endpoint_; }

  bool Send(std::string_view frame);  // false: not now
  // The peer is not one to talk to: says so in the log.
  void LogRefused(const std::string& why) const;
  void OnMessages(Socket& socket) override;
  void OnLinkEvents(Socket& socket) override;

 private:
  Loop& loop_;
  const Channel channel_;
  const Role server_;
  Owner& owner_;
  Socket socket_;
  Reopener reopener_{loop_, socket_};
  std::string endpoint_;
  bool auth_logged_ = false;
};

}  // namespace sluice::bus
