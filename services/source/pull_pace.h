// PullPace: how long a download may take: a while for its beginning, and beyond that as long as a
// very slow line needs for what has come so far. What a server says of the whole counts for
// nothing: it may say anything, and send a byte now and then. One use, one thread.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/clock.h"
#include "base/duration.h"
#include "base/status.h"

namespace sluice::source {

class PullPace {
 public:
  static constexpr int64_t kSlowest = 16 << 10;  // bytes a second

  // `clock` outlives this.
  PullPace(const base::Clock& clock, base::Duration grace)
      : clock_(clock), grace_(grace), begun_(clock.Steady()) {}

  // Takes note of bytes that came. kDeadlineExceeded: too few came for the time they took.
  base::Status Took(size_t bytes) {
    came_ += static_cast<int64_t>(bytes);
    const auto allowed = grace_ + std::chrono::seconds(came_ / kSlowest);
    if (clock_.Steady() - begun_ <= allowed) return base::OkStatus();
    return base::DeadlineExceeded("context deadline exceeded");
  }

 private:
  const base::Clock& clock_;
  const base::Duration grace_;
  const base::Clock::SteadyTime begun_;
  int64_t came_ = 0;
};

}  // namespace sluice::source
