#include "base/clock.h"

#include <gtest/gtest.h>

#include "base/fake_clock.h"

namespace sluice::base {
namespace {

TEST(ClockTest, FakeMovesByHandAndWakes) {
  FakeClock clock;
  int woken = 0;
  const uint64_t id = clock.AddWaker([&] { ++woken; });
  const auto before = clock.Steady();
  clock.Advance(std::chrono::seconds(5));
  EXPECT_EQ(clock.Steady() - before, std::chrono::seconds(5));
  EXPECT_EQ(FormatRfc3339(clock.Now()), "2026-01-01T00:00:05Z");
  clock.RemoveWaker(id);
  clock.Advance(std::chrono::seconds(5));
  EXPECT_EQ(woken, 1);
}

TEST(ClockTest, UuidsAreVersion4AndDiffer) {
  const std::string a = SystemUuids().NewUuid(), b = SystemUuids().NewUuid();
  EXPECT_NE(a, b);
  ASSERT_EQ(a.size(), 36u);
  EXPECT_EQ(a[14], '4');
  EXPECT_NE(std::string("89ab").find(a[19]), std::string::npos);
}

TEST(ClockTest, UnitNumbersStayInRange) {
  FakeRandom fake;
  for (int i = 0; i < 1000; ++i) {
    const double d = fake.NextUnit();
    EXPECT_GE(d, 0);
    EXPECT_LT(d, 1);
  }
  EXPECT_NE(SystemRandom().Next(), SystemRandom().Next());
}

}  // namespace
}  // namespace sluice::base
