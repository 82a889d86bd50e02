#include "observe/context.h"

#include <gtest/gtest.h>

#include <thread>

namespace sluice::observe {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

TEST(ContextTest, BackgroundNeverEnds) {
  const Context ctx;
  EXPECT_TRUE(ctx.Check().ok());
  EXPECT_FALSE(ctx.deadline().has_value());
  EXPECT_EQ(ctx.Remaining(hours(1)), hours(1));
}

TEST(ContextTest, TheEarlierDeadlineWins) {
  const Context ctx = Context().WithTimeout(milliseconds(-1)).WithTimeout(hours(1));
  EXPECT_EQ(ctx.Check(), base::DeadlineExceeded("context deadline exceeded"));
  EXPECT_EQ(ctx.Remaining(hours(1)).count(), 0);
}

TEST(ContextTest, StopEndsASleepAtOnce) {
  std::stop_source stop;
  const Context ctx = Context().WithStop(stop.get_token());
  std::jthread stopper([&] { stop.request_stop(); });
  EXPECT_EQ(ctx.Sleep(hours(1)), base::Cancelled("context canceled"));
}

TEST(ContextTest, DeadlineEndsASleep) {
  const Context ctx = Context().WithTimeout(milliseconds(5));
  EXPECT_EQ(ctx.Sleep(hours(1)).code(), base::StatusCode::kDeadlineExceeded);
}

TEST(ContextTest, ASleepThatFitsIsOk) { EXPECT_TRUE(Context().Sleep(milliseconds(1)).ok()); }

}  // namespace
}  // namespace sluice::observe
