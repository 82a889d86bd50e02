// The `sluice` command against a cluster with the source process.
#include <gmock/gmock.h>

#include <filesystem>

#include "lab.h"

namespace sluice::e2e {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using test_support::CommandResult;
using test_support::RunCommand;

class CommandTest : public testing::Test {
 protected:
  CommandTest() : ns_(TheLab().NewNamespace()), tree_(TheLab().git(), ns_) {
    tree_.Write("a.yaml", ConfigMap("a", "k", "1"));
    sha_ = tree_.CommitAndPush("one");
    lab_.Apply(GitRepository(ns_, "repo", tree_.url()));
    lab_.WaitReady({"GitRepository", ns_, "repo"});
  }
  static Lab& TheLab() {
    static Lab lab({.controllers = false, .stack = {}, .processes = {"source"}});
    return lab;
  }
  CommandResult Sluice(std::vector<std::string> args) {
    args.insert(args.begin(), lab_.stack().options().bin + "/sluice");
    return RunCommand(args, "", {{"KUBECONFIG", lab_.cluster().kubeconfig()}});
  }

  Lab& lab_ = TheLab();
  std::string ns_, sha_;
  GitWorkTree tree_;
};

TEST_F(CommandTest, GetPrintsFluxsTable) {
  const auto result = Sluice({"get", "sources", "git", "-n", ns_});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const std::string revision = "main@sha1:" + sha_.substr(0, 8);
  EXPECT_EQ(result.out, "NAME\tREVISION          \tSUSPENDED\tREADY\tMESSAGE                                          \t\nrepo\t" + revision +
                            "\tFalse    \tTrue \tstored artifact for revision '" + revision + "'\t\n");
  EXPECT_EQ(Sluice({"get", "sources", "git", "repo", "-n", ns_, "--no-header"}).exit_code, 0);
  EXPECT_THAT(Sluice({"get", "all", "-A"}).out, HasSubstr("gitrepository/repo"));
}

TEST_F(CommandTest, GetSaysWhatIsMissing) {
  const auto none = Sluice({"get", "kustomizations", "-n", ns_});
  EXPECT_EQ(none.exit_code, 1);
  EXPECT_EQ(none.err, "✗ no Kustomization objects found in \"" + ns_ + "\" namespace\n");
  EXPECT_THAT(Sluice({"get", "sources", "git", "other", "-n", ns_}).err, HasSubstr("GitRepository object 'other' not found"));
  EXPECT_EQ(Sluice({"get", "pods"}).exit_code, 1);
}

TEST_F(CommandTest, ReconcileFetchesTheNewCommit) {
  const std::string sha = tree_.CommitAndPush("two");
  const auto result = Sluice({"reconcile", "source", "git", "repo", "-n", ns_});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, AllOf(HasSubstr("► annotating GitRepository repo in " + ns_ + " namespace"), HasSubstr("✔ fetched revision main@sha1:" + sha)));
}

TEST_F(CommandTest, ReconcileTellsAFailure) {
  lab_.Apply(GitRepository(ns_, "broken", tree_.url(), "  ref: {branch: none}\n"));
  lab_.WaitFailed({"GitRepository", ns_, "broken"}, "GitOperationFailed");
  const auto result = Sluice({"reconcile", "source", "git", "broken", "-n", ns_, "--timeout=20s"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("✗ GitRepository reconciliation failed: 'failed to checkout and determine revision"));
}

TEST_F(CommandTest, CheckNamesTheServerAndTheCrds) {
  const auto pre = Sluice({"check", "--pre"});
  EXPECT_EQ(pre.exit_code, 0);
  EXPECT_THAT(pre.err, AllOf(HasSubstr("✔ Kubernetes 1."), HasSubstr("✔ prerequisites checks passed")));
  const auto whole = Sluice({"check"});
  EXPECT_EQ(whole.exit_code, 1) << "no Deployments are installed here";
  EXPECT_THAT(whole.err, AllOf(HasSubstr("✗ no controllers found"), HasSubstr("✔ kustomizations.kustomize.toolkit.fluxcd.io/v1")));
}

TEST_F(CommandTest, BusKeygenMakesKeysOnlyTheirOwnerCanRead) {
  const test_support::TempDir dir;
  EXPECT_EQ(Sluice({"bus", "keygen", dir.File("keys")}).exit_code, 0);
  for (const std::string role : {"source", "kustomize", "notify"}) {
    const auto mode = std::filesystem::status(dir.File("keys/" + role + ".key")).permissions();
    EXPECT_EQ(mode & std::filesystem::perms(077), std::filesystem::perms::none) << role;
    EXPECT_TRUE(std::filesystem::exists(dir.File("keys/" + role + ".pub"))) << role;
  }
}

TEST_F(CommandTest, AnUnknownVerbIsAnError) { EXPECT_NE(Sluice({"frobnicate"}).exit_code, 0); }

}  // namespace
}  // namespace sluice::e2e
