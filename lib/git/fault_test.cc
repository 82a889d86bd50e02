// A real repository served badly: every failure is an error in words, nothing half fetched stays,
// and the next good answer mends it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "git/repository.h"
#include "http/client.h"
#include "test_support/git_server.h"

namespace sluice::git {
namespace {

using ::testing::HasSubstr;

TEST(GitFaultTest, EveryBadAnswerIsAnErrorAndLeavesNothing) {
  const test_support::GitServer server;
  test_support::GitWorkTree work(server, "good");
  for (int i = 0; i < 50; ++i)
    work.Write("f" + std::to_string(i),
               std::string(500, static_cast<char>('a' + i % 26)) + std::to_string(i * 7919));
  const std::string sha = work.CommitAndPush("one");
  const auto http = *http::Client::Create({});
  const struct {
    std::string fault, says;
    int seconds;
  } cases[] = {
      {"429", "status code: 429", 20},
      {"500", "status code: 500", 20},
      {"503", "status code: 503", 20},
      {"cut", "", 20},
      {"short", "", 20},
      {"flip", "", 20},
      {"slow", "deadline exceeded", 2},
      {"endless", "", 60},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.fault);
    const test_support::TempDir mirrors;
    const auto pool = *MakeRepositoryPool(*http, mirrors.path());
    const auto ctx = observe::Context().WithTimeout(std::chrono::seconds(c.seconds));
    const auto repository = *pool->Get(server.Url("fault-" + c.fault + "/good"), {});
    auto ref = repository->Resolve(ctx, {.branch = "main"});
    base::Status failure = ref.status();
    if (ref.ok()) failure = repository->Checkout(ctx, {.branch = "main"}, *ref).status();
    ASSERT_FALSE(failure.ok());
    EXPECT_THAT(failure.message(), HasSubstr(c.says));
    EXPECT_LT(failure.message().size(), 1000u);
    for (const auto& e : std::filesystem::recursive_directory_iterator(mirrors.path())) {
      EXPECT_NE(e.path().extension(), ".idx") << "a pack that was never whole";
      EXPECT_NE(e.path().extension(), ".pack");
    }
  }
}

TEST(GitFaultTest, AFailedFetchIsMendedByTheNext) {
  const test_support::GitServer server;
  test_support::GitWorkTree work(server, "good");
  work.Write("a", "1");
  const std::string one = work.CommitAndPush("one");
  const auto http = *http::Client::Create({});
  const test_support::TempDir mirrors;
  const auto mirror = *OpenMirror(mirrors.path());
  const auto good = *MakeHttpRemote(*http, server.Url("good"), {});
  const auto ctx = observe::Context().WithTimeout(std::chrono::seconds(30));
  ASSERT_TRUE(mirror->Fetch(ctx, *good, {*ObjectId::Parse(one)}).ok());
  work.Write("a", "2");
  const ObjectId two = *ObjectId::Parse(work.CommitAndPush("two"));
  for (const std::string fault : {"cut", "short", "flip"}) {
    const auto bad = *MakeHttpRemote(*http, server.Url("fault-" + fault + "/good"), {});
    EXPECT_FALSE(mirror->Fetch(ctx, *bad, {two}).ok()) << fault;
    EXPECT_FALSE((*mirror->Open())->ReadCommit(two).ok()) << fault;
  }
  ASSERT_TRUE(mirror->Fetch(ctx, *good, {two}).ok());
  EXPECT_TRUE((*mirror->Open())->ReadCommit(two).ok());
}

}  // namespace
}  // namespace sluice::git
