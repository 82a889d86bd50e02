// Reopener connects a socket again where libzmq has given up, or waits in vain: it retries
// connections that fail or end, but not those that broke the protocol (a refused key, a frame
// beyond the limit), and not at the new place of an endpoint. Bus thread only.
#pragma once

#include "loop.h"

namespace sluice::bus {

class Reopener {
 public:
  Reopener(Loop& loop, Socket& socket) : loop_(loop), socket_(socket) {}
  Reopener(const Reopener&) = delete;
  Reopener& operator=(const Reopener&) = delete;
  ~Reopener() { loop_.Cancel(timer_); }

  // After Connect.
  void Start() { Watch(); }

  void On(LinkEvent event) {
    if (event == LinkEvent::kConnected) {
      broken_ = false;
      return loop_.Cancel(timer_);
    }
    if (broken_) return;
    broken_ = true;
    loop_.Cancel(timer_);
    // After a plain end libzmq is most likely back before this.
    const int factor = event == LinkEvent::kDisconnected ? 2 : kSlow;
    timer_ = loop_.After(loop_.options().reconnect_max_ms * factor, [this] {
      timer_ = 0;
      broken_ = false;
      socket_.Reconnect();
      Watch();
    });
  }

 private:
  static constexpr int kSlow = 5;

  void Watch() {
    timer_ = loop_.After(loop_.options().reconnect_max_ms * kSlow, [this] {
      timer_ = 0;
      if (socket_.Moved()) socket_.Reconnect();
      Watch();
    });
  }

  Loop& loop_;
  Socket& socket_;
  Loop::TimerId timer_ = 0;  // none while connected
  bool broken_ = false;
};

}  // namespace sluice::bus
