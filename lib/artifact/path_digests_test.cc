#include "artifact/path_digests.h"

#include <gtest/gtest.h>

namespace sluice::artifact {
namespace {

PathDigests Of(const std::map<std::string, std::string>& files,
               size_t budget = PathDigests::kDefaultBudget) {
  PathDigestsBuilder b;
  for (const auto& [path, content] : files) b.AddFile(path, content, false);
  return b.Build(budget);
}

TEST(PathDigestsTest, ChangeShowsAtEveryAncestorAndNowhereElse) {
  const auto one = Of({{"apps/a/x.yaml", "1"}, {"apps/b/x.yaml", "1"}, {"base/y", "2"}});
  const auto two = Of({{"apps/a/x.yaml", "9"}, {"apps/b/x.yaml", "1"}, {"base/y", "2"}});
  for (const std::string path : {"", "apps", "apps/a", "apps/a/x.yaml"})
    EXPECT_FALSE(one.Same(two, path)) << path;
  for (const std::string path :
       {"apps/b", "apps/b/x.yaml", "base", "base/y", "absent", "apps/absent/x"}) {
    EXPECT_TRUE(one.Same(two, path)) << path;
  }
}

TEST(PathDigestsTest, AddingRemovingRenamingAndModesCount) {
  const auto one = Of({{"d/a", "1"}});
  EXPECT_FALSE(one.Same(Of({{"d/a", "1"}, {"d/b", ""}}), "d"));
  EXPECT_FALSE(one.Same(Of({{"d/b", "1"}}), "d"));
  EXPECT_FALSE(one.Same(Of({{"e", "1"}}), "d"));
  PathDigestsBuilder b;
  b.AddFile("d/a", "1", true);
  EXPECT_FALSE(one.Same(b.Build(), "d/a"));
  PathDigestsBuilder c;
  c.AddFile("d/a", "1", false);
  c.AddDirectory("empty");
  const auto with_empty = c.Build();
  EXPECT_TRUE(one.Same(with_empty, "d"));
  EXPECT_FALSE(one.Same(with_empty, "empty"));
}

TEST(PathDigestsTest, OrderOfFeedingDoesNotCount) {
  PathDigestsBuilder a, b;
  a.AddDirectory("x");
  a.AddFile("x/1", "1", false);
  a.AddFile("x-y", "2", false);
  b.AddFile("x-y", "2", false);
  b.AddFile("x/1", "1", false);
  EXPECT_EQ(a.Build().ToMap(), b.Build().ToMap());
}

TEST(PathDigestsTest, BudgetDropsTheDeepestAndStaysSafe) {
  std::map<std::string, std::string> files;
  for (int i = 0; i < 100; ++i)
    files["dir" + std::to_string(i % 10) + "/file" + std::to_string(i)] = "v";
  const auto whole = Of(files), cut = Of(files, 1000);
  EXPECT_EQ(whole.size(), 111u);
  EXPECT_EQ(cut.size(), 11u);
  EXPECT_EQ(cut.Of("dir1"), whole.Of("dir1"));
  EXPECT_EQ(cut.Of("dir1/file1"), whole.Of("dir1")) << "the nearest listed ancestor answers";
  files["dir1/file1"] = "w";
  EXPECT_FALSE(cut.Same(Of(files, 1000), "dir1/file1"));
  EXPECT_EQ(Of(files, 0).size(), 1u);
}

TEST(PathDigestsTest, TravelsAsAMap) {
  const auto one = Of({{"apps/a", "1"}, {"b", "2"}});
  const auto back = PathDigests::FromMap(one.ToMap());
  ASSERT_TRUE(back.ok());
  for (const std::string path : {"", "apps", "apps/a", "b", "absent"})
    EXPECT_EQ(back->Of(path), one.Of(path)) << path;
  EXPECT_EQ(back->ToMap(), one.ToMap());
  std::map<std::string, std::string> files;
  for (int i = 0; i < 100; ++i) files["d/f" + std::to_string(i)] = "v";
  const auto cut = PathDigests::FromMap(Of(files, 100).ToMap());
  EXPECT_EQ(cut->Of("d/f1"), cut->Of("d")) << "a partial table stays partial";
  EXPECT_TRUE(PathDigests::FromMap({})->empty());
  EXPECT_FALSE(PathDigests::FromMap({{"a", "short"}}).ok());
  EXPECT_FALSE(PathDigests::FromMap({{"a", std::string(22, '!')}}).ok());
  const auto odd = PathDigests::FromMap(Of({{"d/\xff", "1"}}).ToMap());
  ASSERT_TRUE(odd.ok());
  EXPECT_EQ(odd->Of("d/\xff"), odd->Of("d"))
      << "a name that is no UTF-8 is covered by its directory";
}

TEST(PathDigestsTest, FromTreeAgreesWithTheBuilder) {
  const std::map<std::string, std::string> files = {{"a/b/c", "1"}, {"a/d", "2"}, {"e", ""}};
  PathDigestsBuilder b;
  b.AddDirectory("a");
  b.AddDirectory("a/b");
  for (const auto& [path, content] : files) b.AddFile(path, content, false);
  const auto tree = io::MakeMemoryTree(files);
  const auto from_tree = PathDigests::FromTree(*tree);
  ASSERT_TRUE(from_tree.ok());
  EXPECT_EQ(from_tree->ToMap(), b.Build().ToMap());
}

}  // namespace
}  // namespace sluice::artifact
