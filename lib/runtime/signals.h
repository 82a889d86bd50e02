// SignalWaiter: SIGTERM and SIGINT as calls. The first one asks the process to end, the second ends
// it at once. Its constructor blocks them for the calling thread and those started later, so it
// comes before any other thread.
#pragma once

#include <functional>
#include <thread>

#include "io/unique_fd.h"

namespace sluice::runtime {

class SignalWaiter {
 public:
  SignalWaiter();
  ~SignalWaiter();
  SignalWaiter(const SignalWaiter&) = delete;
  SignalWaiter& operator=(const SignalWaiter&) = delete;

  // `on_signal` runs on a thread of its own.
  void Start(std::function<void(int signal)> on_signal);
  void Stop();

 private:
  void Run(const std::function<void(int)>& on_signal) const;
  io::UniqueFd signals_, wake_;
  std::jthread thread_;
};

}  // namespace sluice::runtime
