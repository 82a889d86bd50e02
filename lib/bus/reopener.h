// Reopener connects a socket again where libzmq has given up: it retries connections that fail or end, but not those that broke the
// protocol (a refused key, a frame beyond the limit). Bus thread only.
#pragma once

#include "loop.h"

namespace sluice::bus {

class Reopener {
 public:
  Reopener(Loop& loop, Socket& socket) : loop_(loop), socket_(socket) {}
  Reopener(const Reopener&) = delete;
  Reopener& operator=(const Reopener&) = delete;
  ~Reopener() { loop_.Cancel(timer_); }

  void On(LinkEvent event) {
    if (event == LinkEvent::kConnected) return loop_.Cancel(timer_);
    if (timer_ != 0) return;
    // After a plain end libzmq is most likely back before this.
    const int factor = event == LinkEvent::kDisconnected ? 2 : 5;
    timer_ = loop_.After(loop_.options().reconnect_max_ms * factor, [this] {
      timer_ = 0;
      socket_.Reconnect();
    });
  }

 private:
  Loop& loop_;
  Socket& socket_;
  Loop::TimerId timer_ = 0;
};

}  // namespace sluice::bus
