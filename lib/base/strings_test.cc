#include "base/strings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::base {
namespace {

using ::testing::ElementsAre;

TEST(StringsTest, Splits) {
  EXPECT_THAT(Split("a,b,,c", ","), ElementsAre("a", "b", "", "c"));
  EXPECT_THAT(Split("", ","), ElementsAre(""));
  EXPECT_THAT(SplitN("a.b.c.d", ".", 3), ElementsAre("a", "b", "c.d"));
  EXPECT_THAT(Fields("  a \t b\n"), ElementsAre("a", "b"));
  EXPECT_EQ(Join(Split("a/b", "/"), "::"), "a::b");
  EXPECT_EQ(Cut("a=b=c", "=")->second, "b=c");
  EXPECT_FALSE(Cut("a", "="));
}

TEST(StringsTest, Trims) {
  EXPECT_EQ(TrimSpace(" \n a b\t"), "a b");
  EXPECT_EQ(TrimSpace("   "), "");
  EXPECT_EQ(Trim("//a//", "/"), "a");
  EXPECT_EQ(TrimPrefix("refs/heads/x", "refs/heads/"), "x");
  EXPECT_EQ(TrimSuffix("a.git", ".git"), "a");
  EXPECT_EQ(ReplaceAll("aXbX", "X", "--"), "a--b--");
}

TEST(StringsTest, QuotesAsGo) {
  const std::pair<std::string, std::string> cases[] = {
      {"", "\"\""},
      {"a\"b\\", "\"a\\\"b\\\\\""},
      {"\a\b\f\n\r\t\v", "\"\\a\\b\\f\\n\\r\\t\\v\""},
      {std::string("\0\x7f", 2), "\"\\x00\\x7f\""},
      {"h\u00e9llo", "\"h\u00e9llo\""},
      {"\u2028", "\"\\u2028\""},
      {"\u00a0", "\"\\u00a0\""},
      {"\xff", "\"\\xff\""},
      {"\U0001F600", "\"\U0001F600\""},
      {"\U000F0000", "\"\\U000f0000\""},
  };
  for (const auto& [text, want] : cases) EXPECT_EQ(QuoteGo(text), want);
}

TEST(StringsTest, KnowsUtf8) {
  EXPECT_TRUE(IsValidUtf8("a\u00e9\u20ac\U0001F600"));
  for (const std::string bad :
       {"\xc0\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xe2\x82", "\x80"}) {
    EXPECT_FALSE(IsValidUtf8(bad));
  }
  EXPECT_EQ(TruncateUtf8("a\u20ac", 3), "a");
  EXPECT_EQ(TruncateUtf8("a\u20ac", 4), "a\u20ac");
  EXPECT_EQ(TruncateRunes("a\u20acb", 2), "a\u20ac");
}

TEST(StringsTest, ParsesNumbers) {
  EXPECT_EQ(ParseInt64("-12"), -12);
  EXPECT_EQ(ParseInt64("9223372036854775807"), INT64_MAX);
  for (const auto* text : {"", "1x", " 1", "9223372036854775808", "+-1", "++1"})
    EXPECT_FALSE(ParseInt64(text)) << text;
  EXPECT_FALSE(ParseUint64("-1"));
  EXPECT_EQ(ParseDouble("1.5e3"), 1500);
  EXPECT_EQ(ParseBool("T"), true);
  EXPECT_FALSE(ParseBool("yes"));
}

TEST(StringsTest, FoldsCase) {
  EXPECT_TRUE(EqualFold("Content-TYPE", "content-type"));
  EXPECT_EQ(ToUpper("aZ-1"), "AZ-1");
  EXPECT_EQ(Cat("a", std::string("b"), std::string_view("c")), "abc");
}

}  // namespace
}  // namespace sluice::base
