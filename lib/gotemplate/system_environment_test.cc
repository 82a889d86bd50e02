#include "gotemplate/system_environment.h"

#include <gtest/gtest.h>

#include <array>

namespace sluice::gotemplate {
namespace {

TEST(SystemEnvironmentTest, ReadsZoneFilesAlone) {
  SystemEnvironment world;
  for (const std::string_view name : {"", ".", "..", "../../etc/passwd", "/etc/passwd",
                                      "a/../../etc/passwd", "Europe", "Europe/", "tzdata.zi"}) {
    const std::string bytes = world.ZoneFile(name);
    EXPECT_TRUE(bytes.empty() || name == "tzdata.zi") << name;
  }
  EXPECT_TRUE(world.ZoneFile(std::string("UTC\0x", 5)).empty());
}

TEST(SystemEnvironmentTest, RandomBytesDifferAndTimePasses) {
  SystemEnvironment world("Europe/Paris", base::Time{});
  std::array<uint8_t, 32> a{}, b{};
  world.Random(a);
  world.Random(b);
  EXPECT_NE(a, b);
  EXPECT_TRUE(world.Expired());
  EXPECT_FALSE(SystemEnvironment().Expired());
  EXPECT_EQ(world.TimeZone(), "Europe/Paris");
}

}  // namespace
}  // namespace sluice::gotemplate
