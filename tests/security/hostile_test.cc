// Hostile repositories, artifacts and requests against the real processes. Names begin with the
// advisory or the law they test.
#include <gmock/gmock.h>

#include <filesystem>

#include "lab.h"

namespace sluice::e2e {
namespace {

using test_support::RunCommand;
using test_support::TempDir;
using testing::HasSubstr;
using testing::Not;

constexpr long kMaxResidentKilobytes = 256 * 1024;

Lab& TheLab() {
  static Lab lab({});
  return lab;
}

std::string Kustomize(const std::string& fields) {
  return "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n" + fields;
}

class HostileTest : public testing::Test {
 protected:
  HostileTest() : ns_(TheLab().NewNamespace()), tree_(TheLab().git(), ns_) {}
  ~HostileTest() override {
    for (const auto& name : SluiceStack::kNames)
      EXPECT_TRUE(lab_.stack().Running(name)) << name << " died";
  }

  std::string Push() {
    const std::string sha = tree_.CommitAndPush("hostile");
    lab_.Apply(GitRepository(ns_, "repo", tree_.url()));
    lab_.WaitReady({"GitRepository", ns_, "repo"}, sha);
    return sha;
  }
  void Follow(const std::string& name, const std::string& more = "") {
    lab_.Apply(
        Kustomization(ns_, name, "./" + name, "repo", "  targetNamespace: " + ns_ + "\n" + more));
  }
  // Everything a client can see of the object, and both logs.
  std::string AllOutputs(const Ref& ref) {
    const auto shown =
        lab_.cluster().Kubectl({"-n", ns_, "get", ref.kind, ref.name, "-o", "json"}).out;
    const auto events = lab_.cluster().Kubectl({"-n", ns_, "get", "events", "-o", "json"}).out;
    return shown.substr(shown.find("\"status\"")) + events + lab_.stack().Log("source") +
           lab_.stack().Log("kustomize");
  }

  Lab& lab_ = TheLab();
  std::string ns_;
  GitWorkTree tree_;
};

TEST_F(HostileTest, CVE_2022_24877_BuildsReadNothingOutsideTheArtifact) {
  const struct {
    std::string name, fields;
  } cases[] = {
      {"absolute", "resources: [/etc/hostname]\n"},
      {"dotdot", "resources: [../../../../../../etc/hostname]\n"},
      {"generator", "configMapGenerator: [{name: c, files: [/etc/passwd]}]\n"},
      {"generator-up",
       "configMapGenerator: [{name: c, files: [../../../../../../../etc/passwd]}]\n"},
      {"env", "secretGenerator: [{name: c, envs: [/proc/self/environ]}]\n"},
      {"patch", "resources: [ok.yaml]\npatches: [{path: /etc/passwd}]\n"},
      {"merge", "resources: [ok.yaml]\npatchesStrategicMerge: [../../../../../../etc/passwd]\n"},
      {"component", "components: [../../../../../../etc]\n"},
      {"openapi", "resources: [ok.yaml]\nopenapi: {path: /etc/passwd}\n"},
      {"link", "configMapGenerator: [{name: c, files: [link]}]\n"},
      {"linkdir", "configMapGenerator: [{name: c, files: [up/passwd]}]\n"},
  };
  for (const auto& c : cases) {
    tree_.Write(c.name + "/kustomization.yaml", Kustomize(c.fields));
    tree_.Write(c.name + "/ok.yaml", ConfigMap("ok", "k", "1"));
  }
  tree_.Symlink("link/link", "/etc/passwd");
  tree_.Symlink("linkdir/up", "/etc");
  Push();
  for (const auto& c : cases) Follow(c.name);
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_THAT(lab_.WaitFailed({"Kustomization", ns_, c.name}, "BuildFailed"),
                Not(HasSubstr("root:")));
  }
  EXPECT_TRUE(lab_.Get({"ConfigMap", ns_, "c"}).is_null());
}

TEST_F(HostileTest, CVE_2022_24878_CyclesEnd) {
  tree_.Write("self/kustomization.yaml", Kustomize("resources: [../self]\n"));
  tree_.Write("a/kustomization.yaml", Kustomize("resources: [../b]\n"));
  tree_.Write("b/kustomization.yaml", Kustomize("resources: [../a]\n"));
  tree_.Write("fine/cm.yaml", ConfigMap("fine", "k", "1"));
  tree_.Symlink("loop/x", "y");
  tree_.Symlink("loop/y", "x");
  tree_.Write("loop/kustomization.yaml", Kustomize("resources: [x]\n"));
  Push();
  for (const std::string name : {"self", "a", "loop"}) Follow(name);
  for (const std::string name : {"self", "a", "loop"})
    lab_.WaitFailed({"Kustomization", ns_, name}, "BuildFailed");
  Follow("fine");
  lab_.WaitReady({"Kustomization", ns_, "fine"});
}

TEST_F(HostileTest, CVE_2022_39272_BadDurationsAreRefusedAndHurtNobody) {
  for (const std::string bad : {"1 h", "9e99h", "-1s", "''", "forever"}) {
    std::string manifest = GitRepository(ns_, "bad", tree_.url());
    manifest.replace(manifest.find("interval: 10m"), 13, "interval: " + bad);
    EXPECT_FALSE(lab_.cluster().Apply(manifest).ok()) << bad;
  }
  // What the pattern lets through but no integer holds.
  std::string huge = GitRepository(ns_, "huge", tree_.url());
  huge.replace(huge.find("interval: 10m"), 13, "interval: 99999999999999999999h");
  lab_.Apply(huge);
  tree_.Write("x", "y");
  Push();
}

TEST_F(HostileTest, CVE_2024_31216_S7_NoOutputHoldsACredential) {
  const std::string canary = "canary-7c1f9";
  lab_.Apply("apiVersion: v1\nkind: Secret\nmetadata: {name: auth, namespace: " + ns_ +
             "}\nstringData: {username: u, password: " + canary + "}\n");
  GitWorkTree secret(lab_.git(), "private/" + ns_);
  secret.CommitAndPush("one");
  lab_.Apply(GitRepository(ns_, "by-secret", secret.url(),
                           "  secretRef: {name: auth}\n  ref: {branch: main}\n"));
  std::string url = secret.url();
  url.insert(url.find("127"), "u:" + canary + "@");
  lab_.Apply(GitRepository(ns_, "by-url", url + "?token=" + canary));
  for (const std::string name : {"by-secret", "by-url"}) {
    lab_.WaitFailed({"GitRepository", ns_, name}, "GitOperationFailed");
    const std::string all = AllOutputs({"GitRepository", ns_, name});
    const size_t at = all.find(canary);
    EXPECT_EQ(at, all.npos) << name << ": "
                            << all.substr(at == all.npos ? 0 : at - std::min<size_t>(at, 200), 300);
  }
}

TEST_F(HostileTest, CVE_2023_49569_TreesWithEscapingNamesStayInside) {
  const std::string blob = [&] {
    tree_.Write("payload", "escaped\n");
    return tree_.Git({"hash-object", "-w", "payload"});
  }();
  tree_.Write("fine/cm.yaml", ConfigMap("fine", "k", "1"));
  tree_.CommitAndPush("base");
  // A tree object that git itself would refuse to make: entries named "..", ".git" and "a/b".
  std::string tree;
  for (const std::string name : {"../../escaped", "..", ".git"}) {
    std::string raw;
    for (size_t i = 0; i < blob.size(); i += 2)
      raw += static_cast<char>(std::stoi(blob.substr(i, 2), nullptr, 16));
    tree += "100644 " + name;
    tree += '\0';
    tree += raw;
  }
  const TempDir dir;
  const std::string file = dir.Write("tree", tree);
  const std::string tree_sha = tree_.Git({"hash-object", "--literally", "-t", "tree", "-w", file});
  const std::string commit = tree_.Git({"commit-tree", "-m", "hostile", tree_sha});
  tree_.Git({"push", "-q", "--force", "origin", commit + ":refs/heads/main"});
  lab_.Apply(GitRepository(ns_, "repo", tree_.url()));
  lab_.WaitFor({"GitRepository", ns_, "repo"}, "settled", [](const Value& o) {
    const std::string ready = Text(ConditionOf(o, "Ready")["status"]);
    return ready == "True" || ready == "False";
  });
  const auto outside =
      RunCommand({"find", lab_.stack().StorageFolder() + "/..", "-name", "*escaped*"});
  EXPECT_EQ(outside.out, "");
  const Value source = lab_.Get({"GitRepository", ns_, "repo"});
  if (!IsReady(source)) return;
  const TempDir unpacked;
  unpacked.Write("a.tgz",
                 lab_.stack().http().Send("GET", Text(source["status"]["artifact"]["url"])).body);
  EXPECT_THAT(RunCommand({"tar", "-tzf", unpacked.File("a.tgz")}).out, Not(HasSubstr("..")));
}

TEST_F(HostileTest, CVE_2025_21613_ReferencesAreNeverOptions) {
  const TempDir dir;
  const std::string sentinel = dir.File("ran");
  const std::string evil = "--upload-pack=touch " + sentinel;
  for (const std::string field : {"branch", "tag", "name", "commit", "semver"}) {
    lab_.Apply(GitRepository(ns_, "ref-" + field, tree_.url(),
                             "  ref: {" + field + ": '" + evil + "'}\n"));
  }
  lab_.Apply(
      GitRepository(ns_, "url", "'http://127.0.0.1:1/--upload-pack=touch " + sentinel + "'"));
  for (const std::string name :
       {"ref-branch", "ref-tag", "ref-name", "ref-commit", "ref-semver", "url"}) {
    lab_.WaitFor({"GitRepository", ns_, name}, "failed",
                 [](const Value& o) { return Text(ConditionOf(o, "Ready")["status"]) == "False"; });
  }
  EXPECT_FALSE(std::filesystem::exists(sentinel));
}

TEST_F(HostileTest, CVE_2019_11254_YamlBombsAreRefusedInBoundedMemory) {
  std::string bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n";
  for (char c = 'b'; c <= 'm'; ++c) {
    const std::string name(1, c), last(1, static_cast<char>(c - 1));
    bomb += name + ": &" + name + " [";
    for (int i = 0; i < 9; ++i) bomb += (i == 0 ? "*" : ",*") + last;
    bomb += "]\n";
  }
  tree_.Write("bomb/bomb.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bomb}\n" + bomb);
  tree_.Write("deep/deep.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: deep}\ndata: " +
                                    std::string(100000, '[') + "\n");
  tree_.Write("fine/cm.yaml", ConfigMap("fine", "k", "1"));
  Push();
  for (const std::string name : {"bomb", "deep", "fine"}) Follow(name);
  lab_.WaitReady({"Kustomization", ns_, "fine"});
  for (const std::string name : {"bomb", "deep"})
    lab_.WaitFailed({"Kustomization", ns_, name}, "BuildFailed");
  EXPECT_LT(ResidentKilobytes(lab_.stack().Pid("kustomize")), kMaxResidentKilobytes);
}

TEST_F(HostileTest, CVE_2022_24817_KubeconfigsRunNoPrograms) {
  const TempDir dir;
  const std::string sentinel = dir.File("ran");
  tree_.Write("app/cm.yaml", ConfigMap("a", "k", "1"));
  Push();
  lab_.Apply(
      "apiVersion: v1\nkind: Secret\nmetadata: {name: kubeconfig, namespace: " + ns_ +
      "}\nstringData:\n  value: |\n    apiVersion: v1\n    kind: Config\n    current-context: c\n"
      "    clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]\n"
      "    contexts: [{name: c, context: {cluster: c, user: u}}]\n"
      "    users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: "
      "touch, args: [" +
      sentinel + "]}}}]\n");
  Follow("app", "  kubeConfig: {secretRef: {name: kubeconfig}}\n");
  lab_.WaitFor({"Kustomization", ns_, "app"}, "failed",
               [](const Value& o) { return Text(ConditionOf(o, "Ready")["status"]) == "False"; });
  EXPECT_FALSE(std::filesystem::exists(sentinel));
  EXPECT_TRUE(lab_.Get({"ConfigMap", ns_, "a"}).is_null()) << "applied to the wrong cluster";
}

TEST_F(HostileTest, S3_OversizedRequestsAreRefused) {
  const std::string body(10 << 20, 'x');
  EXPECT_EQ(lab_.stack()
                .http()
                .Send("POST", lab_.stack().WebhookUrl("/hook/" + std::string(64, 'a')), body)
                .status,
            413);
  EXPECT_EQ(lab_.stack().http().Send("POST", lab_.stack().EventsUrl(), body).status, 413);
  const std::string header = "X-Long: " + std::string(512 << 10, 'h');
  EXPECT_NE(lab_.stack().http().Send("POST", lab_.stack().EventsUrl(), "{}", {header}).status, 202);
  EXPECT_LT(ResidentKilobytes(lab_.stack().Pid("notify")), kMaxResidentKilobytes);
}

TEST_F(HostileTest, S1_TheArtifactServerServesOnlyItsFolder) {
  for (const std::string path :
       {"/../../../../../../etc/passwd", "/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd",
        "/gitrepository/../../../../../etc/passwd", "/..%5c..%5cetc/passwd", "/%00"}) {
    const auto answer = lab_.stack().http().Send("GET", lab_.stack().StorageUrl(path));
    EXPECT_THAT(answer.body, Not(HasSubstr("root:"))) << path;
  }
}

TEST_F(HostileTest, S9_MalformedAnnotationsStopNobody) {
  tree_.Write("app/cm.yaml", ConfigMap("a", "k", "1"));
  Push();
  std::string manifest =
      Kustomization(ns_, "odd", "./app", "repo", "  targetNamespace: " + ns_ + "\n");
  manifest.replace(manifest.find("namespace: " + ns_ + "}"), ns_.size() + 12,
                   "namespace: " + ns_ +
                       ", annotations: {reconcile.fluxcd.io/requestedAt: '', "
                       "kustomize.toolkit.fluxcd.io/force: '\\u0000x', "
                       "event.toolkit.fluxcd.io/: x, reconcile.fluxcd.io/forceAt: '::::'}}");
  (void)lab_.cluster().Apply(manifest);  // whether the API server takes all of it or not
  Follow("app");
  lab_.WaitReady({"Kustomization", ns_, "app"});
}

// S1, S2, S3, S16: what an ArtifactGenerator copies, and what tarballs in a source hold.
TEST_F(HostileTest, S16_GeneratorsUnpackNothingHostile) {
  const TempDir work;
  ASSERT_TRUE(
      RunCommand({"bash", "-c",
                  "cd " + work.path() +
                      " && "
                      "echo x > f && ln -s /etc/passwd link && tar czf link.tgz link && tar czPf "
                      "climb.tgz --transform 's,^,../../../../tmp/sluice-out-,' f && "
                      "tar czPf abs.tgz --transform 's,^,/tmp/sluice-out-,' f && truncate -s 1G "
                      "zeros && tar cf - zeros | gzip -1 > bomb.tgz"})
          .ok());
  for (const std::string name : {"link", "climb", "abs", "bomb"})
    tree_.Write(name + ".tgz", test_support::ReadFile(work.File(name + ".tgz")));
  tree_.Write("f.yaml", "a: 1\n");
  Push();
  const struct {
    std::string name, copy, message;
  } cases[] = {
      {"link", "{from: '@repo/link.tgz', to: '@artifact/', strategy: Extract}",
       "is a symlink, which is not allowed in this context"},
      {"climb", "{from: '@repo/climb.tgz', to: '@artifact/', strategy: Extract}",
       "tar contained invalid name error"},
      {"abs", "{from: '@repo/abs.tgz', to: '@artifact/', strategy: Extract}",
       "tar contained invalid name error"},
      {"bomb", "{from: '@repo/bomb.tgz', to: '@artifact/', strategy: Extract}",
       "archive is larger than"},
      {"to", "{from: '@repo/f.yaml', to: '@artifact/../../../../../tmp/sluice-out-f'}",
       "path escapes from parent"},
      {"extract-to", "{from: '@repo/*.tgz', to: '@artifact/../../x', strategy: Extract}",
       "path escapes from parent"},
      {"from", "{from: '@repo/../../etc/passwd', to: '@artifact/'}", "path escapes from parent"},
      {"glob", "{from: '@repo/../*', to: '@artifact/'}",
       "no files match pattern '../*' in source 'repo'"},
      {"braces",
       "{from: '@repo/', to: '@artifact/', exclude: ['" +
           [] {
             std::string bomb;
             for (int i = 0; i < 100; ++i) bomb += "{a,a}";
             return bomb;
           }() +
           "']}",
       "invalid exclude pattern"},
  };
  for (const auto& c : cases) {
    lab_.Apply(
        "apiVersion: source.extensions.fluxcd.io/v1beta1\nkind: ArtifactGenerator\nmetadata: "
        "{name: " +
        c.name + ", namespace: " + ns_ +
        "}\nspec:\n  sources:\n  - {alias: repo, kind: GitRepository, name: repo}\n  artifacts:\n  "
        "- name: out-" +
        c.name + "\n    copy:\n    - " + c.copy + "\n");
  }
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_THAT(lab_.WaitFailed({"ArtifactGenerator", ns_, c.name}, "BuildFailed"),
                HasSubstr(c.message));
    EXPECT_FALSE(lab_.Exists({"ExternalArtifact", ns_, "out-" + c.name}));
  }
  EXPECT_FALSE(std::filesystem::exists("/tmp/sluice-out-f"));
  EXPECT_LT(ResidentKilobytes(lab_.stack().Pid("source")), kMaxResidentKilobytes);
}

}  // namespace
}  // namespace sluice::e2e
