// The `sluice` command against a cluster with the source process.
#include <gmock/gmock.h>

#include <filesystem>

#include "document/json.h"
#include "lab.h"

namespace sluice::e2e {
namespace {

using test_support::CommandResult;
using test_support::RunCommand;
using testing::AllOf;
using testing::HasSubstr;

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
  EXPECT_EQ(result.out,
            "NAME\tREVISION          \tSUSPENDED\tREADY\tMESSAGE                                   "
            "       \t\nrepo\t" +
                revision + "\tFalse    \tTrue \tstored artifact for revision '" + revision +
                "'\t\n");
  EXPECT_EQ(Sluice({"get", "sources", "git", "repo", "-n", ns_, "--no-header"}).exit_code, 0);
  EXPECT_THAT(Sluice({"get", "all", "-A"}).out, HasSubstr("gitrepository/repo"));
}

TEST_F(CommandTest, GetSaysWhatIsMissing) {
  const auto none = Sluice({"get", "kustomizations", "-n", ns_});
  EXPECT_EQ(none.exit_code, 1);
  EXPECT_EQ(none.err, "✗ no Kustomization objects found in \"" + ns_ + "\" namespace\n");
  EXPECT_THAT(Sluice({"get", "sources", "git", "other", "-n", ns_}).err,
              HasSubstr("GitRepository object 'other' not found"));
  EXPECT_EQ(Sluice({"get", "pods"}).exit_code, 1);
}

TEST_F(CommandTest, ReconcileFetchesTheNewCommit) {
  const std::string sha = tree_.CommitAndPush("two");
  const auto result = Sluice({"reconcile", "source", "git", "repo", "-n", ns_});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("► annotating GitRepository repo in " + ns_ + " namespace"),
                    HasSubstr("✔ fetched revision main@sha1:" + sha)));
}

TEST_F(CommandTest, ReconcileTellsAFailure) {
  lab_.Apply(GitRepository(ns_, "broken", tree_.url(), "  ref: {branch: none}\n"));
  lab_.WaitFailed({"GitRepository", ns_, "broken"}, "GitOperationFailed");
  const auto result = Sluice({"reconcile", "source", "git", "broken", "-n", ns_, "--timeout=20s"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(
      result.err,
      HasSubstr(
          "✗ GitRepository reconciliation failed: 'failed to checkout and determine revision"));
}

TEST_F(CommandTest, CheckNamesTheServerAndTheCrds) {
  const auto pre = Sluice({"check", "--pre"});
  EXPECT_EQ(pre.exit_code, 0);
  EXPECT_THAT(pre.err,
              AllOf(HasSubstr("✔ Kubernetes 1."), HasSubstr("✔ prerequisites checks passed")));
  const auto whole = Sluice({"check"});
  EXPECT_EQ(whole.exit_code, 1) << "no Deployments are installed here";
  EXPECT_THAT(whole.err, AllOf(HasSubstr("✗ no controllers found"),
                               HasSubstr("✔ kustomizations.kustomize.toolkit.fluxcd.io/v1")));
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

// A chart that asks the cluster for all a template may ask.
std::string WriteChart(const test_support::TempDir& dir) {
  dir.Write("chart/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n");
  dir.Write("chart/values.yaml", "kind: ConfigMap\n");
  dir.Write(
      "chart/templates/a.yaml",
      "apiVersion: v1\nkind: {{ .Values.kind }}\nmetadata: {name: made}\ndata:\n"
      "  seen: {{ (lookup \"v1\" \"ConfigMap\" .Release.Namespace \"known\").data | toJson | quote "
      "}}\n"
      "  all: {{ len (lookup \"v1\" \"ConfigMap\" .Release.Namespace \"\") }}\n"
      "  crd: {{ .Capabilities.APIVersions.Has \"source.toolkit.fluxcd.io/v1/GitRepository\" }}\n"
      "  version: {{ .Capabilities.KubeVersion.Version }}\n");
  return dir.File("chart");
}

TEST_F(CommandTest, TemplateAsksTheCluster) {
  const test_support::TempDir dir;
  const std::string chart = WriteChart(dir);
  lab_.Apply(ConfigMap("known", "k", "v", ns_));
  const std::string version =
      Text((*document::ParseJson(lab_.cluster().Request("GET", "/version").body))["gitVersion"]);
  for (const std::vector<std::string>& flags : {std::vector<std::string>{"--dry-run=server"},
                                                {"--validate"},
                                                {"--dry-run=server", "--validate", "--helm3"}}) {
    SCOPED_TRACE(flags.front());
    std::vector<std::string> args = {"template", "r", chart, "-n", ns_};
    args.insert(args.end(), flags.begin(), flags.end());
    const auto result = Sluice(args);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_THAT(result.out,
                AllOf(HasSubstr("seen: \"{\\\"k\\\":\\\"v\\\"}\""), HasSubstr("crd: true\n"),
                      HasSubstr("version: " + version + "\n")));
  }
  const auto offline = Sluice({"template", "r", chart, "-n", ns_});
  EXPECT_THAT(offline.out,
              AllOf(HasSubstr("seen: \"null\""), HasSubstr("all: 0\n"), HasSubstr("crd: false\n")));
  const auto unknown =
      Sluice({"template", "r", chart, "-n", ns_, "--dry-run=server", "--set=kind=Nope"});
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_THAT(unknown.err, HasSubstr("unable to build kubernetes objects from release manifest: "
                                     "resource mapping not found for name: \"made\""));
}

TEST_F(CommandTest, TemplateRefusesWhatIsNotTheReleases) {
  const test_support::TempDir dir;
  const std::string chart = WriteChart(dir);
  lab_.Apply(ConfigMap("made", "k", "v", ns_));
  const auto result = Sluice({"template", "r", chart, "-n", ns_, "--dry-run=server"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("ConfigMap \"made\" in namespace \"" + ns_ +
                                    "\" exists and cannot be imported into the current release"));
  EXPECT_EQ(
      Sluice({"template", "r", chart, "-n", ns_, "--dry-run=server", "--is-upgrade"}).exit_code, 0);
}

TEST_F(CommandTest, TemplateGoesWhereTheFlagsPoint) {
  const test_support::TempDir dir;
  const std::string chart = WriteChart(dir);
  auto& cluster = lab_.cluster();
  const std::vector<std::string> verb = {"template", "r", chart, "-n", ns_, "--dry-run=server"};
  const auto run = [&](std::vector<std::string> flags,
                       const std::string& kubeconfig = "/nonexistent") {
    flags.insert(flags.begin(), verb.begin(), verb.end());
    flags.insert(flags.begin(), lab_.stack().options().bin + "/sluice");
    return RunCommand(flags, "", {{"KUBECONFIG", kubeconfig}, {"HOME", dir.path()}});
  };
  // No kubeconfig at all: the server, its CA and a token.
  const auto by_flags = run({"--kube-apiserver", cluster.url(), "--kube-ca-file", cluster.ca_file(),
                             "--kube-token", cluster.admin_token()});
  EXPECT_EQ(by_flags.exit_code, 0) << by_flags.err;
  EXPECT_THAT(by_flags.out, HasSubstr("crd: true\n"));
  const auto insecure = run({"--kube-apiserver", cluster.url(), "--kube-insecure-skip-tls-verify",
                             "--kube-token", cluster.admin_token()});
  EXPECT_EQ(insecure.exit_code, 0) << insecure.err;
  // Each over a kubeconfig that works.
  const struct {
    std::vector<std::string> flags;
    std::string want;
  } refused[] = {
      {{"--kube-token", "wrong"}, "kubernetes cluster unreachable"},
      {{"--kube-as-user", "nobody"}, "is forbidden"},
      {{"--kube-as-user", "nobody", "--kube-as-group", "nothing"}, "is forbidden"},
      {{"--kube-context", "no-such"}, "no-such"},
      {{"--kube-tls-server-name", "elsewhere.example"}, "kubernetes cluster unreachable"},
      {{"--kube-apiserver", "https://127.0.0.1:1"}, "kubernetes cluster unreachable"},
      {{"--kube-ca-file", "/nonexistent"}, "/nonexistent"},
      {{"--kube-ca-file", cluster.ca_file(), "--kube-insecure-skip-tls-verify"},
       "with the insecure flag is not allowed"},
      {{"--kubeconfig", "/nonexistent"}, "/nonexistent"},
  };
  for (const auto& c : refused) {
    SCOPED_TRACE(c.flags.front());
    const auto result = run(c.flags, cluster.kubeconfig());
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_THAT(result.err, HasSubstr(c.want));
  }
  EXPECT_EQ(
      run({"--kube-as-user", "someone", "--kube-as-group", "system:masters"}, cluster.kubeconfig())
          .exit_code,
      0);
}

TEST_F(CommandTest, AnUnknownVerbIsAnError) { EXPECT_NE(Sluice({"frobnicate"}).exit_code, 0); }

}  // namespace
}  // namespace sluice::e2e
