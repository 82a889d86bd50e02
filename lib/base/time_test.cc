#include "base/time.h"

#include <gtest/gtest.h>

namespace sluice::base {
namespace {

TEST(TimeTest, ParsesRfc3339) {
  const std::pair<std::string, std::string> cases[] = {
      {"2026-02-03T10:11:12Z", "2026-02-03T10:11:12Z"},
      {"2026-02-03T10:11:12.5Z", "2026-02-03T10:11:12.5Z"},
      {"2026-02-03T10:11:12.000001Z", "2026-02-03T10:11:12.000001Z"},
      {"2026-02-03T10:11:12.1234567891Z", "2026-02-03T10:11:12.123456789Z"},
      {"2026-02-03T00:11:12+01:30", "2026-02-02T22:41:12Z"},
      {"2024-02-29T23:59:59-00:01", "2024-03-01T00:00:59Z"},
      {"1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z"},
      {"2026-02-03T10:00:00Z", "2026-02-03T10:00:00Z"},
  };
  for (const auto& [text, want] : cases) {
    const auto t = ParseRfc3339(text);
    ASSERT_TRUE(t.ok()) << text;
    EXPECT_EQ(FormatRfc3339Nano(*t), want);
  }
}

TEST(TimeTest, RejectsMalformedText) {
  for (const auto* text :
       {"", "2026-02-03", "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2026-02-03T24:00:00Z",
        "2026-02-03T10:11:12", "2026-02-03T10:11:12.Z", "2026-02-03t10:11:12Z",
        "2026-02-03T10:11:12Zx", "2026-02-03T10:11:12+1:00", "9999-01-01T00:00:00Z"}) {
    EXPECT_FALSE(ParseRfc3339(text).ok()) << text;
  }
}

TEST(TimeTest, FormatsEachForm) {
  const Time t = FromUnixSeconds(1'770'113'472) + std::chrono::microseconds(345'678);
  EXPECT_EQ(FormatRfc3339(t), "2026-02-03T10:11:12Z");
  EXPECT_EQ(FormatRfc3339Micro(t), "2026-02-03T10:11:12.345678Z");
  EXPECT_EQ(FormatIso8601Millis(t), "2026-02-03T10:11:12.345Z");
  EXPECT_EQ(FormatRfc1123(t), "Tue, 03 Feb 2026 10:11:12 GMT");
  EXPECT_EQ(FormatRfc1123(t, "UTC"), "Tue, 03 Feb 2026 10:11:12 UTC");
  EXPECT_EQ(ToUnixSeconds(t), 1'770'113'472);
  EXPECT_EQ(ToUnixSeconds(FromUnixSeconds(-1) + std::chrono::milliseconds(1)), -1);
}

TEST(TimeTest, WhatIsTooFarIsTheEnd) {
  const Time end = FromUnixSeconds(INT64_MAX), begin = FromUnixSeconds(INT64_MIN);
  EXPECT_GT(end, FromUnixSeconds(9'000'000'000));
  EXPECT_LT(begin, FromUnixSeconds(-9'000'000'000));
  EXPECT_EQ(FromUnixSeconds(253'402'300'799), end);  // the last second of 9999
  EXPECT_LT(end, Time::max());
}

TEST(TimeTest, ParsesHttpDates) {
  EXPECT_EQ(FormatRfc3339(*ParseHttpDate("Tue, 03 Feb 2026 10:11:12 GMT")), "2026-02-03T10:11:12Z");
  for (const auto* text : {"", "Tue, 03 Feb 2026 10:11:12 CET", "Tue, 03 Foo 2026 10:11:12 GMT",
                           "03 Feb 2026 10:11:12 GMT"}) {
    EXPECT_FALSE(ParseHttpDate(text).ok()) << text;
  }
}

}  // namespace
}  // namespace sluice::base
