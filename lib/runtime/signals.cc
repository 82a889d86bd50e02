#include "signals.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace sluice::runtime {

SignalWaiter::SignalWaiter() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  // A peer that closes its socket is an error of that write, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  signals_.Reset(signalfd(-1, &set, SFD_CLOEXEC));
  wake_.Reset(eventfd(0, EFD_CLOEXEC));
}

SignalWaiter::~SignalWaiter() { Stop(); }

void SignalWaiter::Start(std::function<void(int)> on_signal) {
  thread_ = std::jthread([this, on_signal = std::move(on_signal)] {
    pthread_setname_np(pthread_self(), "signals");
    Run(on_signal);
  });
}

void SignalWaiter::Stop() {
  if (!thread_.joinable()) return;
  const uint64_t one = 1;
  // cannot happen: the counter is far from full
  if (write(wake_.get(), &one, sizeof one) < 0) return;
  thread_.join();
}

void SignalWaiter::Run(const std::function<void(int)>& on_signal) const {
  for (int seen = 0;;) {
    pollfd fds[] = {{signals_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
    if (poll(fds, 2, -1) < 0 && errno != EINTR) return;
    if (fds[1].revents != 0) return;
    if (fds[0].revents == 0) continue;
    signalfd_siginfo info{};
    if (read(signals_.get(), &info, sizeof info) != sizeof info) continue;
    if (++seen > 1) _exit(1);
    on_signal(static_cast<int>(info.ssi_signo));
  }
}

}  // namespace sluice::runtime
