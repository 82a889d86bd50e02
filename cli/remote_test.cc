// `sluice build` of remote bases, against a real `git http-backend`: the program itself, its
// sibling, and git where only git can.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "remote/checkout.h"
#include "test_support/git_server.h"
#include "test_support/process.h"
#include "test_support/ssh_server.h"

namespace sluice::cli {
namespace {

using test_support::CommandResult;
using test_support::GitServer;
using test_support::GitWorkTree;
using test_support::TempDir;
using ::testing::HasSubstr;

constexpr char kBuilt[] = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: r-remote\n";

class RemoteBuildTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    server_ = new GitServer;
    Publish("fleet");
    test_support::RunCommand({"mkdir", "-p", server_->Folder("private/x")});
    Publish("private/x");
  }
  static void TearDownTestSuite() {
    delete server_;
    server_ = nullptr;
  }
  static void Publish(const std::string& name) {
    GitWorkTree tree(*server_, name);
    tree.Write("deploy/kustomization.yaml", "resources: [base]\nnamePrefix: r-\n");
    tree.Write("deploy/base/kustomization.yaml", "resources: [r.yaml]\n");
    tree.Write("deploy/base/r.yaml",
               "{apiVersion: v1, kind: ConfigMap, metadata: {name: remote}}\n");
    tree.Write("plain.yaml", "{apiVersion: v1, kind: ConfigMap, metadata: {name: plain}}\n");
    tree.Write("up/kustomization.yaml", "resources: [../../outside]\n");
    tree.CommitAndPush("first");
    tree.Git({"tag", "-a", "v1", "-m", "one"});
    tree.Write("deploy/base/r.yaml",
               "{apiVersion: v1, kind: ConfigMap, metadata: {name: newer}}\n");
    commit_ = tree.CommitAndPush("second");
  }

  // The output, or stderr with folders and ports made equal.
  std::string Build(const std::string& resource, const test_support::Environment& env = {}) const {
    directory_.Write("kustomization.yaml", "resources: ['" + resource + "']\n");
    test_support::Environment all = {{"GIT_TERMINAL_PROMPT", "0"}, {"TMPDIR", temporary_.path()}};
    all.insert(env.begin(), env.end());
    const CommandResult run =
        test_support::RunCommand({SLUICE_BIN_DIR "/sluice", "build", directory_.path()}, "", all);
    if (run.ok()) return run.out;
    return std::regex_replace(run.err, std::regex("kustomize-[0-9]+|/[^ ']*/git "), "X");
  }

  static GitServer* server_;
  static std::string commit_;
  TempDir directory_, temporary_;
};
GitServer* RemoteBuildTest::server_ = nullptr;
std::string RemoteBuildTest::commit_;

TEST_F(RemoteBuildTest, BuildsARefOfARepository) {
  const std::string url = server_->Url("fleet") + "//deploy";
  EXPECT_EQ(Build(url + "?ref=v1"), kBuilt);
  EXPECT_EQ(Build(url + "?version=refs/tags/v1&timeout=20s"), kBuilt);
  EXPECT_THAT(Build(url), HasSubstr("name: r-newer"));
  EXPECT_THAT(Build(url + "?ref=main&submodules=false"), HasSubstr("name: r-newer"));
  EXPECT_THAT(Build(url + "?ref=" + commit_), HasSubstr("name: r-newer"));
  EXPECT_EQ(test_support::RunCommand({"ls", temporary_.path()}).out, "");  // nothing stays behind
}

TEST_F(RemoteBuildTest, TakesCredentialsOfTheUrl) {
  std::string url = server_->Url("private/x") + "//deploy?ref=v1";
  EXPECT_THAT(Build(url), HasSubstr("exit status 128"));
  url.insert(url.find("//") + 2, std::string(GitServer::kUser) + ":" + GitServer::kPassword + "@");
  EXPECT_EQ(Build(url), kBuilt);
}

TEST_F(RemoteBuildTest, GitServesWhatOnlyGitCan) {
  EXPECT_EQ(Build("file://" + server_->Folder("fleet") + "//deploy?ref=v1"), kBuilt);
  EXPECT_THAT(Build("file:///nowhere//deploy", {{"PATH", "/nonexistent"}}),
              HasSubstr("no 'git' program on path"));
}

TEST_F(RemoteBuildTest, BuildsOverSsh) {
  if (!test_support::SshServer::Available()) GTEST_SKIP() << "no sshd here";
  const test_support::SshServer sshd;
  const auto with_key = [&](const std::string& name) {
    return test_support::Environment{{"GIT_SSH_COMMAND",
                                      "ssh -F none -o BatchMode=yes -o IdentitiesOnly=yes -o "
                                      "IdentityAgent=none -o UserKnownHostsFile=" +
                                          sshd.Key("known_hosts") + " -i " + sshd.Key(name)}};
  };
  const std::string url = sshd.Url(server_->Folder("fleet"));
  EXPECT_EQ(Build(url + "//deploy?ref=v1", with_key("client_ed25519")), kBuilt);
  EXPECT_THAT(Build(url + "//deploy?ref=main&submodules=false", with_key("client_ecdsa")),
              HasSubstr("name: r-newer"));
  EXPECT_THAT(Build(url + "//deploy?ref=nope", with_key("client_ed25519")),
              HasSubstr("failed to run 'Xfetch --depth=1 " + url +
                        " nope': fatal: couldn't find remote ref nope\n: exit status 128"));
  EXPECT_THAT(Build(url + "//deploy", with_key("stranger")),
              AllOf(HasSubstr("Permission denied (publickey)."),
                    HasSubstr("fatal: Could not read from remote repository.")));
  EXPECT_THAT(Build("ssh://git@127.0.0.1:1/a/b//c", with_key("client_ed25519")),
              AllOf(HasSubstr("ssh: connect to host 127.0.0.1 port 1: Connection refused"),
                    HasSubstr(": exit status 128")));
}

TEST_F(RemoteBuildTest, BringsSubmodules) {
  GitWorkTree tree(*server_, "with-submodule");
  tree.Git({"submodule", "--quiet", "add", server_->Url("fleet"), "fleet"});
  tree.Write("kustomization.yaml", "resources: [fleet/deploy]\nnameSuffix: -s\n");
  tree.CommitAndPush("one");
  EXPECT_THAT(Build(server_->Url("with-submodule")), HasSubstr("name: r-newer-s"));
  EXPECT_THAT(Build(server_->Url("with-submodule") + "?submodules=false"),
              HasSubstr("X/fleet/deploy: no such file or directory"));
}

TEST_F(RemoteBuildTest, ErrorsHaveKustomizesWords) {
  const std::string url = server_->Url("fleet");
  EXPECT_THAT(Build(url + "//deploy?ref=nope"),
              HasSubstr("URL is a git repository': failed to run 'Xfetch --depth=1 " + url +
                        " nope': fatal: couldn't find remote ref nope\n"));
  EXPECT_THAT(Build(url + "//deploy?ref=--upload-pack=x"),
              HasSubstr("couldn't find remote ref --upload-pack=x"));
  EXPECT_THAT(Build(server_->Url("none") + "//deploy"),
              HasSubstr("none.git/' not found\n: exit status 128"));
  EXPECT_THAT(Build(url + "//deploy/base/r.yaml"),
              HasSubstr("X/deploy/base/r.yaml' refers to file 'r.yaml'; expecting directory"));
  EXPECT_THAT(Build(url + "//missing"), HasSubstr("X/missing: no such file or directory"));
  EXPECT_THAT(Build(url + "//up"), HasSubstr("no such file or directory"));
  EXPECT_THAT(
      Build("http://127.0.0.1:1/a/b"),
      HasSubstr(
          "connection refused': failed to run 'Xfetch --depth=1 http://127.0.0.1:1/a/b HEAD'"));
  EXPECT_THAT(
      Build("http://127.0.0.1:1/a/b"),
      AllOf(HasSubstr("Failed to connect to 127.0.0.1 port 1"), HasSubstr("\n: exit status 128")));
  EXPECT_THAT(Build("http://127.0.0.1:1/a/b", {{"PATH", "/nonexistent"}}),
              HasSubstr("fatal: unable to access 'http://127.0.0.1:1/a/b/': Get"));
  EXPECT_THAT(Build("http://127.0.0.1:1/a.yaml"),
              HasSubstr("dial tcp 127.0.0.1:1: connect: connection refused"));
}

TEST(CheckoutTest, FindsRefsInGitsOrder) {
  const auto oid = [](char c) { return *git::ObjectId::Parse(std::string(40, c)); };
  const std::vector<git::RemoteRef> refs = {{"HEAD", oid('1'), {}, "refs/heads/main"},
                                            {"refs/heads/main", oid('1'), {}, ""},
                                            {"refs/heads/v1", oid('2'), {}, ""},
                                            {"refs/tags/v1", oid('3'), oid('4'), ""}};
  EXPECT_EQ(*FindRef(refs, "v1"), oid('4'));  // the tag before the branch, and its commit
  EXPECT_EQ(*FindRef(refs, "heads/v1"), oid('2'));
  EXPECT_EQ(*FindRef(refs, "HEAD"), oid('1'));
  EXPECT_EQ(FindRef(refs, "v2").status().message(), "fatal: couldn't find remote ref v2");
}

}  // namespace
}  // namespace sluice::cli
