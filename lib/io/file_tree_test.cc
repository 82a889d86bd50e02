#include "io/file_tree.h"

#include <gtest/gtest.h>

#include <optional>

#include "io/rooted_fs.h"
#include "io/temp_dir.h"

namespace sluice::io {
namespace {

using base::StatusCode;

TEST(PathTest, CleansAsGoDoes) {
  const struct {
    const char *in, *want;
  } cases[] = {{"", "."},       {".", "."},          {"a//b/", "a/b"},  {"./a/./b", "a/b"},
               {"a/../b", "b"}, {"../a", "../a"},    {"a/../..", ".."}, {"/../a", "/a"},
               {"/", "/"},      {"a/b/../../c", "c"}};
  for (const auto& c : cases) EXPECT_EQ(CleanPath(c.in), c.want) << c.in;
  EXPECT_EQ(JoinPath("a", "../b"), "b");
  EXPECT_EQ(JoinPath("", "b/"), "b");
  EXPECT_EQ(JoinPath("", ""), "");
}

class DiskTreeTest : public testing::Test {
 protected:
  void SetUp() override {
    auto dir = TempDir::Create(testing::TempDir(), "tree-");
    ASSERT_TRUE(dir.ok()) << dir.status().message();
    dir_.emplace(*std::move(dir));
    const auto& fs = dir_->fs();
    ASSERT_TRUE(fs.MakeDirs("root/sub/deep").ok());
    ASSERT_TRUE(fs.WriteFile("secret", "out").ok());
    ASSERT_TRUE(fs.WriteFile("root/a", "A").ok());
    ASSERT_TRUE(fs.WriteFile("root/sub/run", "R", {.mode = 0755}).ok());
    ASSERT_TRUE(fs.Symlink("../a", "root/sub/up").ok());
    ASSERT_TRUE(fs.Symlink("sub", "root/dir").ok());
    ASSERT_TRUE(fs.Symlink("../secret", "root/out").ok());
    ASSERT_TRUE(fs.Symlink("/etc/passwd", "root/abs").ok());
    ASSERT_TRUE(fs.Symlink("loop", "root/loop").ok());
    ASSERT_TRUE(fs.Symlink("sub/../..", "root/parent").ok());
    auto tree = OpenDirectory(fs.Absolute("root"));
    ASSERT_TRUE(tree.ok());
    tree_ = *std::move(tree);
  }
  std::optional<TempDir> dir_;
  std::unique_ptr<FileTree> tree_;
};

TEST_F(DiskTreeTest, ReadsFilesAndFollowsLinksInside) {
  EXPECT_EQ(tree_->ReadFile("a").value_or("-"), "A");
  EXPECT_EQ(tree_->ReadFile("sub/up").value_or("-"), "A");
  EXPECT_EQ(tree_->ReadFile("dir/up").value_or("-"), "A");
  EXPECT_EQ(tree_->Resolve("dir/up").value_or("-"), "a");
  EXPECT_EQ(tree_->Resolve("").value_or("-"), "");
  EXPECT_EQ(tree_->ReadLink("dir").value_or("-"), "sub");
  EXPECT_TRUE(tree_->Stat("sub/run")->executable);
  EXPECT_EQ(tree_->Stat("dir")->kind, FileKind::kDirectory);
}

TEST_F(DiskTreeTest, NothingLeadsOutside) {
  for (const char* path :
       {"out", "abs", "parent", "parent/secret", "../secret", "sub/../../secret", "/etc/passwd"}) {
    EXPECT_EQ(tree_->ReadFile(path).status().code(), StatusCode::kPermissionDenied) << path;
  }
  EXPECT_FALSE(tree_->ReadFile("loop").ok());
}

TEST_F(DiskTreeTest, FailuresSayWhatHappened) {
  EXPECT_EQ(tree_->ReadFile("none").status(),
            base::NotFound("open none: no such file or directory"));
  EXPECT_EQ(tree_->Stat("a/b").status(), base::NotFound("stat a/b: not a directory"));
  EXPECT_EQ(tree_->ReadFile("sub").status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(tree_->ReadFile("a", 0).status().code(), StatusCode::kResourceExhausted);
}

TEST_F(DiskTreeTest, ListsSorted) {
  const auto entries = tree_->ReadDir("sub");
  ASSERT_TRUE(entries.ok());
  std::string names;
  for (const auto& e : *entries) names += e.name + " ";
  EXPECT_EQ(names, "deep run up ");
  EXPECT_EQ(entries->at(2).info.kind, FileKind::kSymlink);
}

TEST(MemoryTreeTest, ImpliesDirectories) {
  const auto tree = MakeMemoryTree({{"a/b/c", "1"}, {"a/d", "22"}, {"e", ""}});
  EXPECT_EQ(tree->ReadFile("a/./b/c").value_or("-"), "1");
  EXPECT_EQ(tree->Stat("a/b")->kind, FileKind::kDirectory);
  EXPECT_EQ(tree->ReadDir("")->size(), 2u);
  EXPECT_EQ(tree->ReadDir("a")->at(1).info.size, 2u);
  EXPECT_EQ(tree->ReadFile("x").status().code(), StatusCode::kNotFound);
  EXPECT_EQ(tree->ReadFile("../x").status().code(), StatusCode::kPermissionDenied);
  EXPECT_EQ(tree->ReadFile("a/d", 1).status().code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(tree->Resolve("a/b/../d").value_or("-"), "a/d");
}

}  // namespace
}  // namespace sluice::io
