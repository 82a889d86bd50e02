// Every condition, reason and message of a GitRepository (source.md §3.6–3.10, §7) that a test can
// bring about, as tables.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "base/encoding.h"
#include "lab.h"

namespace sluice::e2e {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::MatchesRegex;

Lab& TheLab() {
  static Lab lab({.controllers = false, .stack = {}, .processes = {"source"}});
  return lab;
}

struct Row {
  std::string name, url, more, type, reason, message;  // message "…*": begins so
  enum class Ends : uint8_t { kRetry, kStalled, kWaiting } ends = Ends::kRetry;
};

class GitConditionsTest : public testing::Test {
 protected:
  GitConditionsTest() : ns_(TheLab().NewNamespace()), tree_(TheLab().git(), ns_) {
    tree_.Write("app/config.yaml", ConfigMap("config", "k", "1"));
    sha_ = tree_.CommitAndPush("one");
  }
  Ref Source(const std::string& name = "repo") const { return {"GitRepository", ns_, name}; }
  void Secret(const std::string& name, const std::map<std::string, std::string>& data) {
    std::string text = "apiVersion: v1\nkind: Secret\nmetadata: {name: " + name +
                       ", namespace: " + ns_ + "}\ndata:\n";
    for (const auto& [key, value] : data)
      text += "  " + key + ": " + base::Base64Encode(value) + "\n";
    lab_.Apply(text);
  }
  std::string Sha(const std::string& rev) { return tree_.Git({"rev-parse", rev}); }

  // The condition itself, and what the summary makes of it.
  void Check(const std::vector<Row>& rows) {
    for (const Row& r : rows) lab_.Apply(GitRepository(ns_, r.name, r.url, r.more));
    for (const Row& r : rows) {
      SCOPED_TRACE(r.name);
      const Value object =
          lab_.WaitFor(Source(r.name), "failed with " + r.reason, [&](const Value& o) {
            const Value& ready = ConditionOf(o, "Ready");
            return Text(ready["status"]) == "False" && Text(ready["reason"]) == r.reason;
          });
      const std::string message = Text(ConditionOf(object, "Ready")["message"]);
      if (r.message.ends_with("*")) {
        EXPECT_EQ(message.substr(0, r.message.size() - 1),
                  r.message.substr(0, r.message.size() - 1));
      } else {
        EXPECT_EQ(message, r.message);
      }
      const Value& own = ConditionOf(object, r.type);
      EXPECT_EQ(Text(own["status"]), r.type == "SourceVerified" ? "False" : "True");
      EXPECT_EQ(Text(own["reason"]), r.reason);
      EXPECT_EQ(Text(own["message"]), message);
      const bool stalled = r.ends == Row::Ends::kStalled;
      EXPECT_EQ(Text(ConditionOf(object, "Stalled")["reason"]), stalled ? r.reason : "");
      EXPECT_EQ(Text(ConditionOf(object, "Reconciling")["reason"]),
                stalled ? "" : "ProgressingWithRetry");
      EXPECT_THAT(Text(ConditionOf(object, "Reconciling")["message"]),
                  testing::StartsWith(stalled ? "" : "building artifact"));
      EXPECT_EQ(object["status"]["observedGeneration"].AsInt(), stalled ? 1 : -1);
      EXPECT_TRUE(ConditionOf(object, "ArtifactInStorage").is_null());
      for (const Value& c : object["status"]["conditions"].items())
        EXPECT_EQ(c["observedGeneration"].AsInt(), 1);
      EXPECT_TRUE(Eventually(kSoon, [&] {
        return testing::Value(lab_.Events(Source(r.name), r.reason), Contains(message));
      }));
    }
  }

  Lab& lab_ = TheLab();
  std::string ns_, sha_;
  GitWorkTree tree_;
};

TEST_F(GitConditionsTest, Credentials) {
  const std::string http = tree_.url(), ssh = "ssh://git@127.0.0.1/x",
                    auth = "failed to configure authentication options: ";
  const test_support::TempDir keys;
  ASSERT_TRUE(test_support::RunCommand(
                  {"ssh-keygen", "-q", "-t", "ed25519", "-N", "secret", "-f", keys.File("locked")})
                  .ok());
  Secret("pass", {{"password", "p"}});
  Secret("both", {{"bearerToken", "t"}});
  Secret("nothing", {{"other", "x"}});
  Secret("identity", {{"identity", "x"}});
  Secret("locked", {{"identity", test_support::ReadFile(keys.File("locked"))},
                    {"known_hosts", "127.0.0.1 ssh-ed25519 AAAA"}});
  Secret("app", {{"githubAppID", "1"}});
  Secret("two-apps", {{"githubAppID", "1"},
                      {"githubAppPrivateKey", "x"},
                      {"githubAppInstallationID", "2"},
                      {"githubAppInstallationOwner", "o"}});
  Secret("bad-app",
         {{"githubAppID", "1"}, {"githubAppPrivateKey", "x"}, {"githubAppInstallationID", "2"}});
  const auto with = [](const std::string& secret) {
    return "  ref: {branch: main}\n  secretRef: {name: " + secret + "}\n";
  };
  const std::string missing = "failed to get secret '" + ns_ + "/nope': failed to get secret '" +
                              ns_ + "/nope': secrets \"nope\" not found";
  Check({
      {"missing", http, with("nope"), "FetchFailed", "AuthenticationFailed", missing},
      {"pass", http, with("pass"), "FetchFailed", "AuthenticationFailed",
       auth + "invalid 'http' auth option: 'password' requires 'username' to be set"},
      {"both", "http://u:p@" + http.substr(7), with("both"), "FetchFailed", "GitOperationFailed",
       "failed to checkout and determine revision: basic auth and bearer token cannot be set at "
       "the same time"},
      {"identity", ssh, with("nothing"), "FetchFailed", "AuthenticationFailed",
       auth + "invalid 'ssh' auth option: 'identity' is required"},
      {"no-secret", ssh, "", "FetchFailed", "AuthenticationFailed",
       auth + "invalid 'ssh' auth option: 'identity' is required"},
      {"known-hosts", ssh, with("identity"), "FetchFailed", "AuthenticationFailed",
       auth + "invalid 'ssh' auth option: 'known_hosts' is required"},
      {"locked", ssh, with("locked"), "FetchFailed", "AuthenticationFailed",
       "SSH identity key is encrypted but no 'password' field was provided in the secret '" + ns_ +
           "/locked'"},
      {"proxy", http, "  proxySecretRef: {name: nope}\n", "FetchFailed", "AuthenticationFailed",
       "failed to configure proxy options: secret '" + ns_ + "/nope' not found"},
      {"bad-proxy", http, "  proxySecretRef: {name: nothing}\n", "FetchFailed",
       "AuthenticationFailed",
       "failed to configure proxy options: secret '" + ns_ + "/nothing': key 'address' not found"},
      {"url", "http://[::1", "", "FetchFailed", "URLInvalid",
       "failed to parse url 'http://[::1': parse \"http://[::1\": missing ']' in host",
       Row::Ends::kStalled},
      {"half-app", http, "  provider: github\n  secretRef: {name: app}\n", "FetchFailed",
       "InvalidProviderConfiguration",
       "secretRef with github app data must be specified when provider is set to github"},
      {"two-apps", http, "  provider: github\n  secretRef: {name: two-apps}\n", "FetchFailed",
       "InvalidProviderConfiguration",
       "secret '" + ns_ +
           "/two-apps' must contain exactly one of 'githubAppInstallationOwner' or "
           "'githubAppInstallationID'"},
      {"bad-app", http, "  provider: github\n  secretRef: {name: bad-app}\n", "FetchFailed",
       "AuthenticationFailed",
       auth + "could not parse private key: invalid key: Key must be a PEM encoded PKCS1 or PKCS8 "
              "key"},
      {"github", http, "  provider: github\n", "FetchFailed", "InvalidProviderConfiguration",
       "secretRef with github app data must be specified when provider is set to github",
       Row::Ends::kStalled},
      {"no-app", http, "  provider: github\n  secretRef: {name: nothing}\n", "FetchFailed",
       "InvalidProviderConfiguration",
       "secretRef with github app data must be specified when provider is set to github"},
      {"app", http, with("app"), "FetchFailed", "InvalidProviderConfiguration",
       "secretRef '" + ns_ + "/app' has github app data but provider is not set to github"},
      {"gate", http, "  provider: azure\n  serviceAccountName: x\n", "FetchFailed",
       "FeatureGateDisabled",
       "to use spec.serviceAccountName for provider authentication please enable the "
       "ObjectLevelWorkloadIdentity feature gate in the controller",
       Row::Ends::kStalled},
      {"aws", http, "  provider: aws\n", "FetchFailed", "AuthenticationFailed",
       auth + "AWS CodeCommit authentication requires an HTTPS Git URL"},
      {"codecommit", "https://git.example.com/x", "  provider: aws\n", "FetchFailed",
       "AuthenticationFailed", auth + "invalid AWS CodeCommit Git URL: git.example.com"},
  });
}

TEST_F(GitConditionsTest, References) {
  const std::string url = tree_.url(), checkout = "failed to checkout and determine revision: ";
  const std::string clone = checkout + "unable to clone '" + url + "': ", absent(40, 'a');
  GitWorkTree empty(lab_.git(), ns_ + "-empty");
  const std::string nothing = checkout +
                              "unable to clone: remote repository is empty: git repository: '" +
                              empty.url() + "'";
  const auto ref = [](const std::string& text) { return "  ref: {" + text + "}\n"; };
  Check({
      {"branch", url, ref("branch: nope"), "FetchFailed", "GitOperationFailed",
       clone + "couldn't find remote ref \"refs/heads/nope\""},
      {"master", url, "  ref: {}\n", "FetchFailed", "GitOperationFailed",
       clone + "couldn't find remote ref \"refs/heads/master\""},
      {"tag", url, ref("tag: nope"), "FetchFailed", "GitOperationFailed",
       clone + "couldn't find remote ref \"refs/tags/nope\""},
      {"name", url, ref("name: refs/heads/nope"), "FetchFailed", "GitOperationFailed",
       checkout + "unable to resolve ref 'refs/heads/nope' to a specific commit"},
      {"slash", url, ref("name: refs/heads/x/"), "FetchFailed", "GitOperationFailed",
       checkout + "ref refs/heads/x/ is invalid; Git refs cannot begin or end with a slash '/'"},
      {"semver", url, ref("semver: '>=1'"), "FetchFailed", "GitOperationFailed",
       checkout + "no match found for semver: >=1"},
      {"range", url, ref("semver: 'x y'"), "FetchFailed", "GitOperationFailed",
       checkout + "semver parse error: improper constraint: \"x y\""},
      {"commit", url, ref("commit: " + absent), "FetchFailed", "GitOperationFailed",
       checkout + "unable to resolve commit object for '" + absent + "': object not found"},
      {"repository", lab_.git().Url("nope"), ref("branch: main"), "FetchFailed",
       "GitOperationFailed",
       checkout + "unable to clone '" + lab_.git().Url("nope") + "': repository not found: "},
      {"host", "http://nope.invalid/x.git", ref("branch: main"), "FetchFailed",
       "GitOperationFailed", checkout + "unable to clone 'http://nope.invalid/x.git': *"},
      {"empty", empty.url(), ref("branch: main"), "FetchFailed", "EmptyGitRepository",
       "git repository is empty"},
      {"empty-tag", empty.url(), ref("tag: v1"), "FetchFailed", "GitOperationFailed", nothing},
      {"empty-semver", empty.url(), ref("semver: '*'"), "FetchFailed", "GitOperationFailed",
       nothing},
      {"empty-commit", empty.url(), ref("commit: " + absent), "FetchFailed", "GitOperationFailed",
       nothing},
      {"empty-name", empty.url(), ref("name: refs/heads/main"), "FetchFailed", "GitOperationFailed",
       checkout + "unable to list remote for '" + empty.url() + "': remote repository is empty"},
      {"sparse", url, "  ref: {branch: main}\n  sparseCheckout: [app, nope]\n", "FetchFailed",
       "GitOperationFailed",
       "failed to sparse checkout directories : sparse checkout dir 'nope' does not exist in "
       "repository: lstat nope: no such file or directory"},
  });

  // What has an artifact looks at the references before it fetches.
  lab_.Apply(GitRepository(ns_, "moved", url));
  lab_.WaitReady(Source("moved"));
  lab_.Apply(GitRepository(ns_, "moved", lab_.git().Url("nope")));
  EXPECT_EQ(lab_.WaitFailed(Source("moved"), "GitOperationFailed"),
            checkout + "unable to list remote for '" + lab_.git().Url("nope") +
                "': repository not found: ");
}

// A commit that the artifact is of already is not asked for, wherever the repository went; the
// submodule that fails is named; links are counted.
TEST_F(GitConditionsTest, CommitsSubmodulesAndLinks) {
  const std::string pinned = "  ref: {commit: " + sha_ + "}\n";
  lab_.Apply(GitRepository(ns_, "pinned", tree_.url(), pinned));
  const Value before = lab_.WaitReady(Source("pinned"));
  lab_.Apply(GitRepository(ns_, "pinned", "http://127.0.0.1:1/gone.git", pinned));
  const Value after = lab_.WaitFor(Source("pinned"), "ready anew", [](const Value& o) {
    return IsReady(o) && o["status"]["observedGeneration"].AsInt() == 2;
  });
  EXPECT_EQ(after["status"]["artifact"], before["status"]["artifact"]);

  const std::string gone = lab_.git().Url("gone");
  tree_.Write(".gitmodules", "[submodule \"m\"]\n\tpath = mods/m\n\turl = " + gone + "\n");
  tree_.Git({"update-index", "--add", "--cacheinfo", "160000," + sha_ + ",mods/m"});
  tree_.Git({"add", ".gitmodules"});
  tree_.Git({"commit", "-q", "-m", "with a module"});
  tree_.Git({"push", "-q", "origin", "main"});
  Check({{"modules", tree_.url(), "  ref: {branch: main}\n  recurseSubmodules: true\n",
          "FetchFailed", "GitOperationFailed",
          "failed to checkout and determine revision: unable to clone '" + tree_.url() +
              "': submodule 'mods/m' at '" + gone + "': repository not found: "}});

  tree_.Symlink("link", "app/config.yaml");
  tree_.Git({"add", "link"});
  tree_.Git({"commit", "-q", "-m", "with a link"});
  tree_.Git({"push", "-q", "origin", "main"});
  lab_.Apply(GitRepository(ns_, "links", tree_.url()));
  lab_.WaitReady(Source("links"));
  EXPECT_TRUE(Eventually(kSoon, [&] {
    return testing::Value(lab_.Events(Source("links"), "LinksLeftOut"),
                          Contains("left out 1 link or special file: 'link'"));
  }));
}

// Patterns that are too many to be read: neither a fetch nor the storage failed.
TEST_F(GitConditionsTest, PatternsThatCannotBeRead) {
  tree_.Write(".sourceignore", std::string((1 << 20) + 1, '#'));
  tree_.CommitAndPush("patterns");
  lab_.Apply(GitRepository(ns_, "repo", tree_.url()));
  const Value failed = lab_.WaitFor(Source(), "failed", [](const Value& o) {
    return Text(ConditionOf(o, "Ready")["reason"]) == "ProgressingWithRetry";
  });
  EXPECT_THAT(Text(ConditionOf(failed, "Ready")["message"]),
              testing::StartsWith("building artifact: new upstream revision 'main@sha1:"));
  for (const std::string type : {"FetchFailed", "StorageOperationFailed", "Stalled"}) {
    EXPECT_TRUE(ConditionOf(failed, type).is_null()) << type;
  }
  EXPECT_TRUE(Eventually(kSoon, [&] {
    return testing::Value(
        lab_.Events(Source(), "SourceIgnoreError"),
        Contains(testing::StartsWith("failed to load source ignore patterns from repository: ")));
  }));
}

TEST_F(GitConditionsTest, Signatures) {
  const test_support::TempDir keys;
  for (const std::string key : {"good", "other"}) {
    ASSERT_TRUE(test_support::RunCommand(
                    {"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", keys.File(key)})
                    .ok());
    Secret(key, {{"a.sshpub", test_support::ReadFile(keys.File(key + ".pub"))}});
  }
  Secret("pgp-only", {{"a.asc", "-----BEGIN PGP PUBLIC KEY BLOCK-----\n"}});
  tree_.Git({"tag", "light"});
  tree_.Git({"tag", "-a", "-m", "m", "annotated"});
  const std::string annotated = Sha("annotated");
  tree_.Git({"config", "gpg.format", "ssh"});
  tree_.Git({"config", "user.signingkey", keys.File("good")});
  tree_.Git({"commit", "-q", "-S", "--allow-empty", "-m", "signed"});
  tree_.Git({"tag", "-s", "-m", "m", "signed"});
  tree_.Git({"push", "-q", "--tags", "origin", "main"});
  const std::string url = tree_.url(), commit = Sha("HEAD"), tag = Sha("signed");
  const auto verify = [](const std::string& ref, const std::string& mode, const std::string& key) {
    return "  ref: {" + ref + "}\n  verify: {mode: " + mode + ", secretRef: {name: " + key + "}}\n";
  };
  const std::string of_commit = "signature verification of commit '" + commit + "' failed: ",
                    of_tag = "signature verification of tag 'signed@" + tag + "' failed: ";
  Check({
      {"no-keys", url, verify("branch: main", "HEAD", "nope"), "SourceVerified",
       "VerificationError", "public keys secret error: secrets \"nope\" not found"},
      {"no-tag", url, verify("branch: main", "Tag", "good"), "SourceVerified",
       "InvalidVerificationMode",
       "cannot verify tag object's signature if a tag reference is not specified",
       Row::Ends::kStalled},
      {"light", url, verify("tag: light", "Tag", "good"), "SourceVerified", "InvalidGitObject",
       "cannot verify signature of tag 'light' since it is not signed"},
      {"annotated", url, verify("tag: annotated", "TagAndHEAD", "good"), "SourceVerified",
       "InvalidGitObject",
       "cannot verify signature of tag 'annotated@" + annotated + "' since it is not signed"},
      {"tag", url, verify("tag: signed", "Tag", "other"), "SourceVerified", "InvalidTagSignature",
       of_tag + "unable to verify Git tag SSH signature: *"},
      {"head", url, verify("branch: main", "HEAD", "other"), "SourceVerified",
       "InvalidCommitSignature",
       of_commit + "unable to verify Git commit SSH signature: unable to verify payload with any "
                   "of the given authorized keys: no matching key*"},
      {"unsigned", url, verify("tag: light", "HEAD", "good"), "SourceVerified",
       "InvalidCommitSignature",
       "signature verification of commit '" + sha_ + "' failed: unsupported signature type: empty"},
      {"pgp", url, verify("branch: main", "HEAD", "pgp-only"), "SourceVerified",
       "InvalidCommitSignature",
       of_commit + "SSH signature detected but no SSH public keys found in secret (keys with "
                   ".sshpub suffix)"},
  });
  lab_.Apply(GitRepository(ns_, "good", url, verify("tag: signed", "TagAndHEAD", "good")));
  const Value good = lab_.WaitReady(Source("good"));
  EXPECT_EQ(Text(good["status"]["sourceVerificationMode"]), "TagAndHEAD");
  EXPECT_THAT(
      Text(ConditionOf(good, "SourceVerified")["message"]),
      testing::StartsWith("verified signature of\n\t- tag 'signed@" + tag + "' with key 'SHA256:"));
  EXPECT_THAT(Text(ConditionOf(good, "SourceVerified")["message"]),
              HasSubstr("\n\t- commit '" + commit + "' with key 'SHA256:"));
  EXPECT_TRUE(Eventually(kSoon, [&] {
    return testing::Value(lab_.Events(Source("good"), "Succeeded"),
                          Contains(Text(ConditionOf(good, "SourceVerified")["message"])));
  }));
  // A verification that is due makes nothing new.
  lab_.Apply(GitRepository(ns_, "later", url, "  ref: {tag: signed}\n"));
  lab_.WaitReady(Source("later"));
  lab_.Apply(GitRepository(ns_, "later", url, verify("tag: signed", "Tag", "good")));
  const Value later = lab_.WaitFor(Source("later"), "verified", [](const Value& o) {
    return IsReady(o) && Text(ConditionOf(o, "SourceVerified")["status"]) == "True";
  });
  EXPECT_EQ(Text(later["status"]["sourceVerificationMode"]), "Tag");
  EXPECT_TRUE(Eventually(kSoon, [&] {
    return testing::Value(
        lab_.Events(Source("later"), "ArtifactUpToDate"),
        Contains("artifact up-to-date with remote revision: 'signed@sha1:" + commit + "'"));
  }));
}

TEST_F(GitConditionsTest, Includes) {
  const auto include = [](const std::string& fields) {
    return "  ref: {branch: main}\n  include:\n  - {" + fields + "}\n";
  };
  lab_.Apply(GitRepository(ns_, "broken", tree_.url(), "  ref: {branch: nope}\n"));
  lab_.Apply(GitRepository(ns_, "base", tree_.url()));
  lab_.WaitReady(Source("base"));
  Check({
      {"absent", tree_.url(), include("repository: {name: nope}"), "IncludeUnavailable", "NotFound",
       "could not get resource for include 'nope': GitRepository.source.toolkit.fluxcd.io \"nope\" "
       "not found",
       Row::Ends::kWaiting},
      {"empty", tree_.url(), include("repository: {name: broken}"), "IncludeUnavailable",
       "NoArtifact", "no artifact available for include 'broken'", Row::Ends::kWaiting},
      {"from", tree_.url(), include("repository: {name: base}, fromPath: nope, toPath: x"),
       "StorageOperationFailed", "CopyFailure", "failed to copy 'base' include from nope to x: *"},
      {"onto", tree_.url(), include("repository: {name: base}, toPath: app"),
       "StorageOperationFailed", "CopyFailure", "failed to copy 'base' include from  to app: *"},
      {"root", tree_.url(), include("repository: {name: base}, toPath: ./"),
       "StorageOperationFailed", "IllegalPath",
       "path calculation for include 'base' failed: it is the root"},
      {"unfetched", tree_.url(), "  ref: {branch: nope}\n  include: [{repository: {name: base}}]\n",
       "FetchFailed", "GitOperationFailed",
       "failed to checkout and determine revision: unable to clone '" + tree_.url() +
           "': couldn't find remote ref \"refs/heads/nope\""},
  });
  EXPECT_EQ(Text(ConditionOf(lab_.Get(Source("unfetched")), "Reconciling")["message"]),
            "building artifact: included artifacts differ from last observed includes");
}

// A file where the object's directory should be. The other rows of source.md §3.10, of every kind:
// source_rules_test; no stat, no lock and no working directory are needed here, so their reasons
// cannot come.
TEST_F(GitConditionsTest, StorageFailures) {
  const auto folder = std::filesystem::path(lab_.stack().StorageFolder()) / "gitrepository" / ns_;
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "blocked") << "no directory";
  Check({{"blocked", tree_.url(), "  ref: {branch: main}\n", "StorageOperationFailed",
          "DirectoryCreationFailed", "failed to create artifact directory: *"}});
  std::filesystem::remove(folder / "blocked");
  const Value healed = lab_.WaitReady(Source("blocked"));  // by itself
  EXPECT_TRUE(ConditionOf(healed, "StorageOperationFailed").is_null());
}

// What a pass says when it succeeds, changes nothing, mends, verifies, cleans up.
TEST_F(GitConditionsTest, EventsOfSuccess) {
  const auto said = [&](const std::string& reason, const std::string& message) {
    return Eventually(
        kSoon, [&] { return testing::Value(lab_.Events(Source(), reason), Contains(message)); });
  };
  lab_.Apply(GitRepository(ns_, "repo", tree_.url()));
  const Value first = lab_.WaitReady(Source());
  EXPECT_EQ(first["status"]["observedGeneration"].AsInt(), 1);
  EXPECT_TRUE(said("NewArtifact", "stored artifact for commit 'one'"));

  lab_.RequestReconcile(Source());
  EXPECT_TRUE(
      said("GitOperationSucceeded",
           "no changes since last reconciliation: observed revision 'main@sha1:" + sha_ + "'"));

  const std::string subject =
      "a subject that is longer than fifty characters, which are all that is shown";
  tree_.Write("b.yaml", "b: 1\n");
  const std::string second = tree_.CommitAndPush(subject + "\n\nbody");
  lab_.RequestReconcile(Source());
  lab_.WaitReady(Source(), second);
  EXPECT_TRUE(said("NewArtifact", "stored artifact for commit '" + subject.substr(0, 50) + "...'"));

  // A failure that passes.
  lab_.Apply(GitRepository(ns_, "repo", tree_.url(), "  ref: {branch: nope}\n"));
  EXPECT_THAT(lab_.WaitFailed(Source(), "GitOperationFailed"), HasSubstr("refs/heads/nope"));
  const Value failed = lab_.Get(Source());
  // the old artifact stays
  EXPECT_EQ(Text(ConditionOf(failed, "ArtifactInStorage")["status"]), "True");
  EXPECT_THAT(Text(failed["status"]["artifact"]["revision"]), HasSubstr(second));
  lab_.Apply(GitRepository(ns_, "repo", tree_.url()));
  lab_.WaitReady(Source(), second);
  EXPECT_TRUE(said("Succeeded", "stored artifact for commit 'main@sha1:" + second + "'"));

  // A file that is not what it was, and one that is gone.
  const Value healthy = lab_.Get(Source());
  const auto file = std::filesystem::path(lab_.stack().StorageFolder()) /
                    Text(healthy["status"]["artifact"]["path"]);
  std::ofstream(file) << "damaged";
  lab_.RequestReconcile(Source());
  EXPECT_TRUE(said("ArtifactVerificationFailed",
                   "failed to verify integrity of artifact: computed digest doesn't match '" +
                       Text(healthy["status"]["artifact"]["digest"]) + "'"));
  lab_.WaitReady(Source(), second);
  EXPECT_TRUE(Eventually(kSoon, [&] { return test_support::ReadFile(file).size() > 7; }));
  std::filesystem::remove(file);
  lab_.RequestReconcile(Source());
  EXPECT_TRUE(Eventually(kSoon, [&] { return std::filesystem::exists(file); }));

  lab_.Delete(Source());
  EXPECT_TRUE(lab_.WaitGone(Source()));
  EXPECT_TRUE(
      said("GarbageCollectionSucceeded", "garbage collected artifacts for deleted resource"));
}

}  // namespace
}  // namespace sluice::e2e
