#include "bucket_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "artifact/unpack.h"
#include "base/strings.h"
#include "bucket_spool.h"
#include "test_support/process.h"

namespace sluice::source {
namespace {

using testing::HasSubstr;

BucketIndex IndexOf(const std::vector<std::pair<std::string, std::string>>& objects) {
  BucketIndex index;
  for (const auto& [key, etag] : objects) index.Add({key, etag});
  index.Seal();
  return index;
}

// Every path with its key, as the tree lists them from the root down.
std::string Walk(const BucketTree& tree, const artifact::ContentTree::Id& id,
                 const std::string& prefix) {
  std::string out;
  const auto items = tree.List(id);
  EXPECT_TRUE(items.ok());
  for (const auto& item : *items) {
    const bool folder = item.kind == artifact::ContentTree::Kind::kDirectory;
    out += prefix + item.name + (folder ? "/ " : " ");
    if (folder) out += Walk(tree, item.id, prefix + item.name + "/");
  }
  return out;
}

// The revision is what Flux's is: SHA-256 over "<key> <etag>\n" in byte order.
TEST(BucketIndexTest, DigestIsFluxs) {
  EXPECT_EQ(IndexOf({}).Digest(base::DigestAlgorithm::kSha256),
            "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const BucketIndex index = IndexOf({{"b", "2"}, {"a/c", "3"}, {"a", "old"}, {"a", "1"}});
  EXPECT_EQ(index.Digest(base::DigestAlgorithm::kSha256),
            base::Digest::Sha256("a 1\na/c 3\nb 2\n").ToString());
  EXPECT_TRUE(index.Is(index.Digest(base::DigestAlgorithm::kSha256)));
  EXPECT_TRUE(index.Is(index.Digest(base::DigestAlgorithm::kSha512)))
      << "by the revision's own algorithm";
  for (const std::string other : {"", "main@sha1:x", "sha256:abc", "blake3:x"})
    EXPECT_FALSE(index.Is(other)) << other;
}

TEST(BucketIndexTest, FollowsWhatAFetchBrought) {
  BucketIndex index = IndexOf({{"a", "1"}, {"b", "1"}, {"c", "1"}});
  index.Update(2, "2");
  index.Drop(1);
  index.Seal();
  EXPECT_EQ(index.Digest(base::DigestAlgorithm::kSha256),
            base::Digest::Sha256("a 1\nc 2\n").ToString());
}

TEST(BucketPathTest, StaysBelowTheRoot) {
  const struct {
    std::string key, path;  // "!…": the error
  } cases[] = {
      {"a/b.yaml", "a/b.yaml"},
      {"/a", "a"},
      {"a//b", "a/b"},
      {"./a", "a"},
      {"../a", "a"},
      {"a/../../b", "b"},
      {"a/./b", "a/b"},
      {"../../../etc/passwd", "etc/passwd"},
      {"..", "!it names a directory"},
      {".", "!it names a directory"},
      {"a\\..\\b", "!no archive may hold that name"},
      {std::string("a\0b", 3), "!no archive may hold that name"},
      {std::string(256, 'x'), "!file name too long"},
      {"ü/ö", "ü/ö"},
  };
  for (const auto& c : cases) {
    const auto path = BucketPath(c.key);
    EXPECT_EQ(path.ok() ? *path : "!" + path.status().message(), c.path) << c.key;
  }
}

TEST(BucketTreeTest, ListsInTheArchivesOrder) {
  const auto tree = BucketTree::Make(IndexOf({{"b/x", "1"},
                                              {"a-b", "1"},
                                              {"a/z", "1"},
                                              {"a/b/c", "1"},
                                              {"a.txt", "1"},
                                              {"/b//y", "1"}}),
                                     nullptr);
  ASSERT_TRUE(tree.ok()) << tree.status().message();
  EXPECT_EQ(Walk(*tree, tree->root(), ""), "a/ a/b/ a/b/c a/z a-b a.txt b/ b/x b/y ") << "by parts";
}

TEST(BucketTreeTest, NamesTellWhatChanged) {
  const auto root = [](const std::vector<std::pair<std::string, std::string>>& objects) {
    return BucketTree::Make(IndexOf(objects), nullptr)->root();
  };
  EXPECT_EQ(root({{"a/b", "1"}, {"c", "2"}}), root({{"c", "2"}, {"a/b", "1"}}));
  EXPECT_NE(root({{"a/b", "1"}}), root({{"a/b", "2"}}));
  EXPECT_NE(root({{"a/b", "1"}}), root({{"a/c", "1"}}));
  EXPECT_NE(root({{"a/b", "1"}}), root({{"b/b", "1"}}));
  EXPECT_NE(root({{"a", "1"}, {"b", "2"}}), root({{"a", "2"}, {"b", "1"}}))
      << "an ETag is no content name by itself";
}

TEST(BucketTreeTest, RefusesWhatIsNoTree) {
  const struct {
    std::vector<std::pair<std::string, std::string>> objects;
    std::string message;
  } cases[] = {
      {{{"a", "1"}, {"a/b", "1"}}, "failed to get 'a' object: fileName is a directory."},
      {{{"a", "1"}, {"x/../a/b", "1"}}, "failed to get 'a' object: fileName is a directory."},
      {{{"a\\b", "1"}}, "failed to resolve path for 'a\\b' object: no archive may hold that name"},
  };
  for (const auto& c : cases)
    EXPECT_EQ(BucketTree::Make(IndexOf(c.objects), nullptr).status().message(), c.message);
  // Two keys of one path: the one that is written like it.
  const auto tree =
      BucketTree::Make(IndexOf({{"a/b", "1"}, {"a//b", "2"}, {"/a/b", "3"}}), nullptr);
  ASSERT_EQ(tree->files().size(), 1u);
  EXPECT_EQ(tree->files()[0].object, 2u) << "of /a/b, a//b, a/b the last";
}

// A thousand parts of one key are a matter of memory, not of the stack.
TEST(BucketTreeTest, GoesDeep) {
  std::string key = "x";
  for (int i = 0; i < 1000; ++i) key += "/x";
  const auto tree = BucketTree::Make(IndexOf({{key, "1"}}), nullptr);
  ASSERT_TRUE(tree.ok());
  const auto made =
      artifact::ArchiveIncrementally({.tree = *tree, .spec_ignore = "", .ignore = false},
                                     [](std::string_view) { return base::OkStatus(); });
  EXPECT_THAT(made.status().message(), HasSubstr("directories nested deeper than 256"));
}

// A process that is killed leaves no gigabytes behind.
TEST(BucketSpoolTest, ItsFilesHaveNoNames) {
  const test_support::TempDir dir;
  auto spool = BucketSpool::Create(dir.path(), "Bucket-", 2);
  ASSERT_TRUE(spool.ok()) << spool.status().message();
  EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
  BucketSpool::Writer writer(*spool, 1);
  ASSERT_TRUE(writer.Begin().ok());
  ASSERT_TRUE(writer.Write("content").ok());
  const auto place = writer.Keep();
  ASSERT_TRUE(place.ok());
  EXPECT_EQ(*spool->Read(*place), "content");
}

}  // namespace
}  // namespace sluice::source
