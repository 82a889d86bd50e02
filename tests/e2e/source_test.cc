// GitRepositories: what a user of sluice-source sees.
#include <gmock/gmock.h>

#include <iterator>
#include <sstream>
#include <utility>

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
  static std::string Revision(const Value& source) {
    return Text(source["status"]["artifact"]["revision"]);
  }

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
    EXPECT_EQ(Text(ConditionOf(source, type)["message"]),
              "stored artifact for revision 'main@sha1:" + sha_ + "'")
        << type;
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
  for (const auto& c : cases)
    lab_.Apply(GitRepository(ns_, c.name, tree_.url(), "  ref: " + c.ref + "\n"));
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(Revision(lab_.WaitReady(Source(c.name))), c.revision);
  }
}

TEST_F(SourceTest, ReportsWhatUpstreamRefusesAndRecovers) {
  lab_.Apply(GitRepository(ns_, "repo", tree_.url(), "  ref: {branch: later}\n"));
  EXPECT_THAT(lab_.WaitFailed(Source(), "GitOperationFailed"),
              AllOf(StartsWith("failed to checkout and determine revision: "),
                    HasSubstr("refs/heads/later")));
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
  lab_.Apply(GitRepository(ns_, "repo", secret.url(),
                           "  secretRef: {name: auth}\n  ref: {branch: main}\n"));
  EXPECT_THAT(lab_.WaitFailed(Source(), "AuthenticationFailed"),
              HasSubstr("failed to get secret '" + ns_ + "/auth'"));
  lab_.Apply("apiVersion: v1\nkind: Secret\nmetadata: {name: auth, namespace: " + ns_ +
             "}\nstringData: {username: " + GitServer::kUser + ", password: wrong}\n");
  lab_.RequestReconcile(Source());
  EXPECT_THAT(lab_.WaitFailed(Source(), "GitOperationFailed"),
              HasSubstr("authentication required"));
  lab_.Apply("apiVersion: v1\nkind: Secret\nmetadata: {name: auth, namespace: " + ns_ +
             "}\nstringData: {username: " + GitServer::kUser +
             ", password: " + GitServer::kPassword + "}\n");
  lab_.RequestReconcile(Source());
  EXPECT_EQ(Revision(lab_.WaitReady(Source())), "main@sha1:" + sha);
}

TEST_F(SourceTest, VerifiesSignedCommitsAndTags) {
  const test_support::TempDir keys;
  ASSERT_TRUE(test_support::RunCommand(
                  {"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", keys.File("key")})
                  .ok());
  ASSERT_TRUE(test_support::RunCommand(
                  {"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", keys.File("other")})
                  .ok());
  const auto secret = [&](const std::string& name, const std::string& file) {
    lab_.Apply("apiVersion: v1\nkind: Secret\nmetadata: {name: " + name + ", namespace: " + ns_ +
               "}\nstringData: {a.sshpub: '" + test_support::ReadFile(keys.File(file + ".pub")) +
               "'}\n");
  };
  secret("keys", "key");
  secret("others", "other");
  lab_.Apply(
      GitRepository(ns_, "unsigned", tree_.url(),
                    "  ref: {branch: main}\n  verify: {mode: HEAD, secretRef: {name: keys}}\n"));
  EXPECT_EQ(
      lab_.WaitFailed(Source("unsigned"), "InvalidCommitSignature"),
      "signature verification of commit '" + sha_ + "' failed: unsupported signature type: empty");

  tree_.Git({"config", "gpg.format", "ssh"});
  tree_.Git({"config", "user.signingkey", keys.File("key")});
  tree_.Git({"commit", "-q", "-S", "--allow-empty", "-m", "signed"});
  tree_.Git({"tag", "-s", "-m", "signed tag", "v1.0.0"});
  tree_.Git({"tag", "light"});
  const std::string sha = tree_.Git({"rev-parse", "HEAD"}),
                    tag = tree_.Git({"rev-parse", "v1.0.0"});
  tree_.Git({"push", "-q", "--tags", "origin", "main"});
  const std::string fingerprint = [&] {
    std::string out = test_support::RunCommand({"ssh-keygen", "-lf", keys.File("key.pub")}).out;
    out = out.substr(out.find("SHA256:"));
    return out.substr(0, out.find(' '));
  }();
  const std::string commit_line = "\n\t- commit '" + sha + "' with key '" + fingerprint + "'";
  const std::string tag_line = "\n\t- tag 'v1.0.0@" + tag + "' with key '" + fingerprint + "'";
  const struct {
    std::string name, ref, mode, message;
  } good[] = {
      {"head", "{branch: main}", "HEAD", "verified signature of" + commit_line},
      {"tag", "{tag: v1.0.0}", "Tag", "verified signature of" + tag_line},
      {"both", "{semver: 1.x}", "TagAndHEAD", "verified signature of" + tag_line + commit_line}};
  for (const auto& c : good) {
    lab_.Apply(GitRepository(
        ns_, c.name, tree_.url(),
        "  ref: " + c.ref + "\n  verify: {mode: " + c.mode + ", secretRef: {name: keys}}\n"));
  }
  for (const auto& c : good) {
    SCOPED_TRACE(c.name);
    const Value source = lab_.WaitReady(Source(c.name), sha);
    EXPECT_EQ(Text(ConditionOf(source, "SourceVerified")["message"]), c.message);
    EXPECT_EQ(Text(source["status"]["sourceVerificationMode"]), c.mode);
  }
  const struct {
    std::string name, ref, mode, secret, reason, message;
  } bad[] = {
      {"stranger", "{branch: main}", "HEAD", "others", "InvalidCommitSignature",
       "public key does not match"},
      {"no-keys", "{branch: main}", "HEAD", "absent", "VerificationError",
       "public keys secret error: "},
      {"light", "{tag: light}", "Tag", "keys", "InvalidGitObject",
       "cannot verify signature of tag 'light' since it is not signed"},
      {"no-tag", "{branch: main}", "Tag", "keys", "InvalidVerificationMode",
       "cannot verify tag object's signature if a tag reference is not specified"},
  };
  for (const auto& c : bad) {
    lab_.Apply(GitRepository(ns_, c.name, tree_.url(),
                             "  ref: " + c.ref + "\n  verify: {mode: " + c.mode +
                                 ", secretRef: {name: " + c.secret + "}}\n"));
    EXPECT_THAT(lab_.WaitFailed(Source(c.name), c.reason), HasSubstr(c.message));
    EXPECT_EQ(Text(ConditionOf(lab_.Get(Source(c.name)), "SourceVerified")["status"]), "False")
        << c.name;
    EXPECT_EQ(Revision(lab_.Get(Source(c.name))), "") << "nothing unverified is served";
  }
}

TEST_F(SourceTest, IncludesOtherRepositoriesAndFollowsThem) {
  lab_.Apply(GitRepository(ns_, "whole", tree_.url(),
                           "  ref: {branch: main}\n  include: [{repository: {name: part}, "
                           "fromPath: app, toPath: vendor/app}]\n"));
  EXPECT_THAT(lab_.WaitFailed(Source("whole"), "NotFound"),
              StartsWith("could not get resource for include 'part'"));
  GitWorkTree part(lab_.git(), ns_ + "-part");
  part.Write("app/in.yaml", ConfigMap("in", "k", "1"));
  part.CommitAndPush("part one");
  lab_.Apply(GitRepository(ns_, "part", part.url()));
  lab_.WaitReady(Source("part"));
  lab_.RequestReconcile(Source("whole"));
  const Value first = lab_.WaitReady(Source("whole"));
  EXPECT_EQ(Revision(first), "main@sha1:" + sha_);
  ASSERT_EQ(first["status"]["includedArtifacts"].items().size(), 1u);
  EXPECT_EQ(Text(first["status"]["observedInclude"].items()[0]["toPath"]), "vendor/app");
  const std::string before = Text(first["status"]["artifact"]["digest"]);
  part.Write("app/in.yaml", ConfigMap("in", "k", "2"));
  part.CommitAndPush("part two");
  lab_.RequestReconcile(Source("part"));  // and nobody asks `whole`, whose interval is long
  const Value second = lab_.WaitFor(Source("whole"), "follows its part", [&](const Value& o) {
    return IsReady(o) && Text(o["status"]["artifact"]["digest"]) != before;
  });
  EXPECT_EQ(Revision(second), "main@sha1:" + sha_) << "the revision is its own";
}

TEST_F(SourceTest, SparsePathsAndSubmodules) {
  lab_.Apply(GitRepository(ns_, "sparse", tree_.url(),
                           "  ref: {branch: main}\n  sparseCheckout: [./app]\n"));
  EXPECT_EQ(
      Text(lab_.WaitReady(Source("sparse"))["status"]["observedSparseCheckout"].items().at(0)),
      "./app");
  lab_.Apply(GitRepository(ns_, "absent", tree_.url(),
                           "  ref: {branch: main}\n  sparseCheckout: [../../etc]\n"));
  EXPECT_THAT(lab_.WaitFailed(Source("absent"), "GitOperationFailed"),
              StartsWith("failed to sparse checkout directories : sparse checkout dir '../../etc' "
                         "does not exist in repository: "));

  GitWorkTree module(lab_.git(), ns_ + "-module");
  module.Write("m.yaml", ConfigMap("m", "k", "1"));
  const std::string module_sha = module.CommitAndPush("module");
  tree_.Write(".gitmodules",
              "[submodule \"m\"]\n\tpath = mods/m\n\turl = ./../" + ns_ + "-module.git\n");
  tree_.Git({"update-index", "--add", "--cacheinfo", "160000," + module_sha + ",mods/m"});
  tree_.Git({"add", ".gitmodules"});
  tree_.Git({"commit", "-q", "-m", "with a module"});
  tree_.Git({"push", "-q", "origin", "main"});
  lab_.Apply(GitRepository(ns_, "without", tree_.url()));
  lab_.Apply(GitRepository(ns_, "with", tree_.url(),
                           "  ref: {branch: main}\n  recurseSubmodules: true\n"));
  const Value without = lab_.WaitReady(Source("without")), with = lab_.WaitReady(Source("with"));
  EXPECT_TRUE(with["status"]["observedRecurseSubmodules"].AsBool());
  EXPECT_GT(with["status"]["artifact"]["size"].AsInt(),
            without["status"]["artifact"]["size"].AsInt());
  const std::string listing = [&] {
    const test_support::TempDir dir;
    dir.Write("a.tgz",
              lab_.stack().http().Send("GET", Text(with["status"]["artifact"]["url"])).body);
    return test_support::RunCommand({"tar", "tzf", dir.File("a.tgz")}).out;
  }();
  EXPECT_THAT(listing, HasSubstr("mods/m/m.yaml"));
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
  lab_.Apply(
      GitRepository(ns_, "repo", tree_.url(), "  ref: {branch: main}\n  ignore: |\n    /app\n"));
  const Value after = lab_.WaitFor(Source(), "rebuilt", [&](const Value& o) {
    return IsReady(o) && Text(o["status"]["artifact"]["digest"]) != before;
  });
  EXPECT_EQ(Revision(after), "main@sha1:" + sha_);
  EXPECT_EQ(Text(after["status"]["observedIgnore"]), "/app\n");
}

// Minutes long, for the figure in bench/source/README.md: --gtest_also_run_disabled_tests
// --gtest_filter=*Thousand*
TEST_F(SourceTest, DISABLED_AThousandUnchangedObjectsOfTenRepositories) {
  constexpr int kObjects = 1000, kRepositories = 10, kSeconds = 180;
  std::vector<std::unique_ptr<GitWorkTree>> trees;
  for (int i = 0; i < kRepositories; ++i) {
    trees.push_back(std::make_unique<GitWorkTree>(lab_.git(), ns_ + "-" + std::to_string(i)));
    trees.back()->Write("a", std::to_string(i));
    trees.back()->CommitAndPush("one");
  }
  std::string manifests;
  for (int i = 0; i < kObjects; ++i) {
    manifests +=
        "---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {name: "
        "repo-" +
        std::to_string(i) + ", namespace: " + ns_ + "}\nspec: {interval: 1m, url: '" +
        trees[static_cast<size_t>(i % kRepositories)]->url() + "', ref: {branch: main}}\n";
    if (i % 100 == 99) lab_.Apply(std::exchange(manifests, ""));
  }
  for (int i = 0; i < kObjects; i += 37)
    lab_.WaitFor(Source("repo-" + std::to_string(i)), "ready", IsReady, 300s);
  lab_.WaitFor(Source("repo-999"), "ready", IsReady, 300s);
  const std::string proc = "/proc/" + std::to_string(lab_.stack().Pid("source"));
  const auto cpu = [&] {
    const std::string stat = test_support::ReadFile(proc + "/stat");
    std::istringstream in(stat.substr(stat.rfind(')') + 2));
    const std::vector<std::string> fields{std::istream_iterator<std::string>(in), {}};
    return std::stol(fields.at(11)) + std::stol(fields.at(12));  // ticks of 10 ms
  };
  EXPECT_TRUE(Throughout(30s, [] { return true; }));
  const size_t requests = lab_.git().Requests();
  const long ticks = cpu();
  EXPECT_TRUE(Throughout(std::chrono::seconds(kSeconds), [] { return true; }));
  const double used = static_cast<double>(cpu() - ticks) / 100;
  std::printf(
      "%d GitRepositories of %d repositories, interval 1m, %d s: %zu requests, CPU %.2f s = %.2f "
      "%% of one core; %s",
      kObjects, kRepositories, kSeconds, lab_.git().Requests() - requests, used,
      used / kSeconds * 100,
      test_support::RunCommand({"grep", "-E", "VmHWM|VmRSS|RssAnon", proc + "/status"})
          .out.c_str());
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
  const auto waited = lab_.cluster().Kubectl(
      {"-n", ns_, "wait", "gitrepository/repo", "--for=condition=Ready", "--timeout=30s"});
  EXPECT_TRUE(waited.ok()) << waited.err;
}

}  // namespace
}  // namespace sluice::e2e
