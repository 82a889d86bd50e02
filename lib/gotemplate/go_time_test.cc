#include "go_time.h"

#include <gtest/gtest.h>

#include "base/strings.h"

namespace sluice::gotemplate {
namespace {

// Europe/Paris in short: 64-bit data with one transition, and the rule for what follows.
std::string ParisTzif() {
  const auto big = [](uint64_t n, int bytes) {
    std::string out;
    for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(n >> (8 * i) & 0xff);
    return out;
  };
  const std::string head = "TZif2" + std::string(15, '\0');
  const auto counts = [&](uint64_t times, uint64_t kinds, uint64_t chars) {
    return big(0, 4) + big(0, 4) + big(0, 4) + big(times, 4) + big(kinds, 4) + big(chars, 4);
  };
  const std::string names("LMT\0CET\0", 8);
  return head + counts(0, 1, 4) + big(0, 4) + std::string("\0\0", 2) + names.substr(0, 4) + head +
         counts(1, 2, 8) + big(static_cast<uint64_t>(int64_t{-1000000000}), 8) +
         std::string(1, '\1') + big(561, 4) + std::string("\0\0", 2) + big(3600, 4) +
         std::string("\0\4", 2) + names + "\nCET-1CEST,M3.5.0,M10.5.0/3\n";
}

class World : public Environment {
 public:
  std::string ZoneFile(std::string_view name) override {
    asked += name;
    return name == "Europe/Paris" ? ParisTzif() : name == "Broken" ? "TZif2" : "";
  }
  std::string asked;
};

TEST(GoTimeTest, FormatsLayouts) {
  // 2023-11-14 18:43:20.12 -0330
  const GoTime t{1700000000, 120'000'000, Zone::Fixed("", -3 * 3600 - 1800)};
  const struct {
    std::string_view layout, text;
  } cases[] = {
      {"2006-01-02T15:04:05Z07:00", "2023-11-14T18:43:20-03:30"},
      {"Mon Jan _2 15:04:05 2006", "Tue Nov 14 18:43:20 2023"},
      {"Monday, 02-Jan-06 15:04:05 MST", "Tuesday, 14-Nov-23 18:43:20 -0330"},
      {"3:04PM 03pm 1/2", "6:43PM 06pm 11/14"},
      {"002 __2 _2006", "318 318 _2023"},
      {"05.000 05,00 05.999999 .9", "20.120 20,12 20.12 .1"},
      {"-07 -0700 -07:00:00 Z070000", "-03 -0330 -03:30:00 -033000"},
      {"Month Janus January", "Month Janus November"},
      {"", ""},
  };
  for (const auto& c : cases) EXPECT_EQ(FormatGoTime(t, c.layout), c.text) << c.layout;
  EXPECT_EQ(ToString(GoTime()), "0001-01-01 00:00:00 +0000 UTC");
  EXPECT_EQ(FormatRfc3339(GoTime{0, 1, Zone::Utc()}), "1970-01-01T00:00:00.000000001Z");
  EXPECT_EQ(FormatGoTime({INT64_MAX, 0, Zone::Utc()}, "2006"), "292277026596");
}

TEST(GoTimeTest, ParsesLayouts) {
  const struct {
    std::string_view layout, value, text;
  } cases[] = {
      {"2006-01-02", "2017-12-31", "2017-12-31 00:00:00 +0000 UTC"},
      {"2006-01-02T15:04:05Z07:00", "2020-01-02T03:04:05.5+02:00",
       "2020-01-02 03:04:05.5 +0200 +0200"},
      {"Jan _2 2006", "feb  9 2020", "2020-02-09 00:00:00 +0000 UTC"},
      {"3:04PM", "12:05AM", "0000-01-01 00:05:00 +0000 UTC"},
      {"2006-002", "2020-060", "2020-02-29 00:00:00 +0000 UTC"},
      {"06", "69", "1969-01-01 00:00:00 +0000 UTC"},
      {"15:04 MST", "10:00 CEST", "0000-01-01 10:00:00 +0000 CEST"},
      {"15:04 MST", "10:00 GMT+3", "0000-01-01 13:00:00 +0300 GMT+3"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.value);
    const auto t = ParseGoTime(c.layout, c.value, Zone::Utc());
    ASSERT_TRUE(t.ok()) << t.status().message();
    EXPECT_EQ(ToString(*t), c.text);
  }
}

TEST(GoTimeTest, RefusesInGosWords) {
  const struct {
    std::string_view layout, value, message;
  } cases[] = {
      {"2006-01-02", "bad", R"(parsing time "bad" as "2006-01-02": cannot parse "bad" as "2006")"},
      {"2006-01-02", "2017-13-01", R"(parsing time "2017-13-01": month out of range)"},
      {"2006-01-02", "2017-02-29", R"(parsing time "2017-02-29": day out of range)"},
      {"2006", "2017 x", R"(parsing time "2017 x": extra text: " x")"},
      {"2006-002", "2017-366", R"(parsing time "2017-366": day-of-year out of range)"},
      {"-07:00", "+25:00", R"(parsing time "+25:00": time zone offset hour out of range)"},
      {"\xc3\xa9", "\n", R"(parsing time "\x0a" as "\xc3\xa9": cannot parse "\x0a" as "\xc3\xa9")"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(ParseGoTime(c.layout, c.value, Zone::Utc()).status().message(), c.message);
  }
}

TEST(ZoneTest, FollowsTransitionsAndRule) {
  World world;
  const auto paris = LoadZone(world, "Europe/Paris");
  ASSERT_NE(paris, nullptr);
  const struct {
    int64_t seconds;
    std::string_view text;
  } cases[] = {
      {-2000000000, "1906-08-16 20:36:01 +0009 LMT"},
      {0, "1970-01-01 01:00:00 +0100 CET"},
      {1711846799, "2024-03-31 01:59:59 +0100 CET"},
      {1711846800, "2024-03-31 03:00:00 +0200 CEST"},
      {1729990799, "2024-10-27 02:59:59 +0200 CEST"},
      {1729990800, "2024-10-27 02:00:00 +0100 CET"},
      {32503680000, "3000-01-01 01:00:00 +0100 CET"},
  };
  for (const auto& c : cases) EXPECT_EQ(ToString({c.seconds, 0, paris}), c.text) << c.seconds;
  EXPECT_EQ(ToString(*ParseGoTime("2006-01-02 15:04", "2024-07-01 12:00", paris)),
            "2024-07-01 12:00:00 +0200 CEST");
  EXPECT_EQ(ToString(*ParseGoTime("2006-01-02 15:04 -0700", "2024-07-01 12:00 +0200", paris)),
            "2024-07-01 12:00:00 +0200 CEST");
}

TEST(ZoneTest, ReadsNoFileThatIsNotNamed) {
  World world;
  for (const std::string_view name :
       {"", "UTC", "Local", "../etc/passwd", "/etc/passwd", "\\x", "a/../b"}) {
    const auto zone = LoadZone(world, name);
    if (zone) {
      EXPECT_EQ(ToString({0, 0, zone}), "1970-01-01 00:00:00 +0000 UTC");
    }
  }
  EXPECT_EQ(world.asked, "");
  EXPECT_EQ(LoadZone(world, "Nope"), nullptr);
  EXPECT_EQ(LoadZone(world, "Broken"), nullptr);
}

}  // namespace
}  // namespace sluice::gotemplate
