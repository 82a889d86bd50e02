#include "base/secret.h"

#include <gtest/gtest.h>

#include <type_traits>

namespace sluice::base {
namespace {

static_assert(!std::is_convertible_v<SecretString, std::string>);
static_assert(!std::is_convertible_v<std::string, SecretString>);

TEST(SecretStringTest, MovesLeaveNothingBehind) {
  std::string text = "short";
  SecretString a(std::move(text));
  EXPECT_TRUE(text.empty());  // NOLINT(bugprone-use-after-move): the point of the test
  SecretString b(std::move(a));
  EXPECT_TRUE(a.empty());  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(b.Reveal(), "short");
  b = SecretString("other");
  EXPECT_EQ(b.Reveal(), "other");
  const SecretString copy = b;
  EXPECT_TRUE(copy == b);
}

TEST(SecretStringTest, ComparesWholeBytes) {
  EXPECT_TRUE(ConstantTimeEquals("", ""));
  EXPECT_TRUE(ConstantTimeEquals("a", "a"));
  EXPECT_FALSE(ConstantTimeEquals("a", "ab"));
  EXPECT_FALSE(ConstantTimeEquals(std::string("a\0b", 3), std::string("a\0c", 3)));
}

TEST(SecretStringTest, ZeroAndClearOverwrites) {
  std::string bytes(100, 'x');
  const char* p = bytes.data();
  ZeroAndClear(bytes);
  for (int i = 1; i < 100; ++i) EXPECT_EQ(p[i], '\0');
}

}  // namespace
}  // namespace sluice::base
