// The fixtures themselves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "test_support/chat_sink.h"
#include "test_support/control_plane.h"
#include "test_support/eventually.h"
#include "test_support/git_server.h"
#include "test_support/process.h"

namespace sluice::test_support {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

TEST(ProcessTest, RunCommandReturnsOutputAndCode) {
  const auto ok = RunCommand({"cat"}, "hello");
  EXPECT_EQ(ok.exit_code, 0);
  EXPECT_EQ(ok.out, "hello");
  EXPECT_EQ(RunCommand({"false"}).exit_code, 1);
  EXPECT_NE(RunCommand({"/nonexistent"}).exit_code, 0);
}

TEST(ProcessTest, StopEndsAProcessAndKillReapsIt) {
  auto tail = Process::Start({"tail", "-f", "/dev/null"}, {});
  ASSERT_TRUE(tail.ok()) << tail.status().message();
  EXPECT_TRUE(tail->Running());
  EXPECT_EQ(tail->Stop(), 128 + SIGTERM);
  EXPECT_FALSE(tail->Running());
}

TEST(GitServerTest, ServesWhatWasPushedAndGuardsPrivateRepositories) {
  GitServer server;
  GitWorkTree tree(server, "fleet"), secret(server, "private/fleet");
  tree.Write("apps/a.yaml", "a: 1\n");
  const std::string sha = tree.CommitAndPush("one");
  secret.CommitAndPush("one");
  EXPECT_EQ(tree.Git({"ls-remote", tree.url(), "refs/heads/main"}), sha + "\trefs/heads/main");
  const Environment env = {{"GIT_TERMINAL_PROMPT", "0"}};
  EXPECT_FALSE(RunCommand({"git", "ls-remote", secret.url()}, "", env).ok());
  std::string url = secret.url();
  url.insert(url.find("127"), std::string(GitServer::kUser) + ":" + GitServer::kPassword + "@");
  EXPECT_TRUE(RunCommand({"git", "ls-remote", url}, "", env).ok());
}

TEST(ChatSinkTest, RecordsPostsAndFailsOnRequest) {
  ChatSink sink;
  const auto post = [&](const std::string& body) {
    return RunCommand({"curl", "-sf", "-X", "POST", "-d", body, sink.Url("/slack")}).ok();
  };
  sink.FailNext(1, 500);
  EXPECT_FALSE(post("first"));
  EXPECT_TRUE(post("second"));
  EXPECT_TRUE(sink.WaitForText(5s, "second"));
  ASSERT_EQ(sink.Messages().size(), 1u);
  EXPECT_EQ(sink.Messages()[0].path, "/slack");
}

ControlPlane& Cluster() {
  static auto cp = [] {
    auto started = ControlPlane::Start({.controllers = true, .apiserver_flags = {}});
    if (!started.ok()) ADD_FAILURE() << started.status().message();
    SLUICE_CHECK(started.ok());
    return *std::move(started);
  }();
  return *cp;
}

TEST(ControlPlaneTest, RefusesAServiceAccountWithoutRights) {
  auto token = Cluster().ServiceAccountToken("limited", "nobody");
  ASSERT_TRUE(token.ok()) << token.status().message();
  EXPECT_EQ(Cluster().Request("GET", "/api/v1/secrets").status, 200);
  const auto denied = Cluster().Request("GET", "/api/v1/secrets", "", "application/json", *token);
  EXPECT_EQ(denied.status, 403);
  EXPECT_THAT(denied.body, HasSubstr("system:serviceaccount:limited:nobody"));
}

TEST(ControlPlaneTest, DeploymentsBecomeReadyOnTheFakeNode) {
  ASSERT_TRUE(Cluster().CreateNamespace("pods").ok());
  EXPECT_TRUE(
      Cluster()
          .Kubectl({"-n", "pods", "create", "deployment", "web", "--image=web", "--replicas=3"})
          .ok());
  const auto waited = Cluster().Kubectl(
      {"-n", "pods", "wait", "deployment/web", "--for=condition=Available", "--timeout=60s"});
  EXPECT_EQ(waited.exit_code, 0) << waited.err;
}

TEST(ControlPlaneTest, ApiServerComesBackWithItsData) {
  ASSERT_TRUE(Cluster().CreateNamespace("kept").ok());
  Cluster().KillApiServer();
  EXPECT_EQ(Cluster().Request("GET", "/api/v1/namespaces/kept").status, 0);
  ASSERT_TRUE(Cluster().StartApiServer().ok());
  EXPECT_EQ(Cluster().Request("GET", "/api/v1/namespaces/kept").status, 200);
}

}  // namespace
}  // namespace sluice::test_support
