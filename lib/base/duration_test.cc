#include "base/duration.h"

#include <gtest/gtest.h>

namespace sluice::base {
namespace {

TEST(DurationTest, ParsesAndFormatsAsGo) {
  const struct {
    std::string text;
    int64_t nanos;
    std::string printed;
  } cases[] = {
      {"0", 0, "0s"},
      {"5s", 5'000'000'000, "5s"},
      {"1m30s", 90'000'000'000, "1m30s"},
      {"1h", 3'600'000'000'000, "1h0m0s"},
      {"-1.5h", -5'400'000'000'000, "-1h30m0s"},
      {"+5.6s", 5'600'000'000, "5.6s"},
      {"968.028625ms", 968'028'625, "968.028625ms"},
      {".5s", 500'000'000, "500ms"},
      {"1.s", 1'000'000'000, "1s"},
      {"12us", 12'000, "12\u00b5s"},
      {"12\u00b5s", 12'000, "12\u00b5s"},
      {"12\u03bcs", 12'000, "12\u00b5s"},
      {"1100ns", 1'100, "1.1\u00b5s"},
      {"7ns", 7, "7ns"},
      {"0.3333333333333333333h", 1'200'000'000'000, "20m0s"},
      {"9223372036854775807ns", INT64_MAX, "2562047h47m16.854775807s"},
      {"-9223372036854775808ns", INT64_MIN, "-2562047h47m16.854775808s"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const auto d = ParseDuration(c.text);
    ASSERT_TRUE(d.ok()) << d.status().message();
    EXPECT_EQ(d->count(), c.nanos);
    EXPECT_EQ(FormatDuration(*d), c.printed);
  }
}

TEST(DurationTest, RejectsInGosWords) {
  const std::pair<std::string, std::string> cases[] = {
      {"", "time: invalid duration \"\""},
      {"3", "time: missing unit in duration \"3\""},
      {"-", "time: invalid duration \"-\""},
      {"s", "time: invalid duration \"s\""},
      {".", "time: invalid duration \".\""},
      {".s", "time: invalid duration \".s\""},
      {"1d", "time: unknown unit \"d\" in duration \"1d\""},
      {"3000000h", "time: invalid duration \"3000000h\""},
      {"9223372036854775808ns", "time: invalid duration \"9223372036854775808ns\""},
  };
  for (const auto& [text, message] : cases)
    EXPECT_EQ(ParseDuration(text).status().message(), message) << text;
}

TEST(DurationTest, RoundsHalvesAwayFromZero) {
  using std::chrono::milliseconds, std::chrono::seconds;
  EXPECT_EQ(RoundDuration(milliseconds(1500), seconds(1)), seconds(2));
  EXPECT_EQ(RoundDuration(milliseconds(1499), seconds(1)), seconds(1));
  EXPECT_EQ(RoundDuration(milliseconds(-1500), seconds(1)), seconds(-2));
  EXPECT_EQ(RoundDuration(milliseconds(1500), seconds(0)), milliseconds(1500));
}

}  // namespace
}  // namespace sluice::base
