#include "pull_pace.h"

#include <gtest/gtest.h>

#include "base/fake_clock.h"

namespace sluice::source {
namespace {

using std::chrono::seconds;

TEST(PullPaceTest, WhatTricklesIsCutAndWhatFlowsIsNot) {
  base::FakeClock clock;
  PullPace trickle(clock, seconds(60));
  for (int i = 0; i < 6; ++i) {
    clock.Advance(seconds(10));
    EXPECT_TRUE(trickle.Took(1).ok());
  }
  clock.Advance(seconds(1));
  EXPECT_EQ(trickle.Took(1).code(), base::StatusCode::kDeadlineExceeded);

  PullPace slow(clock, seconds(60));
  for (int i = 0; i < 10'000; ++i) {  // hours
    clock.Advance(seconds(1));
    ASSERT_TRUE(slow.Took(PullPace::kSlowest).ok());
  }
}

}  // namespace
}  // namespace sluice::source
