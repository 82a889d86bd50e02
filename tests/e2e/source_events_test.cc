// Which of a source's events stay in Kubernetes (traces) and which go to the notification process
// as well (source.md §3.6, §3.7), by kind; and what an object that asks for more than the process
// may do ends in.
#include <gmock/gmock.h>

#include <filesystem>
#include <set>

#include "artifact_files.h"
#include "document/json.h"
#include "helm_fixture.h"
#include "test_support/s3_server.h"

namespace sluice::e2e {
namespace {

using base::Cat;
using test_support::NginxServer;
using test_support::RegistryServer;
using test_support::S3Server;
using testing::Contains;
namespace fs = std::filesystem;

ChatSink& Posted() {
  static ChatSink sink;
  return sink;
}

Lab& TheLab() {
  static Lab lab = [] {
    Lab::Options options;
    options.stack.bus = SluiceStack::Options::Bus::kOff;  // so that events are posted
    options.stack.flags["source"] = {"--events-addr=" + Posted().Url("/"),
                                     "--artifact-retention-records=1"};
    options.processes = {"source"};
    return Lab(options);
  }();
  return lab;
}

class SourceEventsTest : public testing::Test {
 protected:
  SourceEventsTest() : ns_(TheLab().NewNamespace()), tree_(TheLab().git(), ns_) {
    tree_.Write("a.yaml", "a: 1\n");
    sha_ = tree_.CommitAndPush("one");
  }
  static RegistryServer& Registry() {
    static RegistryServer registry;
    return registry;
  }
  static NginxServer& Web() {
    static NginxServer web;
    return web;
  }
  static S3Server& Store() {
    static S3Server store;
    return store;
  }
  Ref Apply(const std::string& kind, const std::string& name, const std::string& spec) {
    lab_.Apply(Cat("apiVersion: source.toolkit.fluxcd.io/v1\nkind: ", kind, "\nmetadata: {name: ",
                   name, ", namespace: ", ns_, "}\nspec:\n  interval: 10m\n", spec));
    return {kind, ns_, name};
  }
  Ref Git(const std::string& name, const std::string& more) {
    return Apply("GitRepository", name, "  url: " + tree_.url() + "\n" + more);
  }
  // One object of each kind, with something to fetch.
  std::vector<Ref> EachKind() {
    Store().MakeBucket(ns_);
    Push("1.0.0");
    lab_.Apply(Secret(ns_, "keys",
                      {{"accesskey", S3Server::kAccessKey}, {"secretkey", S3Server::kSecretKey}}));
    return {
        Git("repo", "  ref: {branch: main}\n"),
        Apply("OCIRepository", "repo", "  url: " + Registry().Url(ns_ + "/app") + "\n"),
        Apply("HelmRepository", "repo", "  url: " + Web().Url("/" + ns_) + "\n"),
        Apply("Bucket", "repo",
              Cat("  bucketName: ", ns_, "\n  region: us-east-1\n  insecure: true\n  endpoint: ",
                  Store().endpoint(), "\n  secretRef: {name: keys}\n")),
        Apply("HelmChart", "repo",
              "  chart: hello\n  sourceRef: {kind: HelmRepository, name: repo}\n"),
    };
  }
  // The newest of each.
  void Push(const std::string& version) {
    Registry().Push(ns_ + "/app", "latest",
                    {{test_support::kFluxContent, TarGz({{"a.yaml", version}})}});
    ServeCharts(Web(), ns_, "hello", {version});
    Store().Put(ns_, "a.yaml", version);
  }
  Value Poll(const Ref& ref) {
    lab_.RequestReconcile(ref);
    return lab_.WaitFor(ref, "the request was handled", [](const Value& o) {
      return Text(o.At({"status", "lastHandledReconcileAt"})) ==
             Text(o.At({"metadata", "annotations", "reconcile.fluxcd.io/requestedAt"}));
    });
  }
  static std::string Revision(const Value& object) {
    return Text(object.At({"status", "artifact", "revision"}));
  }
  // An event of this type, reason and message about the object is in Kubernetes.
  void ExpectEvent(const Ref& ref, const std::string& type, const std::string& reason,
                   const std::string& message) {
    SCOPED_TRACE(Cat(ref.kind, "/", ref.name, " ", reason));
    EXPECT_TRUE(Eventually(kSoon, [&] {
      return testing::Value(lab_.Events(ref, reason), Contains(message));
    })) << testing::PrintToString(lab_.Events(ref, reason));
    const Value list = lab_.Get({"Event", ref.ns, ""});
    for (const Value& event : list["items"].items()) {
      if (Text(event["message"]) == message && Text(event["reason"]) == reason) {
        EXPECT_EQ(Text(event["type"]), type);
      }
    }
  }
  void ExpectTrace(const Ref& ref, const std::string& reason, const std::string& message) {
    ExpectEvent(ref, "Normal", reason, message);
  }
  // What of this namespace was posted: "Kind/name severity reason". Events leave in their order: by
  // the time this one has come, those before it have.
  std::multiset<std::string> PostedUntilNow() {
    const std::string last = "last-" + std::to_string(++sentinels_);
    Git(last, "  ref: {branch: main}\n");
    EXPECT_TRUE(Posted().WaitFor(kSoon, [&](const ChatSink::Message& message) {
      return base::Contains(message.body, Cat(R"("name":")", last, "\"")) &&
             base::Contains(message.body, Cat(R"("namespace":")", ns_, "\""));
    }));
    std::multiset<std::string> out;
    for (const auto& message : Posted().Messages()) {
      const auto event = document::ParseJson(message.body);
      EXPECT_TRUE(event.ok()) << message.body;
      if (!event.ok() || Text(event->At({"involvedObject", "namespace"})) != ns_) continue;
      const std::string name = Text(event->At({"involvedObject", "name"}));
      if (name.starts_with("last-")) continue;
      out.insert(Cat(Text(event->At({"involvedObject", "kind"})), "/", name, " ",
                     Text((*event)["severity"]), " ", Text((*event)["reason"])));
    }
    return out;
  }

  Lab& lab_ = TheLab();
  const std::string ns_;
  GitWorkTree tree_;
  std::string sha_;
  int sentinels_ = 0;
};

TEST_F(SourceEventsTest, WhatIsUnchangedOrCollectedIsATrace) {
  const std::vector<Ref> refs = EachKind();
  for (const Ref& ref : refs) lab_.WaitReady(ref);
  for (const Ref& ref : refs) {
    const std::string revision = Revision(Poll(ref));
    const bool git = ref.kind == "GitRepository";
    ExpectTrace(ref, git ? "GitOperationSucceeded" : "ArtifactUpToDate",
                git ? "no changes since last reconciliation: observed revision '" + revision + "'"
                    : "artifact up-to-date with remote revision: '" + revision + "'");
  }
  // Something new makes the artifact of before garbage at the next pass.
  std::map<std::string, std::string> before;
  for (const Ref& ref : refs) before[ref.kind] = Revision(lab_.Get(ref));
  tree_.Write("a.yaml", "a: 2\n");
  tree_.CommitAndPush("two");
  Push("2.0.0");
  for (const Ref& ref : refs) {
    lab_.RequestReconcile(ref);
    lab_.WaitFor(ref, "another revision",
                 [&](const Value& o) { return IsReady(o) && Revision(o) != before[ref.kind]; });
    Poll(ref);
    ExpectTrace(ref, "GarbageCollectionSucceeded", "garbage collected 1 artifacts");
  }
  for (const Ref& ref : refs) {
    lab_.Delete(ref);
    EXPECT_TRUE(lab_.WaitGone(ref));
    ExpectTrace(ref, "GarbageCollectionSucceeded",
                "garbage collected artifacts for deleted resource");
  }
  const std::multiset<std::string> posted = PostedUntilNow();
  std::multiset<std::string> want;
  for (const Ref& ref : refs) {
    for (int i = 0; i < 2; ++i) {
      want.insert(Cat(ref.kind, "/repo info ",
                      ref.kind == "HelmChart" ? "ChartPullSucceeded" : "NewArtifact"));
    }
  }
  EXPECT_EQ(posted, want);
}

TEST_F(SourceEventsTest, AnUnchangedReferenceIsToldAsFluxFindsIt) {
  tree_.Git({"tag", "v1.0.0"});
  tree_.Git({"push", "-q", "--tags", "origin", "main"});
  const struct {
    std::string name, ref, reason, message;
  } cases[] = {
      {"tag", "tag: v1.0.0", "GitOperationSucceeded",
       "no changes since last reconciliation: observed revision '"},
      {"name", "name: refs/heads/main", "GitOperationSucceeded",
       "no changes since last reconciliation: observed revision '"},
      {"semver", "semver: 1.x", "ArtifactUpToDate", "artifact up-to-date with remote revision: '"},
      {"commit", "commit: " + sha_, "ArtifactUpToDate",
       "artifact up-to-date with remote revision: '"},
  };
  for (const auto& c : cases) lab_.WaitReady(Git(c.name, "  ref: {" + c.ref + "}\n"), sha_);
  for (const auto& c : cases) {
    const Ref ref{"GitRepository", ns_, c.name};
    ExpectTrace(ref, c.reason, c.message + Revision(Poll(ref)) + "'");
  }
}

TEST_F(SourceEventsTest, WhatIsWaitedForOrVerifiedIsATrace) {
  const test_support::TempDir keys;
  ASSERT_TRUE(test_support::RunCommand(
                  {"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", keys.File("key")})
                  .ok());
  lab_.Apply(Secret(ns_, "authors", {{"a.sshpub", test_support::ReadFile(keys.File("key.pub"))}}));
  tree_.Git({"config", "gpg.format", "ssh"});
  tree_.Git({"config", "user.signingkey", keys.File("key")});
  tree_.Write("charts/up/Chart.yaml",
              "apiVersion: v2\nname: up\nversion: 1.0.0\ndependencies:\n"
              "- {name: down, version: 1.x, repository: 'file://../down'}\n");
  tree_.Write("charts/up/values.yaml", "");
  tree_.Write("charts/down/Chart.yaml", "apiVersion: v2\nname: down\nversion: 1.2.0\n");
  tree_.Git({"add", "-A"});
  tree_.Git({"commit", "-q", "-S", "-m", "signed"});
  tree_.Git({"push", "-q", "origin", "main"});
  const std::string commit = tree_.Git({"rev-parse", "HEAD"});

  const Ref absent =
      Git("absent", "  ref: {branch: main}\n  include: [{repository: {name: nope}}]\n");
  const Ref empty = Git("empty", "  ref: {branch: nope}\n");
  const Ref waits =
      Git("waits", "  ref: {branch: main}\n  include: [{repository: {name: empty}}]\n");
  const Ref verified =
      Git("verified", "  ref: {branch: main}\n  verify: {secretRef: {name: authors}}\n");
  const Ref of_nothing = Apply("HelmChart", "of-nothing",
                               "  chart: ./x\n  sourceRef: {kind: GitRepository, name: empty}\n");
  const Ref umbrella =
      Apply("HelmChart", "umbrella",
            "  chart: ./charts/up\n  sourceRef: {kind: GitRepository, name: verified}\n");
  const Ref no_secret =
      Apply("OCIRepository", "no-secret",
            "  url: " + Registry().Url(ns_ + "/app") + "\n  secretRef: {name: nope}\n");

  lab_.WaitReady(verified, commit);
  lab_.WaitReady(umbrella);
  lab_.WaitFailed(empty, "GitOperationFailed");
  lab_.WaitFailed(no_secret, "AuthenticationFailed");
  ExpectTrace(absent, "NotFound",
              "could not get resource for include 'nope': GitRepository.source.toolkit.fluxcd.io "
              "\"nope\" not found");
  ExpectTrace(waits, "NoArtifact", "no artifact available for include 'empty'");
  ExpectTrace(of_nothing, "NoSourceArtifact",
              "no artifact available for GitRepository source 'empty'");
  ExpectTrace(umbrella, "ResolvedDependencies", "resolved 1 chart dependencies");
  ExpectTrace(no_secret, "AuthenticationFailed", "auth secret 'nope' not found");
  const auto told = lab_.Events(verified, "Succeeded");
  ASSERT_EQ(told.size(), 1u);
  EXPECT_THAT(told[0], testing::StartsWith("verified signature of\n\t- commit '" + commit +
                                           "' with key 'SHA256:"));

  // Of these six nothing is posted but what succeeded and what failed.
  const std::multiset<std::string> posted = PostedUntilNow();
  const std::set<std::string> kinds(posted.begin(), posted.end());
  EXPECT_EQ(kinds, (std::set<std::string>{
                       "GitRepository/empty error GitOperationFailed",
                       "GitRepository/verified info NewArtifact",
                       "HelmChart/umbrella info ChartPackageSucceeded",
                       "OCIRepository/no-secret error AuthenticationFailed",
                   }));
}

// The link in status.url is nobody's business but its own.
TEST_F(SourceEventsTest, ALinkThatCannotBeMadeIsATrace) {
  for (const std::string kind : {"ocirepository", "helmrepository", "bucket", "helmchart"}) {
    const std::string link = kind == "helmrepository" ? "index.yaml" : "latest.tar.gz";
    fs::create_directories(fs::path(lab_.stack().StorageFolder()) / kind / ns_ / "repo" / link /
                           "x");
  }
  for (const Ref& ref : EachKind()) {
    const Value object = lab_.WaitReady(ref);
    if (ref.kind == "GitRepository") continue;  // has none
    EXPECT_TRUE(object.At({"status", "url"}).is_null());
    EXPECT_TRUE(
        Eventually(kSoon, [&] { return !lab_.Events(ref, "SymlinkUpdateFailed").empty(); }));
    for (const std::string& message : lab_.Events(ref, "SymlinkUpdateFailed"))
      EXPECT_THAT(message, testing::StartsWith("failed to update status URL symlink: "));
  }
  for (const std::string& line : PostedUntilNow())
    EXPECT_THAT(line, testing::Not(testing::HasSubstr("Symlink")));
}

// spec.serviceAccountName while the gate is shut: no retry, until the spec changes.
TEST_F(SourceEventsTest, AnAccountWithoutTheGateStalls) {
  const std::string words =
      "to use spec.serviceAccountName for provider authentication please enable the "
      "ObjectLevelWorkloadIdentity feature gate in the controller";
  lab_.Apply("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: x, namespace: " + ns_ + "}\n");
  const std::string account = "  serviceAccountName: x\n  provider: ";
  const struct {
    std::string kind, provider, spec;
    bool fetch_failed;
  } cases[] = {
      {"GitRepository", "azure", "  url: https://dev.azure.com/o/p/_git/r\n", true},
      {"GitRepository", "aws", "  url: https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/r\n",
       true},
      {"OCIRepository", "aws", "  url: oci://1.dkr.ecr.eu-west-1.amazonaws.com/r\n", false},
      {"OCIRepository", "azure", "  url: oci://r.azurecr.io/r\n", false},
      {"OCIRepository", "gcp", "  url: oci://gcr.io/p/r\n", false},
      {"Bucket", "aws", "  bucketName: b\n  endpoint: s3.amazonaws.com\n", true},
      {"Bucket", "azure", "  bucketName: b\n  endpoint: https://b.blob.core.windows.net\n", true},
      {"Bucket", "gcp", "  bucketName: b\n  endpoint: storage.googleapis.com\n", true},
  };
  for (const auto& c : cases)
    Apply(c.kind, "gate-" + c.provider, c.spec + account + c.provider + "\n");
  for (const auto& c : cases) {
    const Ref ref{c.kind, ns_, "gate-" + c.provider};
    SCOPED_TRACE(ref.kind + "/" + ref.name);
    EXPECT_EQ(lab_.WaitFailed(ref, "FeatureGateDisabled"), words);
    const Value object = lab_.Get(ref);
    EXPECT_EQ(Text(ConditionOf(object, "Stalled")["status"]), "True");
    EXPECT_EQ(Text(ConditionOf(object, "Stalled")["reason"]), "FeatureGateDisabled");
    EXPECT_EQ(Text(ConditionOf(object, "Stalled")["message"]), words);
    EXPECT_TRUE(ConditionOf(object, "Reconciling").is_null());
    EXPECT_EQ(Text(ConditionOf(object, "FetchFailed")["reason"]),
              c.fetch_failed ? "FeatureGateDisabled" : "");
    EXPECT_EQ(object.At({"status", "observedGeneration"}).AsInt(), 1);
    ExpectEvent(ref, "Warning", "FeatureGateDisabled", words);
  }
  const std::multiset<std::string> posted = PostedUntilNow();
  for (const auto& c : cases) {
    EXPECT_EQ(posted.count(Cat(c.kind, "/gate-", c.provider, " error FeatureGateDisabled")), 1u)
        << c.kind << " " << c.provider;
  }
}

}  // namespace
}  // namespace sluice::e2e
