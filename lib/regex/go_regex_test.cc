#include "regex/go_regex.h"

#include <gtest/gtest.h>

namespace sluice::regex {
namespace {

TEST(GoRegexTest, MatchesAnywhere) {
  EXPECT_TRUE(GoRegex::Compile(".*-rc.*")->Matches("1.0.0-rc.1"));
  EXPECT_FALSE(GoRegex::Compile("^v1")->Matches("rev1"));
  EXPECT_TRUE(GoRegex::Compile("")->Matches("x"));
}

TEST(GoRegexTest, RefusesInGosWords) {
  const struct {
    const char *pattern, *error;
  } cases[] = {{"[", "error parsing regexp: missing closing ]: `[`"},
               {"(a", "error parsing regexp: missing closing ): `(a`"},
               {"a)", "error parsing regexp: unexpected ): `a)`"},
               {"*", "error parsing regexp: missing argument to repetition operator: `*`"},
               {"(?<=a)b", "error parsing regexp: invalid or unsupported Perl syntax: `(?<`"},
               {"\\", "error parsing regexp: trailing backslash at end of expression"}};
  for (const auto& c : cases) EXPECT_EQ(GoRegex::Compile(c.pattern).status().message(), c.error);
}

}  // namespace
}  // namespace sluice::regex
