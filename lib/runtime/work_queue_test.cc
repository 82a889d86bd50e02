#include "runtime/work_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "base/fake_clock.h"

namespace sluice::runtime {
namespace {

using kube::ObjectKey;
using std::chrono::milliseconds;
using std::chrono::seconds;

const ObjectKey kA{"ns", "a"}, kB{"ns", "b"}, kC{"ns", "c"};

class WorkQueueTest : public ::testing::Test {
 protected:
  std::string Next() {
    const auto key = queue_.Get();
    return key ? key->name : "";
  }
  base::FakeClock clock_;
  Timer timer_{clock_};
  std::unique_ptr<observe::Registry> registry_ = observe::MakeRegistry();
  WorkQueue queue_{{.name = "test"}, timer_, registry_.get()};
};

TEST_F(WorkQueueTest, HoldsAKeyOnce) {
  queue_.Add(kA);
  queue_.Add(kA);
  queue_.Add(kB);
  EXPECT_EQ(queue_.depth(), 2u);
  EXPECT_EQ(Next(), "a");
  EXPECT_EQ(Next(), "b");
  EXPECT_EQ(queue_.depth(), 0u);
}

TEST_F(WorkQueueTest, AKeyAddedWhileWorkedOnComesAgainAfterDone) {
  queue_.Add(kA);
  EXPECT_EQ(Next(), "a");
  queue_.Add(kA);
  queue_.Add(kA);
  EXPECT_EQ(queue_.depth(), 0u);
  queue_.Done(kA);
  EXPECT_EQ(queue_.depth(), 1u);
  EXPECT_EQ(Next(), "a");
  queue_.Done(kA);
  EXPECT_TRUE(queue_.idle());
}

TEST_F(WorkQueueTest, FreshEventsOvertake) {
  queue_.Add(kA, Priority::kLow);
  queue_.Add(kB, Priority::kLow);
  queue_.Add(kC);
  queue_.Add(kB);  // promoted
  EXPECT_EQ(queue_.depth(), 3u);
  EXPECT_EQ(Next(), "c");
  EXPECT_EQ(Next(), "b");
  EXPECT_EQ(Next(), "a");
  EXPECT_EQ(queue_.depth(), 0u);
}

TEST_F(WorkQueueTest, WaitsForTheEarliestTime) {
  queue_.AddAfter(kA, seconds(10));
  queue_.AddAfter(kA, seconds(5));
  queue_.AddAfter(kA, seconds(20));
  queue_.AddAfter(kB, seconds(7));
  EXPECT_EQ(queue_.waiting(), 2u);
  clock_.Advance(seconds(5));
  EXPECT_EQ(Next(), "a");
  EXPECT_EQ(queue_.waiting(), 1u);
  clock_.Advance(seconds(2));
  EXPECT_EQ(Next(), "b");
  EXPECT_EQ(queue_.waiting(), 0u);
}

TEST_F(WorkQueueTest, WorkingOnAKeyForgetsItsTime) {
  queue_.AddAfter(kA, seconds(10));
  queue_.Add(kA);
  EXPECT_EQ(Next(), "a");
  EXPECT_EQ(queue_.waiting(), 0u);
  queue_.AddAfter(kA, seconds(30));  // while worked on: kept
  queue_.Done(kA);
  EXPECT_EQ(queue_.waiting(), 1u);
  clock_.Advance(seconds(30));
  EXPECT_EQ(Next(), "a");
}

TEST_F(WorkQueueTest, ATimeThatPassesWhileWorkedOnWaitsForDone) {
  queue_.Add(kA);
  EXPECT_EQ(Next(), "a");
  queue_.AddAfter(kA, seconds(1));
  queue_.AddAfter(kB, seconds(1));
  clock_.Advance(seconds(1));
  EXPECT_EQ(Next(), "b");  // the timer has run
  EXPECT_EQ(queue_.depth(), 0u);
  queue_.Done(kA);
  EXPECT_EQ(Next(), "a");
}

TEST_F(WorkQueueTest, BacksOffToTheMaximum) {
  const auto expect = [&](base::Duration d) {
    EXPECT_EQ(queue_.NextDelay(kA), d);
    queue_.AddRateLimited(kA);
    clock_.Advance(d);
    EXPECT_EQ(Next(), "a");
    queue_.Done(kA);
  };
  expect(milliseconds(750));
  expect(milliseconds(1500));
  expect(seconds(3));
  for (int i = 0; i < 40; ++i) {
    queue_.AddRateLimited(kA);
    clock_.Advance(std::chrono::minutes(15));
    EXPECT_EQ(Next(), "a");
    queue_.Done(kA);
  }
  EXPECT_EQ(queue_.NextDelay(kA), std::chrono::minutes(15));
  queue_.Forget(kA);
  expect(milliseconds(750));
}

TEST_F(WorkQueueTest, WaitsAtLeastAsLongAsAskedButNoLongerThanTheMaximum) {
  const struct {
    base::Duration asked, waits;
  } cases[] = {
      {seconds(0), milliseconds(750)},   // of its own
      {seconds(1), milliseconds(1500)},  // its own is more by now
      {seconds(60), seconds(60)},        //
      {seconds(3), seconds(6)},          // 750 ms · 2³: it went on meanwhile
      {std::chrono::hours(24), std::chrono::minutes(15)},
  };
  for (const auto& c : cases) {
    queue_.AddRateLimited(kA, c.asked);
    clock_.Advance(c.waits - milliseconds(1));
    EXPECT_EQ(queue_.waiting(), 1u);
    clock_.Advance(milliseconds(1));
    EXPECT_EQ(Next(), "a");
    queue_.Done(kA);
  }
  // What wakes it before is worked on at once.
  queue_.AddRateLimited(kA, seconds(600));
  queue_.Add(kA);
  EXPECT_EQ(Next(), "a");
  EXPECT_EQ(queue_.waiting(), 0u);
}

TEST_F(WorkQueueTest, RemoveDropsAKeyWhereverItWaits) {
  queue_.Add(kA);
  queue_.AddAfter(kB, seconds(1));
  queue_.Remove(kA);
  queue_.Remove(kB);
  EXPECT_EQ(queue_.depth() + queue_.waiting(), 0u);
  queue_.Add(kC);
  EXPECT_EQ(Next(), "c");
}

TEST_F(WorkQueueTest, ShutDownFreesWaitingWorkers) {
  std::jthread worker([&] { EXPECT_FALSE(queue_.Get().has_value()); });
  queue_.ShutDown();
  worker.join();
  queue_.Add(kA);
  queue_.AddAfter(kA, seconds(1));
  EXPECT_FALSE(queue_.Get().has_value());
}

TEST_F(WorkQueueTest, NeverHandsAKeyToTwoWorkers) {
  constexpr int kKeys = 7, kRounds = 2000;
  std::atomic<int> inside[kKeys] = {}, handled = 0;
  std::atomic<bool> clash = false;
  {
    std::vector<std::jthread> workers;
    for (int w = 0; w < 4; ++w) {
      workers.emplace_back([&] {
        while (const auto key = queue_.Get()) {
          const auto i = static_cast<size_t>(std::stoi(key->name));
          if (inside[i].fetch_add(1) != 0) clash = true;
          ++handled;
          inside[i].fetch_sub(1);
          queue_.Done(*key);
        }
      });
    }
    for (int i = 0; i < kRounds; ++i)
      queue_.Add({"ns", std::to_string(i % kKeys)}, i % 3 ? Priority::kHigh : Priority::kLow);
    while (!queue_.idle()) std::this_thread::yield();
    queue_.ShutDown();
  }
  EXPECT_FALSE(clash);
  EXPECT_GE(handled, kKeys);
}

TEST_F(WorkQueueTest, CountsForPrometheus) {
  queue_.Add(kA);
  queue_.Add(kB, Priority::kLow);
  EXPECT_EQ(Next(), "a");
  clock_.Advance(seconds(4));
  const std::string text = registry_->Expose();
  for (const std::string line :
       {R"(workqueue_depth{controller="test",name="test",priority="-100"} 1)",
        R"(workqueue_depth{controller="test",name="test",priority="0"} 0)",
        R"(workqueue_adds_total{controller="test",name="test"} 2)",
        R"(workqueue_unfinished_work_seconds{controller="test",name="test"} 4)",
        R"(workqueue_longest_running_processor_seconds{controller="test",name="test"} 4)",
        R"(workqueue_queue_duration_seconds_count{controller="test",name="test"} 1)"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
  }
}

}  // namespace
}  // namespace sluice::runtime
