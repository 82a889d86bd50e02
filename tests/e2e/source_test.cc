// GitRepositories: what a user of sluice-source sees.
#include <gmock/gmock.h>

#include "lab.h"

namespace sluice::e2e {
namespace {

using testing::Contains;
using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

Lab& TheLab() {
  static Lab lab({.controllers = false, .stack = {}, .processes = {"source"}});
  return lab;
}

class SourceTest : public testing::Test {
 protected:
  SourceTest() : ns_(TheLab().NewNamespace()), tree_(TheLab().git(), ns_) {
    tree_.Write("app/config.yaml", ConfigMap("config", "k", "1"));
    tree_.Write("README.md", "read me\n");
    sha_ = tree_.CommitAndPush("one");
  }
  Ref Source(const std::string& name = "repo") const { return {"GitRepository", ns_, name}; }
  static std::string Revision(const Value& source) { return Text(source["status"]["artifact"]["revision"]); }

  Lab& lab_ = TheLab();
  std::string ns_, sha_;
  GitWorkTree tree_;
};

TEST_F(SourceTest, StoresAndServesAnArtifactOfTheBranch) {
  lab_.Apply(GitRepository(ns_, "repo", tree_.url()));
  const Value source = lab_.WaitReady(Source());
  const Value& artifact = source["status"]["artifact"];
  const std::string path = "gitrepository/" + ns_ + "/repo/" + sha_ + ".tar.gz";
  EXPECT_EQ(Revision(source), "main@sha1:" + sha_);
  EXPECT_EQ(Text(artifact["path"]), path);
  EXPECT_EQ(Text(artifact["url"]), lab_.stack().StorageUrl("/" + path));
  EXPECT_THAT(Text(artifact["digest"]), MatchesRegex("sha256:[0-9a-f]{64}"));
  EXPECT_EQ(Text(source["metadata"]["finalizers"].items().at(0)), "finalizers.fluxcd.io");
  for (const std::string type : {"Ready", "ArtifactInStorage"}) {
    EXPECT_EQ(Text(ConditionOf(source, type)["reason"]), "Succeeded") << type;
    EXPECT_EQ(Text(ConditionOf(source, type)["message"]), "stored artifact for revision 'main@sha1:" + sha_ + "'") << type;
  }
  EXPECT_TRUE(ConditionOf(source, "Reconciling").is_null());

  const auto file = lab_.stack().http().Send("GET", Text(artifact["url"]));
  EXPECT_EQ(file.status, 200);
  EXPECT_EQ(static_cast<int64_t>(file.body.size()), artifact["size"].AsInt());
  EXPECT_TRUE(Eventually(kSoon, [&] {
    const auto messages = lab_.Events(Source(), "NewArtifact");
    return messages == std::vector<std::string>{"stored artifact for commit 'one'"};
  }));
}

TEST_F(SourceTest, FollowsEveryKindOfReference) {
  tree_.Git({"tag", "v1.0.0"});
  tree_.Git({"tag", "-a", "-m", "annotated", "v1.1.0"});
  tree_.Write("new", "x");
  const std::string second = tree_.CommitAndPush("two");
  tree_.Git({"tag", "v2.0.0-rc.1"});
  tree_.Git({"push", "-q", "--tags", "origin"});
  const struct {
    std::string name, ref, revision;
  } cases[] = {
      {"tag", "{tag: v1.0.0}", "v1.0.0@sha1:" + sha_},
      {"annotated", "{tag: v1.1.0}", "v1.1.0@sha1:" + sha_},
      {"semver", "{semver: '>=1.0.0 <2.0.0'}", "v1.1.0@sha1:" + sha_},
      {"pre", "{semver: '>=2.0.0-0'}", "v2.0.0-rc.1@sha1:" + second},
      {"name", "{name: refs/heads/main}", "refs/heads/main@sha1:" + second},
      {"commit", "{commit: " + sha_ + "}", "sha1:" + sha_},
      {"commit-on-branch", "{branch: main, commit: " + sha_ + "}", "main@sha1:" + sha_},
      {"precedence", "{branch: nope, tag: v1.0.0, semver: '2.x'}", "v1.0.0@sha1:" + sha_},
  };
  for (const auto& c : cases) lab_.Apply(GitRepository(ns_, c.name, tree_.url(), "  ref: " + c.ref + "\n"));
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(Revision(lab_.WaitReady(Source(c.name))), c.revision);
  }
}

TEST_F(SourceTest, ReportsWhatUpstreamRefusesAndRecovers) {
  lab_.Apply(GitRepository(ns_, "repo", tree_.url(), "  ref: {branch: later}\n"));
  EXPECT_THAT(lab_.WaitFailed(Source(), "GitOperationFailed"),
              AllOf(StartsWith("failed to checkout and determine revision: "), HasSubstr("refs/heads/later")));
  EXPECT_EQ(Text(ConditionOf(lab_.Get(Source()), "FetchFailed")["status"]), "True");
  tree_.Git({"checkout", "-q", "-b", "later"});
  tree_.CommitAndPush("on later");
  lab_.RequestReconcile(Source());
  const Value source = lab_.WaitReady(Source(), "later@sha1:");
  EXPECT_TRUE(ConditionOf(source, "FetchFailed").is_null());
  EXPECT_THAT(Text(source["status"]["lastHandledReconcileAt"]), StartsWith("request-"));
}

TEST_F(SourceTest, ReportsAnUnreachableServer) {
  lab_.Apply(GitRepository(ns_, "repo", "http://127.0.0.1:1/x.git"));
  EXPECT_THAT(lab_.WaitFailed(Source(), "GitOperationFailed"), HasSubstr("connection refused"));
}

TEST_F(SourceTest, AuthenticatesWithBasicCredentials) {
  GitWorkTree secret(lab_.git(), "private/" + ns_);
  const std::string sha = secret.CommitAndPush("hidden");
  lab_.Apply(GitRepository(ns_, "repo", secret.url(), "  secretRef: {name: auth}\n  ref: {branch: main}\n"));
  EXPECT_THAT(lab_.WaitFailed(Source(), "AuthenticationFailed"), HasSubstr("failed to get secret '" + ns_ + "/auth'"));
  lab_.Apply("apiVersion: v1\nkind: Secret\nmetadata: {name: auth, namespace: " + ns_ + "}\nstringData: {username: " +
             GitServer::kUser + ", password: wrong}\n");
  lab_.RequestReconcile(Source());
  EXPECT_THAT(lab_.WaitFailed(Source(), "GitOperationFailed"), HasSubstr("authentication required"));
  lab_.Apply("apiVersion: v1\nkind: Secret\nmetadata: {name: auth, namespace: " + ns_ + "}\nstringData: {username: " +
             GitServer::kUser + ", password: " + GitServer::kPassword + "}\n");
  lab_.RequestReconcile(Source());
  EXPECT_EQ(Revision(lab_.WaitReady(Source())), "main@sha1:" + sha);
}

TEST_F(SourceTest, StallsOnWhatIsNotThereYetAndSaysSo) {
  const struct {
    std::string name, more;
  } cases[] = {
      {"submodules", "  recurseSubmodules: true\n"},
      {"include", "  include: [{repository: {name: other}}]\n"},
      {"sparse", "  sparseCheckout: [app]\n"},
      {"verify", "  verify: {mode: HEAD, secretRef: {name: keys}}\n"},
  };
  for (const auto& c : cases) lab_.Apply(GitRepository(ns_, c.name, tree_.url(), c.more));
  lab_.Apply(GitRepository(ns_, "ssh", "ssh://git@127.0.0.1/x.git"));
  for (const std::string name : {"submodules", "include", "sparse", "verify", "ssh"}) {
    const Value source = lab_.WaitFor(Source(name), "stalled", [](const Value& o) {
      return Text(ConditionOf(o, "Stalled")["status"]) == "True";
    });
    EXPECT_EQ(Text(ConditionOf(source, "Ready")["status"]), "False") << name;
    EXPECT_NE(Text(ConditionOf(source, "Stalled")["message"]), "") << name;
  }
}

TEST_F(SourceTest, SuspendKeepsTheArtifactAndStopsFetching) {
  lab_.Apply(GitRepository(ns_, "repo", tree_.url()));
  lab_.WaitReady(Source(), sha_);
  lab_.Apply(GitRepository(ns_, "repo", tree_.url(), "  ref: {branch: main}\n  suspend: true\n"));
  const std::string second = tree_.CommitAndPush("two");
  lab_.RequestReconcile(Source());
  EXPECT_TRUE(Throughout(1s, [&] { return Revision(lab_.Get(Source())) == "main@sha1:" + sha_; }));
  lab_.Apply(GitRepository(ns_, "repo", tree_.url(), "  ref: {branch: main}\n  suspend: false\n"));
  lab_.WaitReady(Source(), second);
}

TEST_F(SourceTest, IgnorePatternsChangeTheArtifactOfTheSameCommit) {
  lab_.Apply(GitRepository(ns_, "repo", tree_.url()));
  const std::string before = Text(lab_.WaitReady(Source())["status"]["artifact"]["digest"]);
  lab_.Apply(GitRepository(ns_, "repo", tree_.url(), "  ref: {branch: main}\n  ignore: |\n    /app\n"));
  const Value after = lab_.WaitFor(Source(), "rebuilt", [&](const Value& o) {
    return IsReady(o) && Text(o["status"]["artifact"]["digest"]) != before;
  });
  EXPECT_EQ(Revision(after), "main@sha1:" + sha_);
  EXPECT_EQ(Text(after["status"]["observedIgnore"]), "/app\n");
}

TEST_F(SourceTest, DeletionRemovesTheFiles) {
  lab_.Apply(GitRepository(ns_, "repo", tree_.url()));
  const std::string url = Text(lab_.WaitReady(Source())["status"]["artifact"]["url"]);
  lab_.Delete(Source());
  EXPECT_TRUE(lab_.WaitGone(Source()));
  EXPECT_EQ(lab_.stack().http().Send("GET", url).status, 404);
}

TEST_F(SourceTest, OldApiVersionsWork) {
  for (const std::string version : {"v1beta2", "v1beta1"}) {
    std::string manifest = GitRepository(ns_, version, tree_.url());
    manifest.replace(manifest.find("fluxcd.io/v1") + 10, 2, version);
    lab_.Apply(manifest + "  gitImplementation: libgit2\n");
    EXPECT_EQ(Revision(lab_.WaitReady(Source(version))), "main@sha1:" + sha_) << version;
  }
}

TEST_F(SourceTest, KubectlWaitSeesReadiness) {
  lab_.Apply(GitRepository(ns_, "repo", tree_.url()));
  const auto waited = lab_.cluster().Kubectl({"-n", ns_, "wait", "gitrepository/repo", "--for=condition=Ready", "--timeout=30s"});
  EXPECT_TRUE(waited.ok()) << waited.err;
}

}  // namespace
}  // namespace sluice::e2e
