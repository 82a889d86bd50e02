// Processes that are absent, late, killed or cut off from one another: everything still converges.
#include <gmock/gmock.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "base/encoding.h"
#include "lab.h"

namespace sluice::e2e {
namespace {

Lab& TheLab() {
  static Lab lab({.controllers = false, .stack = {}, .processes = {}});
  return lab;
}

class ResilienceTest : public testing::Test {
 protected:
  ResilienceTest() : ns_(TheLab().NewNamespace()), tree_(TheLab().git(), ns_) {
    tree_.Write("app/a.yaml", ConfigMap("a", "k", "1"));
    sha_ = tree_.CommitAndPush("one");
  }
  ~ResilienceTest() override {
    for (const auto& name : SluiceStack::kNames) lab_.stack().Kill(name);
    lab_.stack().options().bus = SluiceStack::Options::Bus::kIpc;
  }
  void Start(const std::string& name) {
    const auto status = lab_.stack().Start(name);
    ASSERT_TRUE(status.ok()) << status.message();
  }
  // Politely: leaders give up their Leases, so that the next test's processes need not wait for
  // their end.
  void StopAll() {
    for (const auto& name : SluiceStack::kNames) lab_.stack().Stop(name);
  }
  void Create() {
    lab_.Apply(GitRepository(ns_, "repo", tree_.url()));
    lab_.Apply(Kustomization(ns_, "app", "./app", "repo", "  targetNamespace: " + ns_ + "\n"));
  }
  void Alert() {
    lab_.Apply(
        "apiVersion: notification.toolkit.fluxcd.io/v1beta3\nkind: Provider\nmetadata: {name: "
        "chat, namespace: " +
        ns_ + "}\nspec: {type: generic, address: \"" + lab_.chat().Url("/" + ns_) +
        "\"}\n---\napiVersion: notification.toolkit.fluxcd.io/v1beta3\nkind: Alert\nmetadata: "
        "{name: chat, namespace: " +
        ns_ +
        "}\nspec: {providerRef: {name: chat}, eventSources: [{kind: Kustomization, name: '*'}]}\n");
  }
  bool Told(const std::string& text) {
    return lab_.chat().WaitFor(kSoon, [&](const ChatSink::Message& m) {
      return m.path == "/" + ns_ && m.body.find(text) != m.body.npos;
    });
  }
  // Changes the app, fetches at once, and waits until it is applied.
  void PushAndExpect(const std::string& value) {
    tree_.Write("app/a.yaml", ConfigMap("a", "k", value));
    const std::string sha = tree_.CommitAndPush(value);
    lab_.RequestReconcile({"GitRepository", ns_, "repo"});
    lab_.WaitReady({"Kustomization", ns_, "app"}, sha);
    EXPECT_EQ(Text(lab_.Get({"ConfigMap", ns_, "a"})["data"]["k"]), value);
  }

  Lab& lab_ = TheLab();
  std::string ns_, sha_;
  GitWorkTree tree_;
};

TEST_F(ResilienceTest, StartsInAnyOrder) {
  Create();
  Alert();
  Start("kustomize");
  EXPECT_FALSE(lab_.Get({"Kustomization", ns_, "app"})["metadata"].is_null());
  Start("source");
  lab_.WaitReady({"Kustomization", ns_, "app"}, sha_);
  Start("notify");
  EXPECT_TRUE(Told("ConfigMap/" + ns_ + "/a created"))
      << "an event of the time before notify started";
}

TEST_F(ResilienceTest, WorksWithTheBusCutEntirely) {
  lab_.stack().options().bus = SluiceStack::Options::Bus::kOff;
  for (const auto& name : SluiceStack::kNames) Start(name);
  Alert();
  Create();
  lab_.WaitReady({"Kustomization", ns_, "app"}, sha_);
  PushAndExpect("2");
  EXPECT_TRUE(Told("ConfigMap/" + ns_ + "/a configured"));
}

// As in a cluster: no endpoint is named anywhere, keys are mounted, the peers' Leases tell the
// rest; TCP with CURVE.
TEST_F(ResilienceTest, FindsItsPeersThroughTheirLeases) {
  const test_support::TempDir dir;
  const std::string sluice = lab_.stack().options().bin + "/sluice";
  ASSERT_TRUE(test_support::RunCommand({sluice, "bus", "keygen", dir.File("keys")}).ok());
  lab_.stack().options().bus = SluiceStack::Options::Bus::kDiscovered;
  lab_.stack().options().keys = dir.File("keys");
  for (const auto& name : SluiceStack::kNames) Start(name);
  const auto linked = [&](const std::string& name, const std::string& channel) {
    return lab_.stack().Metrics(name).find("sluice_bus_connected_links{channel=\"" + channel +
                                           "\"} 1") != std::string::npos;
  };
  EXPECT_TRUE(Eventually(kSoon, [&] {
    return linked("kustomize", "revisions") && linked("kustomize", "events");
  })) << lab_.stack().Metrics("kustomize");
  Create();
  lab_.WaitReady({"Kustomization", ns_, "app"}, sha_);
  PushAndExpect("2");
  EXPECT_EQ(lab_.stack().Log("source").find("sluice-bus-keys"), std::string::npos)
      << "a Secret was made although keys were given";
  StopAll();
}

// A first install: no keys are mounted. The source makes the Secret, and when the mount shows it,
// the running processes link up.
TEST_F(ResilienceTest, MissingKeysAreMadeAndTakenUp) {
  const test_support::TempDir dir;
  std::filesystem::create_directory(dir.File("keys"));
  lab_.stack().options().bus = SluiceStack::Options::Bus::kDiscovered;
  lab_.stack().options().keys = dir.File("keys");
  for (const auto& name : SluiceStack::kNames) Start(name);
  const Value secret = lab_.WaitFor({"Secret", "flux-system", "sluice-bus-keys"}, "made",
                                    [](const Value& o) { return !o.is_null(); });
  Create();
  lab_.WaitReady({"Kustomization", ns_, "app"}, sha_);  // over HTTP
  for (const auto& [name, content] : secret["data"].members()) {
    const std::string path = dir.File("keys/" + name);
    std::ofstream(path) << *base::Base64Decode(content.AsString());
    std::filesystem::permissions(path, std::filesystem::perms::owner_read);
  }
  EXPECT_TRUE(Eventually(60s, [&] {
    return lab_.stack()
               .Metrics("kustomize")
               .find("sluice_bus_connected_links{channel=\"revisions\"} 1") != std::string::npos;
  }));
  PushAndExpect("2");
  StopAll();
}

TEST_F(ResilienceTest, SurvivesTheDeathOfEachProcess) {
  for (const auto& name : SluiceStack::kNames) Start(name);
  Create();
  lab_.WaitReady({"Kustomization", ns_, "app"}, sha_);
  int value = 1;
  for (const auto& name : SluiceStack::kNames) {
    SCOPED_TRACE(name);
    lab_.stack().Kill(name);
    if (name == "notify") PushAndExpect(std::to_string(++value));  // nobody waits for it
    Start(name);
    PushAndExpect(std::to_string(++value));
  }
}

// As if the process had died between its last write and the event about it: the object says that a
// pass is applying.
TEST_F(ResilienceTest, TellsWhatAnInterruptedPassDid) {
  for (const auto& name : SluiceStack::kNames) Start(name);
  Alert();
  Create();
  lab_.WaitReady({"Kustomization", ns_, "app"}, sha_);
  tree_.Write("app/b.yaml", ConfigMap("b", "k", "1"));
  PushAndExpect("1");  // two events of one object each; one about both is news
  lab_.stack().Kill("kustomize");
  const Value app = lab_.Get({"Kustomization", ns_, "app"});
  const std::string revision = Text(app["status"]["lastAppliedRevision"]);
  const std::string since =
      Text(lab_.Get({"ConfigMap", ns_, "a"})["metadata"]["creationTimestamp"]);
  const auto condition = [&](const std::string& type, const std::string& status,
                             const std::string& message) {
    return R"({"type":")" + type + R"(","status":")" + status +
           R"(","reason":"Progressing","message":")" + message + R"(","lastTransitionTime":")" +
           since + R"(","observedGeneration":1})";
  };
  const std::string conditions =
      condition("Reconciling", "True",
                "Detecting drift for revision " + revision + " with a timeout of 20s") +
      "," + condition("Ready", "Unknown", "Reconciliation in progress");
  const auto patched = lab_.cluster().Request(
      "PATCH",
      "/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/" + ns_ + "/kustomizations/app/status",
      R"({"status":{"conditions":[)" + conditions + "]}}", "application/merge-patch+json");
  ASSERT_EQ(patched.status, 200) << patched.body;
  Start("kustomize");
  EXPECT_TRUE(Told("ConfigMap/" + ns_ + "/a created\\nConfigMap/" + ns_ + "/b created"));
}

TEST_F(ResilienceTest, ServesArtifactsAgainAfterLosingItsStorage) {
  for (const auto& name : SluiceStack::kNames) Start(name);
  Create();
  lab_.WaitReady({"Kustomization", ns_, "app"}, sha_);
  lab_.stack().Kill("source");
  test_support::RunCommand({"find", lab_.stack().StorageFolder(), "-mindepth", "1", "-delete"});
  Start("source");
  const Value source = lab_.WaitReady({"GitRepository", ns_, "repo"}, sha_);
  EXPECT_TRUE(Eventually(kSoon, [&] {
    return lab_.stack().http().Send("GET", Text(source["status"]["artifact"]["url"])).status == 200;
  }));
  PushAndExpect("2");
}

TEST_F(ResilienceTest, StopsCleanlyOnSigterm) {
  for (const auto& name : SluiceStack::kNames) Start(name);
  Create();
  lab_.WaitReady({"Kustomization", ns_, "app"}, sha_);
  for (const auto& name : SluiceStack::kNames)
    EXPECT_EQ(lab_.stack().Stop(name), 0) << name << ": " << lab_.stack().Log(name);
}

TEST_F(ResilienceTest, IdleProcessesWriteNothing) {
  for (const auto& name : SluiceStack::kNames) Start(name);
  Create();
  lab_.WaitReady({"Kustomization", ns_, "app"}, sha_);
  const auto writes = [&] {
    const std::string metrics = lab_.cluster().Request("GET", "/metrics").body;
    double total = 0;
    for (size_t at = 0; (at = metrics.find("\napiserver_request_total{", at)) != metrics.npos;
         ++at) {
      const std::string line = metrics.substr(at + 1, metrics.find('\n', at + 1) - at - 1);
      const bool ours = line.find("toolkit.fluxcd.io") != line.npos;
      const bool write = line.find("verb=\"PATCH\"") != line.npos ||
                         line.find("verb=\"PUT\"") != line.npos ||
                         line.find("verb=\"POST\"") != line.npos;
      if (ours && write) total += std::stod(line.substr(line.rfind(' ') + 1));
    }
    return total;
  };
  double before = -1;
  EXPECT_TRUE(Eventually(kSoon, [&] {
    const double now = writes();
    const bool quiet = now == before;
    before = now;
    return quiet;
  }));
  EXPECT_TRUE(Throughout(3s, [&] { return writes() == before; }));
}

}  // namespace
}  // namespace sluice::e2e
