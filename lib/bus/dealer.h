// Dealer: the asking end of a DEALER/ROUTER channel: connects, says Hello at each connection, and
// tells its owner when the server has answered it (ready) and when the connection is gone. Bus
// thread only, but for ready().
#pragma once

#include <atomic>
#include <string>

#include "client_socket.h"
#include "envelope.h"

namespace sluice::bus {

class Dealer final : public ClientSocket::Owner {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    // what waits for an answer must be asked (again) now
    virtual void OnReady(const HelloMessage& hello) = 0;
    virtual void OnLost() = 0;  // only after OnReady
    virtual void OnMessage(Message message) = 0;
  };

  Dealer(Loop& loop, Channel channel, int64_t limit, Role server, Owner& owner);
  ~Dealer() override;
  base::Status Connect(const std::string& endpoint, const std::string& second = "") {
    return socket_.Connect(endpoint, second);
  }
  const std::string& endpoint() const { return socket_.endpoint(); }
  bool ready() const { return ready_.load(std::memory_order_acquire); }

  bool Send(std::string_view frame) { return socket_.Send(frame); }  // false: not now
  void OnConnected() override;
  void OnDisconnected() override { Lose(); }
  void OnFrame(std::string_view frame) override;

 private:
  void SayHello();
  void Lose();
  void Answered(const HelloMessage& hello);
  void Refuse(const std::string& why);

  Loop& loop_;
  const Channel channel_;
  const Role server_;
  Owner& owner_;
  ClientSocket socket_;
  std::atomic<bool> ready_ = false;
  bool connected_ = false, refused_ = false;
  Loop::TimerId hello_timer_ = 0;
};

}  // namespace sluice::bus
