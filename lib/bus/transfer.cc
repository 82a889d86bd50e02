#include "transfer.h"

namespace sluice::bus {

void Transfer::Push(ChunkMessage chunk) {
  {
    observe::MutexLock lock(mu_);
    chunks_.push_back(std::move(chunk));
  }
  changed_.notify_one();
}

void Transfer::Lose() {
  {
    observe::MutexLock lock(mu_);
    lost_ = true;
  }
  changed_.notify_one();
}

base::Result<ChunkMessage> Transfer::Next(const observe::Context& ctx,
                                          std::chrono::milliseconds patience) {
  const auto give_up = observe::Context::Clock::now() + patience;
  observe::MutexLock lock(mu_);
  while (chunks_.empty()) {
    if (lost_) return base::Unavailable("the connection to the source was lost");
    SLUICE_TRY(ctx.Check());
    const auto until = ctx.deadline() ? std::min(*ctx.deadline(), give_up) : give_up;
    const bool news = changed_.wait_until(
        mu_, ctx.stop(), until,
        [&]() SLUICE_NO_THREAD_SAFETY_ANALYSIS { return !chunks_.empty() || lost_; });
    if (!news && observe::Context::Clock::now() >= give_up)
      return base::Unavailable("the source does not answer");
  }
  ChunkMessage chunk = std::move(chunks_.front());
  chunks_.pop_front();
  return chunk;
}

}  // namespace sluice::bus
