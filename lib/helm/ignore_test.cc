#include "helm/ignore.h"

#include <gtest/gtest.h>

namespace sluice::helm {
namespace {

TEST(IgnoreRulesTest, FirstRuleThatDecidesWins) {
  const struct {
    std::string rules, path;
    bool directory, ignored;
  } cases[] = {
      {"*.bak", "a/b.bak", false, true},
      {"*.bak", "a/b.bake", false, false},
      {"/a.txt", "a.txt", false, true},
      {"/a.txt", "d/a.txt", false, false},
      {"d/*.txt", "d/a.txt", false, true},
      {"d/*.txt", "e/d/a.txt", false, false},
      {"temp/", "temp", true, true},
      {"temp/", "temp", false, false},
      {"# comment\n\n  x  ", "x", false, true},
      {"\xef\xbb\xbfx", "x", false, true},
      {"!keep", "other", false, true},  // all but keep
      {"!keep", "keep", false, false},
      {"!keep/", "keep", false, true},
      {"x\n!x", "x", false, true},
      {"", "templates/.x", false, true},  // the rule that is always there
      {"", "templates/_x", false, false},
      {"*", ".", true, false},
      {"[a-c]", "b", false, true},
      {"[^a-c]", "b", false, false},
      {"\\*", "*", false, true},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.rules + " | " + c.path);
    auto rules = IgnoreRules::Parse(c.rules);
    ASSERT_TRUE(rules.ok());
    rules->AddDefaults();
    EXPECT_EQ(rules->Ignores(c.path, c.directory), c.ignored);
  }
}

TEST(IgnoreRulesTest, RefusesWhatIsNoPattern) {
  EXPECT_EQ(IgnoreRules::Parse("a/**/b").status().message(),
            "double-star (**) syntax is not supported");
  EXPECT_EQ(IgnoreRules::Parse("[a").status().message(), "syntax error in pattern");
}

}  // namespace
}  // namespace sluice::helm
