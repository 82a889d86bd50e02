#include "generator_glob.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::source {
namespace {

using testing::ElementsAre;

TEST(GeneratorGlobTest, DoubleStarMatches) {
  const struct {
    std::string pattern, name;
    bool want;
  } cases[] = {
      {"*", "abc", true},
      {"*", "a/b", false},
      {"**", "a/b", true},
      {"", "", true},
      {"a/**", "a", true},
      {"a/**", "a/b/c", true},
      {"a/**/", "a", true},
      {"a/**", "ab", false},
      {"**/c", "c", true},
      {"**/c", "a/b/c", true},
      {"**/c", "abc", false},
      {"a/**/b", "a/b", true},
      {"a/**/b", "a/x/y/b", true},
      {"abc**", "abc/b", false},
      {"abc**", "abcd", true},
      {"*.{md,txt}", "a.txt", true},
      {"*.{md,txt}", "a.t", false},
      {"{a/{b,c},abc}", "a/c", true},
      {"{a/{b,c},abc}", "a/b/c", false},
      {"a{,bc}", "a", true},
      {"ab[b-d]", "abc", true},
      {"ab[!c]", "abc", false},
      {"ab[^e-g]", "abc", true},
      {"[x-]", "-", true},
      {"[-x]", "-", true},
      {"[\\]a]", "]", true},
      {"a?b", "a/b", false},
      {"a?b", "a☺b", true},
      {"a\\*b", "a*b", true},
      {"a\\*b", "axb", false},
      {"**/*.yaml", "a/b.yaml", true},
      {"**/{a,b}", "x/b", true},
      {"a*b*c*d*e*/f", "axbxcxdxexxx/f", true},
      {"a*b?c*x", "abxbbxdbxebxczzy", false},
      {"**/a/**/b", "a/x/a/b", true},
      {"[a-ζ]*", "α", true},
      {"a/*", "a", false},
      {"*/", "a/", true},
      {"a,b", "a,b", true},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.pattern + " on " + c.name);
    const auto compiled = DoubleStar::Compile(c.pattern);
    ASSERT_TRUE(compiled.ok());
    EXPECT_EQ(compiled->Matches(c.name), c.want);
  }
}

TEST(GeneratorGlobTest, RefusesMalformedAndEndlessPatterns) {
  std::string bomb, nested;
  for (int i = 0; i < 200; ++i) bomb += "{a,a}";
  for (int i = 0; i < 2000; ++i) nested += "{a,";
  for (const std::string& pattern :
       {std::string("["), std::string("[^"), std::string("[]a]"), std::string("\\"),
        std::string("{a"), std::string("a}"), bomb, nested, std::string(100'000, 'a')}) {
    EXPECT_EQ(DoubleStar::Compile(pattern).status().message(), "syntax error in pattern")
        << pattern.substr(0, 20);
  }
}

TEST(GeneratorGlobTest, MatchesInBoundedTime) {
  const auto compiled = DoubleStar::Compile("**/" + std::string(200, '*') + "a*a*a*a*a*a*a*a*b");
  ASSERT_TRUE(compiled.ok());
  EXPECT_FALSE(compiled->Matches(std::string(3000, 'a')));
}

TEST(GeneratorGlobTest, GlobsATree) {
  const auto tree = io::MakeMemoryTree({{"a.yaml", ""},
                                        {"b.md", ""},
                                        {"d/c.yaml", ""},
                                        {"d/e/f.yaml", ""},
                                        {"d/e/g.tgz", ""},
                                        {"h.tgz", ""}});
  const struct {
    std::string pattern;
    std::vector<std::string> by_parts, double_star;
  } cases[] = {
      {"*", {"a.yaml", "b.md", "d", "h.tgz"}, {"a.yaml", "b.md", "d", "h.tgz"}},
      {"**",
       {"a.yaml", "b.md", "d", "h.tgz"},
       {".", "a.yaml", "b.md", "d", "d/c.yaml", "d/e", "d/e/f.yaml", "d/e/g.tgz", "h.tgz"}},
      {"**/*.yaml", {"d/c.yaml"}, {"a.yaml", "d/c.yaml", "d/e/f.yaml"}},
      {"**/*.tgz", {}, {"h.tgz", "d/e/g.tgz"}},
      {"d/*/*.yaml", {"d/e/f.yaml"}, {"d/e/f.yaml"}},
      {"./*.md", {"b.md"}, {}},
      {"../*", {}, {}},
      {"/*", {}, {}},
      {"d//*", {}, {}},
      {"nope/*", {}, {}},
      {"*/", {}, {"d"}},
      {"a.yaml", {"a.yaml"}, {"a.yaml"}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.pattern);
    EXPECT_EQ(GlobByParts(*tree, c.pattern).value_or({}), c.by_parts);
    EXPECT_EQ(GlobDoubleStar(*tree, c.pattern).value_or({}), c.double_star);
  }
  EXPECT_EQ(GlobByParts(*tree, "[").status().message(), "syntax error in pattern");
  EXPECT_EQ(GlobDoubleStar(*tree, "{").status().message(), "syntax error in pattern");
}

}  // namespace
}  // namespace sluice::source
