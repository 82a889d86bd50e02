// Publisher and Subscriber: the ends of an XPUB/SUB channel. A publisher greets each connection
// with Hello as its welcome message and counts subscribers; a subscriber checks the greeting and
// notices the end of the connection, or silence. Bus thread only, but for alive().
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "client_socket.h"
#include "envelope.h"

namespace sluice::bus {

class Publisher final : public Pollee {
 public:
  // `on_subscribe` runs when a subscription to `topic` took effect.
  Publisher(Loop& loop, Channel channel, int64_t limit,
            std::function<void(std::string_view topic)> on_subscribe);
  ~Publisher() override;
  base::Status Bind(const std::string& endpoint);
  std::string BoundEndpoint() const { return socket_.BoundEndpoint(); }

  void Publish(std::string_view topic, std::string_view envelope);
  size_t subscribers() const { return subscribers_.load(std::memory_order_relaxed); }
  void OnMessages(Socket& socket) override;

 private:
  Loop& loop_;
  const Channel channel_;
  std::function<void(std::string_view)> on_subscribe_;
  Socket socket_;
  std::atomic<size_t> subscribers_ = 0;
};

class Subscriber final : public ClientSocket::Owner {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void OnPublished(Message message) = 0;
    virtual void OnAlive(bool alive) = 0;  // the channel works; it is silent or gone
  };

  // `silence_ms`: without a message for so long the channel is not alive; 0 = silence is fine.
  Subscriber(Loop& loop, Channel channel, int64_t limit, Role server, int silence_ms, Owner& owner);
  ~Subscriber() override;
  base::Status Connect(const std::string& endpoint, const std::string& second,
                       std::initializer_list<std::string_view> topics);
  bool alive() const { return alive_.load(std::memory_order_acquire); }
  void OnConnected() override {}
  void OnDisconnected() override;
  void OnFrame(std::string_view frame) override;

 private:
  void Greet(const HelloMessage& hello);
  void SetAlive(bool alive);
  void Watch();

  Loop& loop_;
  const Channel channel_;
  const Role server_;
  const int silence_ms_;
  Owner& owner_;
  ClientSocket socket_;
  std::atomic<bool> alive_ = false;
  bool greeted_ = false, refused_ = false;
  Loop::Clock::time_point heard_;
  Loop::TimerId watch_ = 0;
};

}  // namespace sluice::bus
