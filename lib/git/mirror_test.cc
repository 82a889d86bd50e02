// What the mirror on disk does over time: bounds, damage, parts. Against a real `git http-backend`.
#include "git/mirror.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "mirror_state.h"
#include "testing/pool_fixture.h"

namespace sluice::git {
namespace {

using test_support::GitWorkTree;
namespace fs = std::filesystem;

class MirrorTest : public PoolFixture {
 protected:
  // Bytes that no compression shrinks.
  static std::string Noise(size_t size, unsigned seed) {
    std::mt19937 random(seed);
    std::string out(size, '\0');
    for (char& c : out) c = static_cast<char>(random());
    return out;
  }
  ResolvedReference Resolve(Repository& repo) {
    auto ref = repo.Resolve(ctx_, spec_);
    EXPECT_TRUE(ref.ok()) << ref.status().message();
    return *ref;
  }
  // The file's content in the newest commit; the error's text where it cannot be had.
  std::string Read(Repository& repo, const std::string& path) {
    const auto ref = Resolve(repo);
    const auto session = repo.Checkout(ctx_, spec_, ref);
    return ReadOf(session, ref, path);
  }
  static std::string ReadOf(const base::Result<std::unique_ptr<MirrorSession>>& session,
                            const ResolvedReference& ref, const std::string& path) {
    if (!session.ok()) return session.status().message();
    const auto tree = (*session)->OpenTree(ref.commit);
    if (!tree.ok()) return tree.status().message();
    auto text = (*tree)->ReadFile(path);
    return text.ok() ? *text : text.status().message();
  }

  const ReferenceSpec spec_{.branch = "main"};
};

TEST_F(MirrorTest, ManyPushesStayFewPacks) {
  constexpr int kPushes = 30, kMaxPacks = 24;
  GitWorkTree work(*server_, Name());
  work.Write("large", Noise(300'000, 1));
  work.CommitAndPush("first");
  const auto repo = *pool_->Get(work.url(), {});
  EXPECT_EQ(Read(*repo, "large").size(), 300'000u);
  std::unique_ptr<MirrorSession> reader;  // of the packs as they were before they were joined
  ResolvedReference then;
  for (int i = 0; i < kPushes; ++i) {
    work.Write("small", std::to_string(i) + std::string(100, 'x'));
    work.CommitAndPush("push");
    EXPECT_EQ(Read(*repo, "small"), std::to_string(i) + std::string(100, 'x'));
    EXPECT_LE(Files(".pack").size(),
              static_cast<size_t>(reader == nullptr ? kMaxPacks : 2 * kMaxPacks));
    if (i == 10) {
      then = Resolve(*repo);
      reader = *repo->Checkout(ctx_, spec_, then);
    }
  }
  const auto tree = *reader->OpenTree(then.commit);
  EXPECT_EQ(*tree->ReadFile("small"), "10" + std::string(100, 'x'));
  reader.reset();
  EXPECT_LT(Files(".pack").size(), static_cast<size_t>(kMaxPacks));
  EXPECT_LT(PackBytes(), 500'000u) << "the large file was neither fetched nor packed twice";
  EXPECT_EQ(Read(*repo, "large").size(), 300'000u);
}

TEST_F(MirrorTest, DamageIsMendedByAFreshFetch) {
  GitWorkTree work(*server_, Name());
  for (int i = 0; i < 20; ++i)
    work.Write("f" + std::to_string(i), Noise(2000, static_cast<unsigned>(i)));
  work.CommitAndPush("one");
  const auto repo = *pool_->Get(work.url(), {});
  const std::string wanted = Read(*repo, "f7");
  ASSERT_EQ(wanted.size(), 2000u);
  const auto every_file_reads = [&] {
    bool all = true;
    for (int i = 0; i < 20; ++i) all = Read(*repo, "f" + std::to_string(i)).size() == 2000 && all;
    return all;
  };
  const auto spoil = [&](const fs::path& file, const std::function<void(std::string&)>& change) {
    std::string bytes = test_support::ReadFile(file);
    change(bytes);
    fs::remove(file);
    std::ofstream(file, std::ios::binary) << bytes;
  };
  // A bit in the middle of the pack: whoever reads it meets an error, the next pass reads from a
  // new mirror.
  spoil(Files(".pack").at(0),
        [](std::string& b) { b[b.size() / 2] = static_cast<char>(b[b.size() / 2] ^ 1); });
  EXPECT_FALSE(every_file_reads());
  EXPECT_TRUE(every_file_reads());
  // Files that went away, or ended early, are noticed before anybody reads.
  for (const std::string extension : {".pack", ".idx"}) {
    SCOPED_TRACE(extension);
    fs::remove(Files(extension).at(0));
    EXPECT_EQ(Read(*repo, "f7"), wanted);
  }
  spoil(Files(".idx").at(0), [](std::string& b) { b.resize(100); });
  EXPECT_EQ(Read(*repo, "f7"), wanted);
  EXPECT_EQ(Files(".pack").size(), 1u);
}

TEST_F(MirrorTest, AFailingServerCostsNoMirror) {
  GitWorkTree work(*server_, Name());
  work.Write("a", Noise(100'000, 3));
  work.CommitAndPush("one");
  const auto repo = *pool_->Get(work.url(), {});
  EXPECT_EQ(Read(*repo, "a").size(), 100'000u);
  for (const std::string fault : {"cut", "short", "flip", "503"}) {
    SCOPED_TRACE(fault);
    work.Write("b", fault);
    work.CommitAndPush("more");
    const auto ref = Resolve(*repo);
    server_->SetFault(fault);
    EXPECT_FALSE(repo->Checkout(ctx_, spec_, ref).ok());
    server_->SetFault("");
    EXPECT_GT(PackBytes(), 100'000u) << "what was whole stays";
    EXPECT_EQ(Read(*repo, "b"), fault);
    EXPECT_LT(PackBytes(), 150'000u) << "and is built upon";
  }
}

TEST_F(MirrorTest, APartFetchesItsBlobsAlone) {
  for (const bool filter : {true, false}) {
    SCOPED_TRACE(filter ? "uploadpack.allowFilter" : "a server that filters nothing");
    GitWorkTree work(*server_, Name() + (filter ? "-filter" : "-plain"));
    if (filter)
      work.Git({"--git-dir=" + server_->Folder(Name() + "-filter"), "config",
                "uploadpack.allowFilter", "true"});
    work.Write("apps/a/one.yaml", "one\n");
    work.Write("apps/b/two.yaml", "two\n");
    work.Write("apple", "text prefix\n");
    work.Symlink("apps/a/link", "one.yaml");
    work.Write("blobs/large", Noise(400'000, 5));
    work.CommitAndPush("one");
    const uint64_t before = PackBytes();
    const auto repo = *pool_->Get(work.url(), {});
    auto ref = Resolve(*repo);
    {
      const auto part = repo->CheckoutPart(ctx_, spec_, ref, {"apps/a", "appl"});
      EXPECT_EQ(ReadOf(part, ref, "apps/a/one.yaml"), "one\n");
      EXPECT_EQ(ReadOf(part, ref, "apps/a/link"), "one\n");
      EXPECT_EQ(ReadOf(part, ref, "apple"), "text prefix\n");
      EXPECT_EQ(ReadOf(part, ref, "blobs/large").size() == 400'000, !filter);
    }
    EXPECT_EQ(PackBytes() - before > 300'000, !filter);
    // A commit later, only what it changed; a commit that changes nothing of the part is one
    // request.
    work.Write("apps/a/one.yaml", "uno\n");
    work.CommitAndPush("two");
    ref = Resolve(*repo);
    EXPECT_EQ(ReadOf(repo->CheckoutPart(ctx_, spec_, ref, {"apps/a"}), ref, "apps/a/one.yaml"),
              "uno\n");
    work.Write("blobs/other", Noise(200'000, 6));
    work.CommitAndPush("three");
    ref = Resolve(*repo);
    const size_t requests = server_->Requests();
    EXPECT_EQ(ReadOf(repo->CheckoutPart(ctx_, spec_, ref, {"apps/a"}), ref, "apps/a/one.yaml"),
              "uno\n");
    EXPECT_EQ(server_->Requests() - requests, 1u);
    EXPECT_TRUE(!filter || PackBytes() - before < 100'000);
    // Another part of the same commit fetches its blobs; the whole fetches the rest. Nothing is
    // taken for damage.
    EXPECT_EQ(ReadOf(repo->CheckoutPart(ctx_, spec_, ref, {"apps/b"}), ref, "apps/b/two.yaml"),
              "two\n");
    EXPECT_EQ(Read(*repo, "blobs/large").size(), 400'000u);
    EXPECT_EQ(Read(*repo, "apps/a/one.yaml"), "uno\n");
    EXPECT_EQ(ReadOf(repo->CheckoutPart(ctx_, spec_, ref, {"blobs"}), ref, "blobs/other").size(),
              200'000u);
    // The state outlives the process.
    pool_ = *MakeRepositoryPool(*http_, dir_.path());
    const auto again = *pool_->Get(work.url(), {});
    const size_t restart = server_->Requests();
    EXPECT_EQ(Read(*again, "apps/a/one.yaml"), "uno\n");
    EXPECT_LE(server_->Requests() - restart, 2u) << "the listing alone, and what the server can do";
  }
}

TEST_F(MirrorTest, PollsAreSharedByWhoAllowsIt) {
  GitWorkTree work(*server_, Name());
  work.Write("a", "1");
  const std::string one = work.CommitAndPush("one");
  const auto repo = *pool_->Get(work.url(), {});
  ASSERT_EQ(Resolve(*repo).commit.ToString(), one);
  const size_t requests = server_->Requests();
  for (int i = 0; i < 10; ++i) {
    const auto ref = repo->Resolve(ctx_, spec_, std::chrono::hours(1));
    ASSERT_TRUE(ref.ok());
    EXPECT_EQ(ref->commit.ToString(), one);
  }
  EXPECT_EQ(server_->Requests(), requests);
  work.Write("a", "2");
  const std::string two = work.CommitAndPush("two");
  EXPECT_EQ(repo->Resolve(ctx_, spec_, std::chrono::hours(1))->commit.ToString(), one);
  EXPECT_EQ(Resolve(*repo).commit.ToString(), two);
  EXPECT_EQ(repo->Resolve(ctx_, spec_, std::chrono::hours(1))->commit.ToString(), two);
  // Another reference was not listed: it is asked for.
  EXPECT_FALSE(repo->Resolve(ctx_, {.branch = "other"}, std::chrono::hours(1)).ok());
  EXPECT_GT(server_->Requests(), requests + 1);
}

TEST(MirrorStateTest, ReadsWhatItWritesAndNothingElse) {
  const ObjectId a = *ObjectId::Parse(std::string(40, 'a')),
                 b = *ObjectId::Parse(std::string(40, 'b'));
  MirrorState s;
  s.generation = "objects-3";
  s.packs = 7;
  s.AddPartial(a);
  s.AddPartial(b);
  s.AddComplete(a);
  s.AddPartial(a);
  s.shallow.insert(b);
  const auto read = MirrorState::Parse(s.ToString());
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->ToString(), s.ToString());
  EXPECT_THAT(read->complete, ::testing::ElementsAre(a));
  EXPECT_THAT(read->partial, ::testing::ElementsAre(b));
  for (const std::string text :
       {"", "sluice-mirror 1", "sluice-mirror 2 objects-1 1\n", "sluice-mirror 1 ../x 1\n",
        "sluice-mirror 1 objects-../../x 1\n", "sluice-mirror 1 objects-1 x\n",
        "sluice-mirror 1 objects-1 1\ncomplete zz\n"}) {
    EXPECT_FALSE(MirrorState::Parse(text).ok()) << text;
  }
}

TEST(MirrorStateTest, ForgetsTheOldest) {
  MirrorState s;
  for (uint8_t i = 0; i < 100; ++i) {
    std::array<uint8_t, 20> bytes{i};
    const ObjectId id = ObjectId::FromBytes(bytes.data());
    s.shallow.insert(id);
    i % 2 == 0 ? s.AddComplete(id) : s.AddPartial(id);
  }
  EXPECT_EQ(s.complete.size(), MirrorState::kMaxCommits);
  EXPECT_EQ(s.partial.size(), MirrorState::kMaxCommits);
  EXPECT_EQ(s.shallow.size(), 2 * MirrorState::kMaxCommits);
}

}  // namespace
}  // namespace sluice::git
