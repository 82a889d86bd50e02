#include "artifact/archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "artifact/source_ignore.h"
#include "artifact/unpack.h"

namespace sluice::artifact {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Packed {
  std::string bytes;
  ArchiveSummary summary;
};

Packed Pack(const io::FileTree& tree, const IgnoreMatcher* ignore = nullptr) {
  Packed p;
  auto summary = ArchiveTree(tree, ignore, [&](std::string_view b) {
    p.bytes += b;
    return base::OkStatus();
  });
  EXPECT_TRUE(summary.ok()) << summary.status().message();
  if (summary.ok()) p.summary = *std::move(summary);
  return p;
}

void ListInto(const io::FileTree& tree, const std::string& dir, std::vector<std::string>& out) {
  const auto entries = tree.ReadDir(dir);
  for (const auto& e : *entries) {
    const std::string path = dir.empty() ? e.name : dir + "/" + e.name;
    out.push_back(path + (e.info.kind == io::FileKind::kDirectory ? "/" : ""));
    if (e.info.kind == io::FileKind::kDirectory) ListInto(tree, path, out);
  }
}

std::vector<std::string> Names(const std::string& archive) {
  const auto tree = UnpackTarGz(archive);
  EXPECT_TRUE(tree.ok()) << tree.status().message();
  std::vector<std::string> out;
  if (tree.ok()) ListInto(**tree, "", out);
  return out;
}

TEST(ArchiveTest, SameTreeSameBytes) {
  const auto tree =
      io::MakeMemoryTree({{"b/c.yaml", "c: 1\n"}, {"a.yaml", "a: 1\n"}, {"b.yaml", ""}});
  const Packed one = Pack(*tree), two = Pack(*tree);
  EXPECT_EQ(one.bytes, two.bytes);
  EXPECT_EQ(one.summary.digest, two.summary.digest);
  EXPECT_EQ(one.summary.size, one.bytes.size());
  EXPECT_EQ(one.summary.entries, 5u);
  EXPECT_TRUE(VerifyDigest(one.bytes, one.summary.digest).ok());
  EXPECT_EQ(one.bytes.substr(0, 10), std::string("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10));
}

// The digest of a known tree: a change here makes every installation store new artifacts, and
// belongs into the release notes.
TEST(ArchiveTest, DigestIsPinned) {
  const auto tree =
      io::MakeMemoryTree({{"deploy/app.yaml", "kind: ConfigMap\n"}, {"README.md", "hello\n"}});
  EXPECT_EQ(Pack(*tree).summary.digest,
            "sha256:0a405d9cffa130837e1448689a289e399ffb955a0a14b97cdb4be00d8bbd8ae2");
}

TEST(ArchiveTest, RoundTripsThroughUnpack) {
  std::string big(300000, 'x');
  for (size_t i = 0; i < big.size(); i += 7) big[i] = static_cast<char>(i * 31 % 251);
  const std::string deep =
      std::string(60, 'd') + "/" + std::string(60, 'e') + "/" + std::string(60, 'f') + "/file";
  const auto tree = io::MakeMemoryTree({{"a", ""},
                                        {"big", big},
                                        {deep, "deep"},
                                        {"\xc3\xa4/\xe2\x82\xac.yaml", "utf8"},
                                        {std::string(180, 'n'), "long"},
                                        {"exact512", std::string(512, 'y')}});
  const auto back = UnpackTarGz(Pack(*tree).bytes);
  ASSERT_TRUE(back.ok()) << back.status().message();
  for (const std::string& path :
       {std::string("a"), std::string("big"), deep, std::string("\xc3\xa4/\xe2\x82\xac.yaml"),
        std::string(180, 'n'), std::string("exact512")}) {
    SCOPED_TRACE(path);
    const auto want = tree->ReadFile(path), got = (*back)->ReadFile(path);
    ASSERT_TRUE(got.ok()) << got.status().message();
    EXPECT_EQ(*got, *want);
  }
}

TEST(ArchiveTest, LeavesIgnoredFilesOut) {
  const auto tree = io::MakeMemoryTree({{"deploy/app.yaml", "1"},
                                        {"deploy/notes.md", "2"},
                                        {"src/main.go", "3"},
                                        {".gitignore", "4"},
                                        {"pic.png", "5"}});
  const auto ignore = LoadIgnore(*tree, "/*\n!/deploy\n/deploy/**/*.md\n");
  ASSERT_TRUE(ignore.ok());
  EXPECT_THAT(Names(Pack(*tree, &*ignore).bytes), ElementsAre("deploy/", "deploy/app.yaml"));
  const auto defaults = LoadIgnore(*tree, "");
  EXPECT_THAT(Names(Pack(*tree, &*defaults).bytes),
              ElementsAre("deploy/", "deploy/app.yaml", "deploy/notes.md", "src/", "src/main.go"));
}

TEST(ArchiveTest, RefusesNamesThatClimb) {
  const std::string names[] = {"",     "/etc/passwd",          "../x", "a/../../x", "a//b", "a/./b",
                               "a\\b", std::string("a\0b", 3), ".."};
  for (const auto& name : names) {
    SCOPED_TRACE(name);
    ArchiveWriter writer([](std::string_view) { return base::OkStatus(); });
    EXPECT_FALSE(writer.AddFile(name, "x", false).ok());
  }
}

TEST(ArchiveTest, SinkErrorEndsTheArchive) {
  const auto tree = io::MakeMemoryTree({{"a", "1"}});
  const auto r = ArchiveTree(*tree, nullptr, [](std::string_view) {
    return base::ResourceExhausted("no space left on device");
  });
  EXPECT_EQ(r.status().message(), "no space left on device");
}

TEST(ArchiveTest, LimitsEntriesAndDepth) {
  std::map<std::string, std::string> files;
  for (int i = 0; i < 20; ++i) files["f" + std::to_string(i)] = "";
  const auto wide = io::MakeMemoryTree(files);
  const auto sink = [](std::string_view) { return base::OkStatus(); };
  EXPECT_EQ(ArchiveTree(*wide, nullptr, sink, {.max_entries = 19}).status().code(),
            base::StatusCode::kResourceExhausted);
  EXPECT_TRUE(ArchiveTree(*wide, nullptr, sink, {.max_entries = 20}).ok());
  const auto deep = io::MakeMemoryTree({{"a/b/c/d/e", ""}});
  EXPECT_EQ(ArchiveTree(*deep, nullptr, sink, {.max_depth = 4}).status().code(),
            base::StatusCode::kResourceExhausted);
  EXPECT_TRUE(ArchiveTree(*deep, nullptr, sink, {.max_depth = 5}).ok());
}

}  // namespace
}  // namespace sluice::artifact
