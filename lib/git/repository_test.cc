// Against a real `git http-backend`.
#include "git/repository.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "artifact/archive.h"
#include "testing/pool_fixture.h"

namespace sluice::git {
namespace {

using test_support::GitServer;
using test_support::GitWorkTree;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class RepositoryTest : public PoolFixture {
 protected:
  std::shared_ptr<Repository> Get(const std::string& url, const RemoteAuth& auth = {}) {
    auto r = pool_->Get(url, auth);
    EXPECT_TRUE(r.ok()) << r.status().message();
    return *r;
  }
  // Files of the commit as one text.
  static std::string ReadAll(const MirrorSession& session, const ObjectId& commit) {
    std::string out;
    const auto tree = session.OpenTree(commit);
    EXPECT_TRUE(tree.ok()) << tree.status().message();
    if (tree.ok()) Walk(**tree, "", out);
    return out;
  }
  static void Walk(const io::FileTree& tree, const std::string& dir, std::string& out) {
    const auto entries = tree.ReadDir(dir);
    ASSERT_TRUE(entries.ok()) << entries.status().message();
    for (const auto& e : *entries) {
      const std::string path = dir.empty() ? e.name : dir + "/" + e.name;
      if (e.info.kind == io::FileKind::kDirectory) Walk(tree, path, out);
      if (e.info.kind == io::FileKind::kRegular)
        out += path + (e.info.executable ? "*" : "") + "=" + *tree.ReadFile(path) + ";";
    }
  }
  size_t CountPacks() const { return Files(".pack").size(); }
};

TEST_F(RepositoryTest, FollowsABranchByDeltas) {
  GitWorkTree work(*server_, Name());
  for (int i = 0; i < 200; ++i)
    work.Write("apps/app-" + std::to_string(i) + "/app.yaml",
               std::string(500, static_cast<char>('a' + i % 26)) + std::to_string(i));
  const std::string one = work.CommitAndPush("one");
  const auto repo = Get(work.url());
  auto ref = repo->Resolve(ctx_, {.branch = "main"});
  ASSERT_TRUE(ref.ok()) << ref.status().message();
  EXPECT_EQ(ref->Revision(), "main@sha1:" + one);
  auto session = repo->Checkout(ctx_, {.branch = "main"}, *ref);
  ASSERT_TRUE(session.ok()) << session.status().message();
  const auto commit = (*session)->ReadCommit(ref->commit);
  ASSERT_TRUE(commit.ok());
  EXPECT_EQ(commit->Subject(), "one");
  EXPECT_THAT(ReadAll(**session, ref->commit), StartsWith("apps/app-0/app.yaml=aaa"));
  const uint64_t first = PackBytes();

  work.Write("apps/app-7/app.yaml", "changed");
  const std::string two = work.CommitAndPush("two");
  ref = repo->Resolve(ctx_, {.branch = "main"});
  ASSERT_EQ(ref->Revision(), "main@sha1:" + two);
  session = repo->Checkout(ctx_, {.branch = "main"}, *ref);
  ASSERT_TRUE(session.ok()) << session.status().message();
  EXPECT_THAT(ReadAll(**session, ref->commit), HasSubstr("apps/app-7/app.yaml=changed;"));
  EXPECT_EQ(CountPacks(), 2u);
  EXPECT_LT(PackBytes() - first, first) << "only the delta came (with the bases that complete it)";
  ASSERT_TRUE(repo->Checkout(ctx_, {.branch = "main"}, *ref).ok());
  EXPECT_EQ(CountPacks(), 2u) << "what is here is not fetched again";

  work.Git({"commit", "-q", "--allow-empty", "-m", "empty"});
  work.Git({"push", "-q", "origin", "main"});
  ref = repo->Resolve(ctx_, {.branch = "main"});
  ASSERT_TRUE(ref.ok());
  EXPECT_TRUE(repo->Checkout(ctx_, {.branch = "main"}, *ref).ok())
      << "a commit that changes no file";
}

TEST_F(RepositoryTest, ForcePushAndRestart) {
  GitWorkTree work(*server_, Name());
  work.Write("a", "1");
  work.CommitAndPush("one");
  {
    const auto repo = Get(work.url());
    const auto ref = repo->Resolve(ctx_, {.branch = "main"});
    ASSERT_TRUE(repo->Checkout(ctx_, {.branch = "main"}, *ref).ok());
  }
  work.Git({"checkout", "-q", "--orphan", "fresh"});
  work.Write("a", "2");
  work.Git({"add", "-A"});
  work.Git({"commit", "-qm", "rewritten"});
  work.Git({"push", "-qf", "origin", "fresh:main"});
  pool_ = *MakeRepositoryPool(*http_, dir_.path());  // a new process over the old mirror
  const auto repo = Get(work.url());
  const auto ref = repo->Resolve(ctx_, {.branch = "main"});
  ASSERT_TRUE(ref.ok());
  const auto session = repo->Checkout(ctx_, {.branch = "main"}, *ref);
  ASSERT_TRUE(session.ok()) << session.status().message();
  EXPECT_EQ(ReadAll(**session, ref->commit), "a=2;");
}

TEST_F(RepositoryTest, TagsSemverNamesAndCommits) {
  GitWorkTree work(*server_, Name());
  work.Write("v", "1");
  const std::string one = work.CommitAndPush("one");
  work.Git({"tag", "v1.0.0"});
  work.Write("v", "2");
  const std::string two = work.CommitAndPush("two");
  work.Git({"tag", "-a", "v1.1.0", "-m", "annotated"});
  work.Git({"tag", "1.1.0+build"});
  work.Write("v", "3");
  const std::string three = work.CommitAndPush("three");
  work.Git({"tag", "1.2.0+a", three});
  work.Git({"tag", "1.2.0+b", one});
  work.Git({"push", "-q", "origin", "--tags"});
  const auto repo = Get(work.url());
  const struct {
    ReferenceSpec spec;
    std::string revision, content;
  } cases[] = {
      {{.tag = "v1.0.0"}, "v1.0.0@sha1:" + one, "v=1;"},
      {{.tag = "v1.1.0"}, "v1.1.0@sha1:" + two, "v=2;"},
      {{.semver = "1.0.x"}, "v1.0.0@sha1:" + one, "v=1;"},
      {{.semver = ">=1.2.0"}, "1.2.0+a@sha1:" + three, "v=3;"},  // a tie: the newer commit
      {{.name = "refs/tags/v1.1.0"}, "refs/tags/v1.1.0@sha1:" + two, "v=2;"},
      {{.name = "refs/heads/main"}, "refs/heads/main@sha1:" + three, "v=3;"},
      {{.branch = "main", .commit = one}, "main@sha1:" + one, "v=1;"},
      {{.commit = two}, "sha1:" + two, "v=2;"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.revision);
    const auto ref = repo->Resolve(ctx_, c.spec);
    ASSERT_TRUE(ref.ok()) << ref.status().message();
    EXPECT_EQ(ref->Revision(), c.revision);
    const auto session = repo->Checkout(ctx_, c.spec, *ref);
    ASSERT_TRUE(session.ok()) << session.status().message();
    EXPECT_EQ(ReadAll(**session, ref->commit), c.content);
  }
  const ReferenceSpec absent{.branch = "main", .commit = std::string(40, '1')};
  const auto ref = repo->Resolve(ctx_, absent);
  ASSERT_TRUE(ref.ok());
  EXPECT_EQ(repo->Checkout(ctx_, absent, *ref).status().message(),
            "unable to resolve commit object for '" + std::string(40, '1') + "': object not found");
}

TEST_F(RepositoryTest, ErrorsReadAsGoGits) {
  GitWorkTree work(*server_, Name());
  work.Write("a", "1");
  work.CommitAndPush("one");
  EXPECT_EQ(Get(work.url())->Resolve(ctx_, {.branch = "nope"}).status().message(),
            "couldn't find remote ref \"refs/heads/nope\"");
  const auto absent = Get(server_->Url("absent"))->Resolve(ctx_, {.branch = "main"}).status();
  EXPECT_THAT(absent.message(), StartsWith("repository not found: "));
  EXPECT_EQ(absent.code(), base::StatusCode::kNotFound);
  EXPECT_EQ(Get("http://127.0.0.1:1/x.git")->Resolve(ctx_, {.branch = "main"}).status().message(),
            "Get \"http://127.0.0.1:1/x.git/info/refs?service=git-upload-pack\": dial tcp "
            "127.0.0.1:1: connect: connection refused");
  GitWorkTree empty(*server_, Name() + "-empty");
  EXPECT_EQ(Get(empty.url())->Resolve(ctx_, {.branch = "main"}).status().message(),
            kEmptyRepository);
}

TEST_F(RepositoryTest, AuthenticatesAndKeepsMirrorsApart) {
  GitWorkTree work(*server_, "private/" + Name());
  work.Write("a", "1");
  work.CommitAndPush("one");
  const auto none = Get(work.url())->Resolve(ctx_, {.branch = "main"}).status();
  EXPECT_THAT(none.message(), StartsWith("authentication required: "));
  EXPECT_EQ(none.code(), base::StatusCode::kUnauthenticated);
  const RemoteAuth auth{.username = GitServer::kUser,
                        .password = base::SecretString(std::string_view(GitServer::kPassword))};
  const auto repo = Get(work.url(), auth);
  EXPECT_TRUE(repo->Resolve(ctx_, {.branch = "main"}).ok());
  EXPECT_EQ(repo, Get(work.url(), auth)) << "shared";
  EXPECT_NE(repo, Get(work.url()));
  std::string with_user = work.url();
  with_user.insert(with_user.find("//") + 2,
                   std::string(GitServer::kUser) + ":" + GitServer::kPassword + "@");
  EXPECT_TRUE(Get(with_user)->Resolve(ctx_, {.branch = "main"}).ok()) << "user info of the URL";
}

TEST_F(RepositoryTest, ManyAskersShareListings) {
  GitWorkTree work(*server_, Name());
  work.Write("a", "1");
  const std::string one = work.CommitAndPush("one");
  work.Git({"push", "-q", "origin", "main:other"});
  const auto repo = Get(work.url());
  std::vector<std::jthread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&, i] {
      const ReferenceSpec spec{.branch = i % 2 == 0 ? "main" : "other"};
      const auto ref = repo->Resolve(ctx_, spec);
      ASSERT_TRUE(ref.ok()) << ref.status().message();
      EXPECT_EQ(ref->Revision(), spec.branch + "@sha1:" + one);
      EXPECT_TRUE(repo->Checkout(ctx_, spec, *ref).ok());
    });
  }
  threads.clear();
  EXPECT_EQ(CountPacks(), 1u);
}

TEST_F(RepositoryTest, ADamagedMirrorHealsItself) {
  GitWorkTree work(*server_, Name());
  for (int i = 0; i < 50; ++i)
    work.Write("f" + std::to_string(i), std::string(2000, static_cast<char>('a' + i % 26)));
  work.CommitAndPush("one");
  auto repo = Get(work.url());
  auto ref = repo->Resolve(ctx_, {.branch = "main"});
  ASSERT_TRUE(repo->Checkout(ctx_, {.branch = "main"}, *ref).ok());
  for (const auto& e : std::filesystem::recursive_directory_iterator(dir_.path())) {
    if (e.path().extension() == ".idx") {
      std::filesystem::permissions(e.path(), std::filesystem::perms::owner_all);
      std::filesystem::resize_file(e.path(), 10);
    }
  }
  work.Write("f1", "x");
  work.CommitAndPush("two");
  ref = repo->Resolve(ctx_, {.branch = "main"});
  const auto session = repo->Checkout(ctx_, {.branch = "main"}, *ref);
  ASSERT_TRUE(session.ok()) << session.status().message();
  EXPECT_THAT(ReadAll(**session, ref->commit), HasSubstr("f1=x;"));
}

TEST_F(RepositoryTest, SymlinksAreShownButNeverFollowedOutside) {
  GitWorkTree work(*server_, Name());
  work.Write("dir/real", "content");
  work.Symlink("inside", "dir/real");
  work.Symlink("outside", "../../etc/passwd");
  work.Symlink("absolute", "/etc/passwd");
  work.Symlink("loop", "loop");
  work.Write("run.sh", "#!/bin/sh\n");
  work.Git({"update-index", "--add", "--chmod=+x", "run.sh"});
  work.CommitAndPush("links");
  const auto repo = Get(work.url());
  const auto ref = repo->Resolve(ctx_, {.branch = "main"});
  const auto session = repo->Checkout(ctx_, {.branch = "main"}, *ref);
  ASSERT_TRUE(session.ok());
  const auto tree = (*session)->OpenTree(ref->commit);
  ASSERT_TRUE(tree.ok());
  EXPECT_EQ(*(*tree)->ReadFile("inside"), "content");
  EXPECT_EQ(*(*tree)->ReadLink("outside"), "../../etc/passwd");
  EXPECT_EQ((*tree)->ReadFile("outside").status().code(), base::StatusCode::kPermissionDenied);
  EXPECT_EQ((*tree)->ReadFile("absolute").status().code(), base::StatusCode::kPermissionDenied);
  EXPECT_THAT((*tree)->ReadFile("loop").status().message(),
              HasSubstr("too many levels of symbolic links"));
  EXPECT_EQ((*tree)->ReadFile("dir/none").status().code(), base::StatusCode::kNotFound);
  const auto summary =
      artifact::ArchiveTree(**tree, nullptr, [](std::string_view) { return base::OkStatus(); });
  ASSERT_TRUE(summary.ok()) << summary.status().message();
  EXPECT_EQ(summary->dropped, 4u);
}

TEST_F(RepositoryTest, SweepRemovesWhatNobodyFollows) {
  GitWorkTree work(*server_, Name());
  work.Write("a", "1");
  work.CommitAndPush("one");
  auto repo = Get(work.url());
  const auto ref = repo->Resolve(ctx_, {.branch = "main"});
  ASSERT_TRUE(repo->Checkout(ctx_, {.branch = "main"}, *ref).ok());
  ASSERT_TRUE(pool_->Sweep().ok());
  EXPECT_EQ(CountPacks(), 1u);
  repo = nullptr;
  ASSERT_TRUE(pool_->Sweep().ok());
  EXPECT_EQ(CountPacks(), 0u);
}

}  // namespace
}  // namespace sluice::git
