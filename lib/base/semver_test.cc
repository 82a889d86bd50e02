#include "base/semver.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace sluice::base {
namespace {

TEST(SemVerTest, ParsesLeniently) {
  const struct {
    std::string text, printed, strict_error;
  } cases[] = {
      {"1.2.3", "1.2.3", ""},
      {"v1.2.3", "1.2.3", "invalid characters in version"},
      {"1.2", "1.2.0", "invalid semantic version"},
      {"1", "1.0.0", "invalid semantic version"},
      {"01.2.3", "1.2.3", "version segment starts with 0"},
      {"1.2.3-beta.1+build.5", "1.2.3-beta.1+build.5", ""},
      {"1.2-rc", "1.2.0-rc", "invalid semantic version"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const auto v = SemVer::Parse(c.text);
    ASSERT_TRUE(v.ok()) << v.status().message();
    EXPECT_EQ(v->ToString(), c.printed);
    EXPECT_EQ(v->original(), c.text);
    EXPECT_EQ(SemVer::ParseStrict(c.text).status().message(), c.strict_error);
  }
  EXPECT_EQ(SemVer::ParseStrict("1..2").status().message(),
            "strconv.ParseUint: parsing \"\": invalid syntax");
  for (const auto* text : {"", "v", "1.2.3.4", "a.b.c", "1.2.3-", "1.2.3+", "1.2.3-a..b",
                           "1.2.3-01", "1..2", "18446744073709551616.0.0", " 1.2.3", "1.2.3 "}) {
    EXPECT_FALSE(SemVer::Parse(text).ok()) << text;
  }
  EXPECT_FALSE(SemVer::ParseTag("v1.2").ok());
  EXPECT_TRUE(SemVer::ParseTag("v1.2.3").ok());
}

TEST(SemVerTest, OrdersBySemVer2) {
  const std::vector<std::string> order = {
      "0.9.0",      "1.0.0-alpha",  "1.0.0-alpha.1", "1.0.0-alpha.beta",
      "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",
      "1.0.0",      "1.0.1",        "1.10.0"};
  for (size_t i = 0; i + 1 < order.size(); ++i) {
    EXPECT_LT(*SemVer::Parse(order[i]), *SemVer::Parse(order[i + 1])) << order[i];
  }
  EXPECT_EQ(*SemVer::Parse("1.2.3+a"), *SemVer::Parse("v1.2.3+b"));
}

TEST(SemVerTest, ConstraintsMatch) {
  const struct {
    std::string constraint;
    std::vector<std::string> yes, no;
  } cases[] = {
      {"*", {"0.0.0", "9.9.9"}, {"1.0.0-rc"}},
      {">=1.2.3", {"1.2.3", "2.0.0"}, {"1.2.2", "1.3.0-rc"}},
      {">=1.0.0-0", {"1.0.0-rc", "2.0.0-rc"}, {"0.9.0"}},
      {">=1.0.0-0 <2.0.0", {"1.5.0-rc", "1.0.0"}, {"2.0.0"}},
      {">1", {"2.0.0"}, {"1.0.0", "1.9.9"}},
      {">1.2", {"1.3.0"}, {"1.2.9"}},
      {"<=1", {"1.9.9", "0.1.0"}, {"2.0.0"}},
      {"~1.2.3", {"1.2.9"}, {"1.3.0", "1.2.2"}},
      {"~1", {"1.9.0"}, {"2.0.0"}},
      {"^1.2.3", {"1.9.9"}, {"2.0.0", "1.2.2"}},
      {"^0.2.3", {"0.2.9"}, {"0.3.0"}},
      {"^0.0.3", {"0.0.3"}, {"0.0.4"}},
      {"^0.0", {"0.0.9"}, {"0.1.0"}},
      {"^0", {"0.9.0"}, {"1.0.0"}},
      {"1.2.x", {"1.2.7"}, {"1.3.0"}},
      {"!=1.2.x", {"1.3.0"}, {"1.2.3"}},
      {"1.2 - 3", {"1.2.0", "3.9.9"}, {"1.1.9", "4.0.0"}},
      {"1.1 || 3.x", {"1.1.5", "3.4.0"}, {"2.0.0"}},
      {">= 1.2 , < 3", {"1.2.0"}, {"3.0.0"}},
      {"=>1 =<2", {"1.0.0", "2.5.0"}, {"3.0.0"}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.constraint);
    const auto constraint = SemVerConstraint::Parse(c.constraint);
    ASSERT_TRUE(constraint.ok()) << constraint.status().message();
    for (const auto& v : c.yes) EXPECT_TRUE(constraint->Matches(*SemVer::Parse(v))) << v;
    for (const auto& v : c.no) EXPECT_FALSE(constraint->Matches(*SemVer::Parse(v))) << v;
  }
}

TEST(SemVerTest, ImproperConstraints) {
  for (const std::string text :
       {"foo", ">=", "1.2.3.4", "~^1", "1..2", "> =1", ">=1.2.3,", "1.2.y", "==1.2.3", ""}) {
    EXPECT_EQ(SemVerConstraint::Parse(text).status().message(),
              "improper constraint: \"" + text + "\"");
  }
  EXPECT_FALSE(SemVerConstraint::Parse(std::string(5000, '1')).ok());
  EXPECT_EQ(SemVerConstraint::Parse("1.2.3.4 - 5 <6").status().message(),
            "improper constraint: \"1.>= 2.3.4, <= 5 <6\"");
  EXPECT_EQ(SemVerConstraint::Parse("1.2.3-a - 1.2.3-b")->ToString(), ">=1.2.3-a <=1.2.3-b");
}

}  // namespace
}  // namespace sluice::base
