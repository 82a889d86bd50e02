#include "artifact/path_digests.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

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
  EXPECT_EQ(a.Build(), b.Build());
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

TEST(PathDigestsTest, SurvivesItsEncoding) {
  std::map<std::string, std::string> many;
  for (int i = 0; i < 300; ++i) many["d/f" + std::to_string(i)] = "v";
  const struct {
    const char* name;
    PathDigests table;
  } cases[] = {
      {"nothing known", {}},
      {"an empty artifact", Of({})},
      {"two levels", Of({{"apps/a", "1"}, {"b", "2"}})},
      {"names without UTF-8", Of({{"d/\xff", "1"}, {"d/\xfe\xff", "2"}})},
      {"a long path",
       Of({{std::string(3000, 'x') + "/y", "1"}, {std::string(3000, 'x') + "z", ""}})},
      {"whole", Of(many)},
      {"partial", Of(many, 100)},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const std::string bytes = c.table.Encode();
    EXPECT_LE(bytes.size(), c.table.bytes() + 2);
    const auto back = PathDigests::Decode(bytes);
    ASSERT_TRUE(back.ok()) << back.status().message();
    EXPECT_EQ(*back, c.table);
  }
  const auto cut = *PathDigests::Decode(Of(many, 100).Encode());
  EXPECT_EQ(cut.Of("d/f1"), cut.Of("d")) << "a partial table stays partial";
  EXPECT_FALSE(cut.Knows("d/f1"));
  EXPECT_TRUE(cut.Knows("d"));
  EXPECT_TRUE(Of(many).Knows("d/absent")) << "it is not there";
}

TEST(PathDigestsTest, RefusesWhatIsNoTable) {
  const std::string good = Of({{"a", "1"}, {"ab", "2"}}).Encode(), digest(16, 'd');
  const std::string root = std::string("\1\1\0\0", 4) + digest;
  EXPECT_TRUE(PathDigests::Decode(root).ok());
  const auto row = [&](size_t shared, const std::string& rest) {
    return std::string{static_cast<char>(shared), static_cast<char>(rest.size())} + rest + digest;
  };
  const struct {
    const char* name;
    std::string bytes;
  } cases[] = {
      {"another version", "\2" + good.substr(1)},
      {"neither whole nor partial", std::string("\1\2", 2) + good.substr(2)},
      {"no rows", good.substr(0, 2)},
      {"cut off", good.substr(0, good.size() - 1)},
      {"more behind", good + "x"},
      {"without the root", std::string("\1\1", 2) + row(0, "a")},
      {"the root twice", root + row(0, "")},
      {"one path twice", root + row(0, "a") + row(0, "a")},
      {"out of order", root + row(0, "b") + row(0, "a")},
      {"shares more than there is", root + row(0, "b") + row(2, "a")},
      {"a number without end", root + std::string(8, '\xff')},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(PathDigests::Decode(c.bytes).status().code(), base::StatusCode::kInvalidArgument);
  }
}

// Each row takes a long path over and adds a letter: few bytes that would become very many.
TEST(PathDigestsTest, WhatATableBecomesIsBounded) {
  std::string bytes = std::string("\1\1\0\0", 4) + std::string(16, 'd');
  const size_t length = 60000;
  bytes += std::string("\0\xe0\xd4\3", 4) + std::string(length, 'a') + std::string(16, 'd');
  for (char c = 'a'; c <= 'z'; ++c)
    bytes += std::string("\xe0\xd4\3\1", 4) + c + std::string(16, 'd');
  EXPECT_TRUE(PathDigests::Decode(bytes).ok());
  for (char c = 'a'; c <= 'z'; ++c) {
    bytes += std::string("\xe0\xd4\3\2", 4) + "z" + c + std::string(16, 'd');
  }
  EXPECT_FALSE(PathDigests::Decode(bytes).ok());
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
  EXPECT_EQ(*from_tree, b.Build());
}

}  // namespace
}  // namespace sluice::artifact
