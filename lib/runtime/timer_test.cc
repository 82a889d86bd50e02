#include "runtime/timer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <vector>

#include "base/fake_clock.h"

namespace sluice::runtime {
namespace {

using std::chrono::seconds;

TEST(TimerTest, RunsInOrderOfTime) {
  base::FakeClock clock;
  Timer timer(clock);
  std::vector<int> order;
  std::promise<void> last;
  timer.ScheduleAfter(seconds(3), [&] {
    order.push_back(3);
    last.set_value();
  });
  timer.ScheduleAfter(seconds(1), [&] { order.push_back(1); });
  timer.ScheduleAfter(seconds(2), [&] { order.push_back(2); });
  clock.Advance(seconds(3));
  last.get_future().wait();
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

TEST(TimerTest, CancelledEntriesNeverRun) {
  base::FakeClock clock;
  Timer timer(clock);
  std::atomic<int> runs = 0;
  std::promise<void> last;
  const auto a = timer.ScheduleAfter(seconds(1), [&] { ++runs; });
  const auto b = timer.ScheduleAfter(seconds(1), [&] { ++runs; });
  timer.ScheduleAfter(seconds(2), [&] { last.set_value(); });
  EXPECT_TRUE(timer.Cancel(a));
  EXPECT_TRUE(timer.Drop(b));
  EXPECT_FALSE(timer.Cancel(a));
  EXPECT_FALSE(timer.Cancel(0));
  clock.Advance(seconds(2));
  last.get_future().wait();
  EXPECT_EQ(runs, 0);
}

TEST(TimerTest, CancelWaitsForTheRunningEntry) {
  base::FakeClock clock;
  Timer timer(clock);
  std::promise<void> running, go;
  std::atomic<bool> ended = false;
  const auto id = timer.ScheduleAfter(seconds(1), [&] {
    running.set_value();
    go.get_future().wait();
    ended = true;
  });
  clock.Advance(seconds(1));
  running.get_future().wait();
  EXPECT_FALSE(timer.Drop(id));  // does not wait
  std::jthread opener([&] { go.set_value(); });
  EXPECT_FALSE(timer.Cancel(id));
  EXPECT_TRUE(ended);
}

TEST(TimerTest, EntriesMayScheduleMore) {
  base::FakeClock clock;
  Timer timer(clock);
  std::promise<void> done;
  timer.ScheduleAfter(seconds(0),
                      [&] { timer.ScheduleAfter(seconds(0), [&] { done.set_value(); }); });
  done.get_future().wait();
}

TEST(TimerTest, RealClockRunsOutByItself) {
  Timer timer(base::SystemClock());
  std::promise<void> done;
  timer.ScheduleAfter(std::chrono::hours(24 * 365 * 100), [] {});
  timer.ScheduleAfter(std::chrono::milliseconds(5), [&] { done.set_value(); });
  done.get_future().wait();
}

}  // namespace
}  // namespace sluice::runtime
