// Dealer: the asking end of a DEALER/ROUTER channel: connects, says Hello at each connection, and tells its owner when the server
// has answered it (ready) and when the connection is gone. Bus thread only, but for ready().
#pragma once

#include <atomic>
#include <string>

#include "envelope.h"
#include "loop.h"
#include "reopener.h"

namespace sluice::bus {

class Dealer final : public Pollee {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void OnReady(const HelloMessage& hello) = 0;  // what waits for an answer must be asked (again) now
    virtual void OnLost() = 0;                            // only after OnReady
    virtual void OnMessage(Message message) = 0;
  };

  Dealer(Loop& loop, Channel channel, int64_t limit, Role server, Owner& owner);
  ~Dealer() override;
  base::Status Connect(const std::string& endpoint, const std::string& second = "");  // see Socket
  const std::string& endpoint() const { return endpoint_; }
  bool ready() const { return ready_.load(std::memory_order_acquire); }

  bool Send(std::string_view frame);  // false: not now
  void OnMessages(Socket& socket) override;
  void OnLinkEvents(Socket& socket) override;

 private:
  void SayHello();
  void Lose();
  void Handle(std::string_view frame);
  void Answered(const HelloMessage& hello);
  void Refuse(const std::string& why);

  Loop& loop_;
  const Channel channel_;
  const Role server_;
  Owner& owner_;
  Socket socket_;
  Reopener reopener_{loop_, socket_};
  std::string endpoint_;
  std::atomic<bool> ready_ = false;
  bool connected_ = false, refused_ = false, auth_logged_ = false;
  Loop::TimerId hello_timer_ = 0;
};

}  // namespace sluice::bus
