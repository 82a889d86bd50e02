// Router: the serving end of a DEALER/ROUTER channel. It knows who said Hello: any other peer's
// message is dropped and answered with WhoAreYou, one of another protocol major is refused. Bus
// thread only.
#pragma once

#include <functional>
#include <string>
#include <unordered_set>

#include "envelope.h"
#include "loop.h"

namespace sluice::bus {

class Router final : public Pollee {
 public:
  using Handler = std::function<void(const std::string& peer, Message message)>;

  Router(Loop& loop, Channel channel, int64_t limit, Handler handler);
  ~Router() override;
  base::Status Bind(const std::string& endpoint);
  std::string BoundEndpoint() const { return socket_.BoundEndpoint(); }

  SendResult Send(const std::string& peer, std::string_view frame);
  void OnMessages(Socket& socket) override;

 private:
  void Handle(const std::string& peer, std::string_view frame);
  void Greet(const std::string& peer, const HelloMessage& hello);

  Loop& loop_;
  const Channel channel_;
  Handler handler_;
  Socket socket_;
  std::unordered_set<std::string> peers_;
  uint64_t malformed_seen_ = 0;
};

}  // namespace sluice::bus
