#include "io/rooted_fs.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <thread>

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

// S1: what was checked is what is opened. Another thread makes a link of a folder and a folder of
// the link, while we read and write through it.
TEST(RootedFsTest, AFolderThatBecomesALinkLeadsNowhere) {
  const TempDir outside = MakeDir(), dir = MakeDir();
  const RootedFs& fs = dir.fs();
  ASSERT_TRUE(outside.fs().WriteFile("f", "sentinel").ok());
  ASSERT_TRUE(fs.MakeDirs("folder").ok());
  ASSERT_TRUE(fs.WriteFile("folder/f", "inside").ok());
  ASSERT_TRUE(fs.Symlink(outside.fs().root(), "link").ok());
  const std::string folder = fs.Absolute("folder"), link = fs.Absolute("link");
  std::jthread swapper([&](const std::stop_token& stop) {
    while (!stop.stop_requested())
      renameat2(AT_FDCWD, folder.c_str(), AT_FDCWD, link.c_str(), RENAME_EXCHANGE);
  });
  for (int i = 0; i < 10'000; ++i) {
    EXPECT_NE(fs.ReadFile("folder/f").value_or("-"), "sentinel");
    if (i % 10 == 0) static_cast<void>(fs.WriteFile("folder/new", "x"));
    if (i % 10 == 5) static_cast<void>(fs.RemoveAll("folder/f2"));
  }
  swapper.request_stop();
  swapper.join();
  const auto left = outside.fs().ReadDir("");
  ASSERT_TRUE(left.ok());
  EXPECT_EQ(left->size(), 1u) << "nothing was written outside";
  EXPECT_EQ(outside.fs().ReadFile("f").value_or("-"), "sentinel");
}

TEST(TempDirTest, TakesAnyPrefix) {
  const auto dir = TempDir::Create(testing::TempDir(), std::string(400, 'n'));
  EXPECT_TRUE(dir.ok()) << dir.status().message();
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
