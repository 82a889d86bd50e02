#include "base/glob.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::base {
namespace {

TEST(GlobTest, PathMatchAsGo) {
  const struct {
    const char *pattern, *name;
    bool want;
  } cases[] = {
      {"\xff", "\xff", true},
      {"\xff", "\xfe", false},
      {"\xe9", "é", false},
      {"?", "\xff", true},
      {"abc", "abc", true},
      {"*", "abc", true},
      {"*c", "abc", true},
      {"a*", "ab/c", false},
      {"a*/b", "abc/b", true},
      {"a*/b", "a/c/b", false},
      {"a?b", "a\u263ab", true},
      {"a[^a]b", "a\u263ab", true},
      {"a???b", "a\u263ab", false},
      {"[a-z]*", "hello", true},
      {"a\\*b", "a*b", true},
      {"a?b", "a/b", false},
      {"a*b*c*d*e*", "axbxcxdxexxx", true},
      {"a*b?c*x", "abxbbxdbxebxczzx", true},
      {"a*b?c*x", "abxbbxdbxebxczzy", false},
      {"*.swp", "a/b.swp", false},
      {"*.swp", ".swp", true},
      {"*/b", "a/b", true},
      {"a.b", "axb", false},
      {"*.swp", "swp", false},
      {"[\\]a]", "]", true},
      {"[x\\-]", "-", true},
      {"*x", "xxx", true},
      {"", "", true},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(std::string(c.pattern) + " " + c.name);
    ASSERT_TRUE(PathMatch(c.pattern, c.name).ok());
    EXPECT_EQ(*PathMatch(c.pattern, c.name), c.want);
  }
}

TEST(GlobTest, FilepathMatchLooksNoFurtherThanItMatches) {
  for (const auto* pattern : {"[", "a[", "*[", "*c*[", "?*[x"}) {
    EXPECT_EQ(FilepathMatch(pattern, "abc").status().message(), "syntax error in pattern")
        << pattern;
  }
  for (const auto* pattern : {"x*[", "*x*[", "a/*[", "[^a]*["})
    EXPECT_FALSE(FilepathMatch(pattern, "abc").value_or(true)) << pattern;
}

TEST(GlobTest, PathMatchRejectsBadPatterns) {
  for (const auto* pattern :
       {"[]a]", "[-]", "[x-]", "[-x]", "\\", "[a-b-c]", "[", "[^", "[^bc", "a[", "[]"}) {
    EXPECT_EQ(PathMatch(pattern, "a").status().message(), "syntax error in pattern") << pattern;
  }
}

TEST(GlobTest, ManyStarsStayCheap) {
  std::string pattern;
  for (int i = 0; i < 100; ++i) pattern += "a*";
  EXPECT_FALSE(PathMatch(pattern + "b", std::string(5000, 'a')).value_or(true));
}

}  // namespace
}  // namespace sluice::base
