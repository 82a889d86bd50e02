// Repositories of the shape that hurts: many references, much history, LFS pointers. The same shape
// small in CI; SLUICE_FULL_TESTS=1 makes it 500 MB of history.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <random>

#include "artifact/archive.h"
#include "testing/pool_fixture.h"

namespace sluice::git {
namespace {

using test_support::GitWorkTree;
using test_support::TempDir;

class LargeRepositoryTest : public PoolFixture {
 protected:
  std::string Bare(std::vector<std::string> args) {
    args.insert(args.begin(), "--git-dir=" + server_->Folder(Name()));
    return work_.Git(std::move(args));
  }

  GitWorkTree work_{*server_, Name()};
};

TEST_F(LargeRepositoryTest, TenThousandReferencesAreOneListing) {
  constexpr int kTags = 8000, kBranches = 2000;
  work_.Write("a", "old");
  const std::string one = work_.CommitAndPush("one");
  work_.Write("a", "new");
  const std::string two = work_.CommitAndPush("two");
  std::ofstream packed(server_->Folder(Name()) + "/packed-refs");
  packed << "# pack-refs with: peeled fully-peeled sorted \n";
  for (int i = 0; i < kBranches; ++i) packed << one << " refs/heads/feature/" << 10000 + i << "\n";
  for (int i = 0; i < kTags; ++i)
    packed << (i == 7000 ? two : one) << " refs/tags/v" << 10 + i / 1000 << "."
           << 100 + i / 10 % 100 << "." << i % 10 << "\n";
  packed.close();
  const auto repo = *pool_->Get(work_.url(), {});
  const struct {
    ReferenceSpec spec;
    std::string revision;
  } cases[] = {{{.branch = "main"}, "main@sha1:" + two},
               {{.branch = "feature/11999"}, "feature/11999@sha1:" + one},
               {{.tag = "v17.100.0"}, "v17.100.0@sha1:" + two},
               {{.semver = ">=17.0.0 <17.100.1"}, "v17.100.0@sha1:" + two},
               {{.semver = ">=10.0.0"}, "v17.199.9@sha1:" + one}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.revision);
    // what the server can do is known now
    static_cast<void>(repo->Resolve(ctx_, {.branch = "main"}));
    const size_t before = server_->Requests();
    const auto ref = repo->Resolve(ctx_, c.spec);
    ASSERT_TRUE(ref.ok()) << ref.status().message();
    EXPECT_EQ(ref->Revision(), c.revision);
    EXPECT_EQ(server_->Requests() - before, 1u);
    EXPECT_TRUE(repo->Checkout(ctx_, c.spec, *ref).ok());
  }
  EXPECT_LT(PackBytes(), 10'000u) << "of the tag that was chosen, and of no other";
}

TEST_F(LargeRepositoryTest, HistoryStaysWhereItIs) {
  const bool full = std::getenv("SLUICE_FULL_TESTS") != nullptr;
  const int commits = full ? 500 : 40;
  const size_t size = full ? 1 << 20 : 128 << 10;
  // One stream for fast-import: each commit another megabyte that does not shrink.
  std::mt19937_64 random(1);
  const TempDir streams;
  {
    std::ofstream out(streams.File("stream"), std::ios::binary);
    for (int i = 1; i <= commits; ++i) {
      std::string noise(size, '\0');
      for (size_t k = 0; k + 8 <= size; k += 8) {
        const uint64_t word = random();
        std::memcpy(noise.data() + k, &word, 8);
      }
      out << "commit refs/heads/main\ncommitter T <t@example.com> " << 1'700'000'000 + i
          << " +0000\ndata 1\nx\nM 100644 inline blob.bin\ndata " << size << "\n"
          << noise << "\nM 100644 inline n\ndata " << std::to_string(i).size() << "\n"
          << i << "\n";
    }
  }
  const auto imported =
      test_support::RunCommand({"sh", "-c",
                                "git -c core.compression=0 --git-dir='" + server_->Folder(Name()) +
                                    "' fast-import --quiet < '" + streams.File("stream") + "'"},
                               "", {}, std::chrono::seconds(600));
  ASSERT_TRUE(imported.ok()) << imported.err;
  const auto repo = *pool_->Get(work_.url(), {});
  const auto ref = repo->Resolve(ctx_, {.branch = "main"});
  ASSERT_TRUE(ref.ok()) << ref.status().message();
  const auto session = repo->Checkout(ctx_, {.branch = "main"}, *ref);
  ASSERT_TRUE(session.ok()) << session.status().message();
  const auto tree = *(*session)->OpenTree(ref->commit);
  EXPECT_EQ(*tree->ReadFile("n"), std::to_string(commits));
  EXPECT_EQ(tree->ReadFile("blob.bin")->size(), size);
  EXPECT_LT(PackBytes(), size + (16 << 10)) << "one commit deep";
  // A commit far back, by its hash alone.
  Bare({"config", "uploadpack.allowReachableSHA1InWant", "true"});
  const std::string old = Bare({"rev-parse", "main~" + std::to_string(commits - 5)});
  const ReferenceSpec pinned{.branch = "main", .commit = old};
  const auto at = repo->Resolve(ctx_, pinned);
  ASSERT_TRUE(at.ok()) << at.status().message();
  const auto there = repo->Checkout(ctx_, pinned, *at);
  ASSERT_TRUE(there.ok()) << there.status().message();
  EXPECT_EQ(*(*(*there)->OpenTree(at->commit))->ReadFile("n"), "5");
  EXPECT_LT(PackBytes(), 2 * size + (32 << 10));
}

// As in Flux: pointers are files like any other, nobody is asked for what they point to.
TEST_F(LargeRepositoryTest, LfsPointersStayPointers) {
  const std::string pointer =
      "version https://git-lfs.github.com/spec/v1\noid sha256:" + std::string(64, 'a') +
      "\nsize 123456789\n";
  work_.Write(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n");
  work_.Write("model.bin", pointer);
  work_.CommitAndPush("lfs");
  const auto repo = *pool_->Get(work_.url(), {});
  const auto ref = repo->Resolve(ctx_, {.branch = "main"});
  const size_t before = server_->Requests();
  const auto session = repo->Checkout(ctx_, {.branch = "main"}, *ref);
  ASSERT_TRUE(session.ok());
  EXPECT_EQ(*(*(*session)->OpenTree(ref->commit))->ReadFile("model.bin"), pointer);
  EXPECT_EQ(server_->Requests() - before, 1u);
}

}  // namespace
}  // namespace sluice::git
