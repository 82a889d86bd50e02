#include "artifact/source_ignore.h"

#include <gtest/gtest.h>

namespace sluice::artifact {
namespace {

TEST(SourceIgnoreTest, PatternsByTable) {
  const struct {
    std::string patterns, path;
    bool directory, ignored;
  } cases[] = {
      {"*.md", "a.md", false, true},
      {"*.md", "deep/er/a.md", false, true},
      {"*.md", "a.mdx", false, false},
      {"tmp", "tmp/child/file", false, true},  // a name pattern takes descendants
      {"tmp/", "tmp", false, false},           // directories only
      {"tmp/", "tmp", true, true},
      {"tmp/", "tmp/file", false, true},
      {"/tmp", "a/tmp", false, false},  // anchored
      {"/tmp", "tmp/a", false, true},   // a prefix matches descendants
      {"a/b", "a/b", false, true},
      {"a/b", "x/a/b", false, false},
      {"a/b/", "a/b", false, false},
      {"a/b/", "a/b/c", false, true},
      {"**/b", "a/x/b", false, true},
      {"**/b", "b", false, true},
      {"a/**/z", "a/b/c/z", false, true},
      {"a/**", "a", true, false},
      {"a/**", "a/x", false, true},
      {"a/x**", "a/xy", false, false},  // only a whole "**" means depth
      {"a/[b", "a/[b", false, false},   // malformed: never
      {"a/[^b]", "a/c", false, true},
      {"\\#x", "#x", false, true},
      {"# comment", "# comment", false, false},
      {"x   ", "x", false, true},   // trailing blanks go
      {"x\\ ", "x ", false, true},  // but for an escaped one
      {"x\r", "x", false, true},
      {"*\n!keep", "keep", false, false},  // the last match wins
      {"!keep\n*", "keep", false, true},
      {"/*\n!/deploy\n/deploy/**/*.md", "deploy", true, false},
      {"/*\n!/deploy\n/deploy/**/*.md", "deploy/a/b.md", false, true},
      {"/*\n!/deploy\n/deploy/**/*.md", "deploy/a/b.yaml", false, false},
      {"/*\n!/deploy\n/deploy/**/*.md", "src/a.yaml", false, true},
      {"dir\n!dir/keep.yaml", "dir/keep.yaml", false, false},  // unlike git
      {"", "a", false, false},
      {"*", ".x", false, true},
      {"*.md", ".md", false, true},
      {"a/*", "a/b", false, true},
      {"a/*/c", "a/b/c", false, true},
      {"a/*/c", "a/b/d", false, false},
      {"a**b", "aXb", false, true},  // a name pattern: as "*"
      {"\\*x", "*x", false, true},
      {"\\*x", "yx", false, false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.patterns + " | " + c.path + (c.directory ? "/" : ""));
    IgnoreMatcher m;
    m.Append(c.patterns, "");
    EXPECT_EQ(m.Ignores(c.path, c.directory), c.ignored);
  }
}

TEST(SourceIgnoreTest, PatternsAreScopedToTheirDirectory) {
  IgnoreMatcher m;
  m.Append("/x\n*.txt\n", "a/b");
  EXPECT_TRUE(m.Ignores("a/b/x", false));
  EXPECT_FALSE(m.Ignores("x", false));
  EXPECT_FALSE(m.Ignores("a/x", false));
  EXPECT_TRUE(m.Ignores("a/b/c/n.txt", false));
  EXPECT_FALSE(m.Ignores("a/n.txt", false));
  EXPECT_FALSE(m.Ignores("a/b", true)) << "the directory itself is outside its own scope";
}

TEST(SourceIgnoreTest, LoadsFilesInOrderAndDropsDefaultsOnceAnyPatternIsGiven) {
  const auto plain = io::MakeMemoryTree(
      {{"a.png", ""}, {".gitmodules", ""}, {"d/.sops.yaml", ""}, {"a.yaml", ""}});
  auto m = LoadIgnore(*plain, "");
  ASSERT_TRUE(m.ok());
  EXPECT_TRUE(m->Ignores("a.png", false));
  EXPECT_TRUE(m->Ignores("d/.sops.yaml", false));
  EXPECT_TRUE(m->Ignores(".gitmodules", false));
  EXPECT_FALSE(m->Ignores("a.yaml", false));

  m = LoadIgnore(*plain, "# only a comment\n\n");
  EXPECT_TRUE(m->Ignores("a.png", false)) << "no pattern: the defaults stay";

  const auto tree = io::MakeMemoryTree({{".sourceignore", "*.yaml\n"},
                                        {"d/.sourceignore", "!*.yaml\n/z\n"},
                                        {"d/a.yaml", ""},
                                        {"a.yaml", ""},
                                        {"a.png", ""},
                                        {".git/.sourceignore", "*\n"}});
  m = LoadIgnore(*tree, "d/e\n");
  ASSERT_TRUE(m.ok());
  EXPECT_TRUE(m->Ignores("a.yaml", false));
  EXPECT_FALSE(m->Ignores("d/a.yaml", false)) << "the deeper file counts later";
  EXPECT_TRUE(m->Ignores("d/z", false));
  EXPECT_TRUE(m->Ignores("d/e", false)) << "spec.ignore counts last";
  EXPECT_FALSE(m->Ignores("a.png", false)) << "a pattern drops the defaults";
  EXPECT_TRUE(m->Ignores(".git/config", false)) << "but for version control's";
}

}  // namespace
}  // namespace sluice::artifact
