#include "io/rooted_fs.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "io/temp_dir.h"

namespace sluice::io {
namespace {

using base::StatusCode;

TempDir MakeDir() {
  auto dir = TempDir::Create(testing::TempDir(), "fs-");
  SLUICE_CHECK(dir.ok());
  return *std::move(dir);
}

TEST(RootedFsTest, WritesReadsRenamesRemoves) {
  const TempDir dir = MakeDir();
  const RootedFs& fs = dir.fs();
  ASSERT_TRUE(fs.MakeDirs("a/b").ok());
  ASSERT_TRUE(fs.MakeDirs("a/b").ok());
  ASSERT_TRUE(fs.WriteFile("a/b/f", "one").ok());
  ASSERT_TRUE(fs.WriteFile("a/b/f", "two", {.sync = true}).ok());
  EXPECT_EQ(fs.ReadFile("a/b/f").value_or("-"), "two");
  ASSERT_TRUE(fs.Rename("a/b/f", "g").ok());
  EXPECT_EQ(fs.Stat("a/b/f").status().code(), StatusCode::kNotFound);
  EXPECT_EQ(fs.Remove("a").code(), StatusCode::kAlreadyExists);  // not empty
  ASSERT_TRUE(fs.RemoveAll("a").ok());
  ASSERT_TRUE(fs.RemoveAll("a").ok());
  EXPECT_EQ(fs.ReadDir("")->size(), 1u);
  EXPECT_EQ(fs.CreateFile("g").status().code(), StatusCode::kAlreadyExists);
}

TEST(RootedFsTest, RefusesEveryWayOut) {
  const TempDir dir = MakeDir();
  const RootedFs& fs = dir.fs();
  ASSERT_TRUE(fs.MakeDirs("in").ok());
  ASSERT_TRUE(fs.Symlink("/tmp", "link").ok());
  ASSERT_TRUE(fs.Symlink("in", "inner").ok());
  for (const std::string path : {"/etc/passwd", "../x", "in/../../x", "link/x", "inner/x"}) {
    SCOPED_TRACE(path);
    EXPECT_EQ(fs.WriteFile(path, "").code(), StatusCode::kPermissionDenied);
    EXPECT_EQ(fs.ReadFile(path).status().code(), StatusCode::kPermissionDenied);
    EXPECT_EQ(fs.Remove(path).code(), StatusCode::kPermissionDenied);
    EXPECT_FALSE(fs.MakeDirs(path).ok());
  }
  EXPECT_EQ(fs.WriteFile(std::string_view("a\0b", 3), "").code(), StatusCode::kPermissionDenied);
  EXPECT_EQ(fs.ReadFile("link").status().code(), StatusCode::kPermissionDenied);
}

TEST(RootedFsTest, RemoveAllLeavesWhatLinksPointAt) {
  const TempDir outside = MakeDir(), dir = MakeDir();
  ASSERT_TRUE(outside.fs().WriteFile("keep", "k").ok());
  ASSERT_TRUE(dir.fs().MakeDirs("x").ok());
  ASSERT_TRUE(dir.fs().Symlink(outside.path(), "x/link").ok());
  ASSERT_TRUE(dir.fs().RemoveAll("x").ok());
  EXPECT_EQ(outside.fs().ReadFile("keep").value_or("-"), "k");
}

TEST(RootedFsTest, AnAbandonedFileLeavesNothing) {
  const TempDir dir = MakeDir();
  {
    auto file = dir.fs().StartFile("f");
    ASSERT_TRUE(file.ok());
    ASSERT_TRUE(file->Write("half").ok());
  }
  EXPECT_TRUE(dir.fs().ReadDir("")->empty());
}

TEST(TempDirTest, IsRemovedAtItsEnd) {
  std::string path;
  {
    TempDir first = MakeDir();
    TempDir dir = std::move(first);
    path = dir.path();
    ASSERT_TRUE(dir.fs().MakeDirs("a/b").ok());
    ASSERT_TRUE(std::filesystem::exists(path));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace sluice::io
