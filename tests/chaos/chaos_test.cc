// Fifty pushes (SLUICE_CHAOS_PUSHES for more) while processes are killed, the API server restarts,
// etcd stands still and the bus is cut. At the end every push is applied, no object is left over,
// and the chat was told of the last state.
#include <gmock/gmock.h>

#include <cstdlib>

#include "lab.h"

namespace sluice::e2e {
namespace {

constexpr int kApps = 5;
constexpr std::chrono::minutes kConverge{2};

int Pushes() {
  const char* text = std::getenv("SLUICE_CHAOS_PUSHES");
  return text == nullptr ? 50 : std::stoi(text);
}

class ChaosTest : public testing::Test {
 protected:
  ChaosTest() : lab_({}), ns_(lab_.NewNamespace()), tree_(lab_.git(), "fleet") {
    for (int app = 0; app < kApps; ++app) Write(app, 0);
    sha_ = tree_.CommitAndPush("0");
    lab_.Apply(GitRepository(ns_, "repo", tree_.url()));
    for (int app = 0; app < kApps; ++app) {
      lab_.Apply(Kustomization(ns_, Name(app), "./" + Name(app), "repo",
                               "  targetNamespace: " + ns_ + "\n"));
    }
    lab_.Apply(
        "apiVersion: notification.toolkit.fluxcd.io/v1beta3\nkind: Provider\nmetadata: {name: "
        "chat, namespace: " +
        ns_ + "}\nspec: {type: generic, address: \"" + lab_.chat().Url("/chaos") +
        "\"}\n---\napiVersion: notification.toolkit.fluxcd.io/v1beta3\nkind: Alert\nmetadata: "
        "{name: chat, namespace: " +
        ns_ +
        "}\nspec: {providerRef: {name: chat}, eventSources: [{kind: Kustomization, name: '*'}]}\n");
    for (int app = 0; app < kApps; ++app) lab_.WaitReady({"Kustomization", ns_, Name(app)}, sha_);
  }

  static std::string Name(int app) { return "app-" + std::to_string(app); }
  static std::string Extra(int app, int push) {
    return Name(app) + "-push-" + std::to_string(push);
  }
  // Every push replaces the app's second object by one of another name, so that each of them also
  // prunes.
  void Write(int app, int push) {
    tree_.Write(Name(app) + "/fixed.yaml", ConfigMap(Name(app), "push", std::to_string(push)));
    tree_.Write(Name(app) + "/extra.yaml",
                ConfigMap(Extra(app, push), "push", std::to_string(push)));
    last_[app] = push;
  }
  void Push(int push) {
    Write(push % kApps, push);
    sha_ = tree_.CommitAndPush(std::to_string(push));
    // As a webhook would; lost while the API server is away, which the end of the test makes up
    // for.
    lab_.cluster().Request(
        "PATCH", "/apis/source.toolkit.fluxcd.io/v1/namespaces/" + ns_ + "/gitrepositories/repo",
        R"({"metadata":{"annotations":{"reconcile.fluxcd.io/requestedAt":")" +
            std::to_string(push) + "\"}}}",
        "application/merge-patch+json");
  }
  void Restart(const std::string& name) {
    lab_.stack().Kill(name);
    const auto status = lab_.stack().Start(name);
    EXPECT_TRUE(status.ok()) << status.message();
  }
  void ExpectConverged() {
    lab_.RequestReconcile({"GitRepository", ns_, "repo"});
    for (int app = 0; app < kApps; ++app) {
      lab_.WaitFor(
          {"Kustomization", ns_, Name(app)}, "ready on the last push",
          [&](const Value& o) {
            return IsReady(o) && Text(o["status"]["lastAppliedRevision"]).ends_with(sha_);
          },
          kConverge);
    }
    std::vector<std::string> want;
    for (int app = 0; app < kApps; ++app) {
      EXPECT_EQ(Text(lab_.Get({"ConfigMap", ns_, Name(app)})["data"]["push"]),
                std::to_string(last_[app]))
          << Name(app);
      want.push_back(Name(app));
      want.push_back(Extra(app, last_[app]));
    }
    std::vector<std::string> have;
    const Value list = lab_.Get({"ConfigMap", ns_, ""});
    for (const Value& cm : list["items"].items()) have.push_back(Text(cm["metadata"]["name"]));
    EXPECT_THAT(have, testing::UnorderedElementsAreArray(want))
        << "an object was lost or left over";
  }

  Lab lab_;
  std::string ns_, sha_;
  GitWorkTree tree_;
  int last_[kApps] = {};
};

TEST_F(ChaosTest, EveryPushEndsAppliedWhateverDies) {
  const int pushes = Pushes();
  int deaths = 0;
  for (int push = 1; push <= pushes; ++push) {
    SCOPED_TRACE("push " + std::to_string(push));
    Push(push);
    if (push % 3 == 0) {
      Restart(SluiceStack::kNames[static_cast<size_t>(push / 3) % SluiceStack::kNames.size()]);
      ++deaths;
    }
    if (push == pushes / 3) {
      lab_.cluster().KillApiServer();
      ASSERT_TRUE(lab_.cluster().StartApiServer().ok());
    }
    if (push == pushes / 2) {
      // The API server answers nothing meanwhile.
      lab_.cluster().PauseEtcd();
      Throughout(10s, [] { return true; });
      lab_.cluster().ResumeEtcd();
    }
    if (push == pushes * 2 / 3) {
      lab_.stack().options().bus = SluiceStack::Options::Bus::kOff;
      for (const auto& name : SluiceStack::kNames) Restart(name);
    }
    if (push == pushes * 5 / 6) {
      lab_.stack().options().bus = SluiceStack::Options::Bus::kIpc;
      for (const auto& name : SluiceStack::kNames) Restart(name);
    }
  }
  ExpectConverged();
  // The last change of each app was told, and no message more often than processes died in between
  // could explain.
  for (int app = 0; app < kApps; ++app) {
    const std::string created = "ConfigMap/" + ns_ + "/" + Extra(app, last_[app]) + " created";
    EXPECT_TRUE(lab_.chat().WaitForText(60s, created)) << created;
    EXPECT_LE(lab_.chat().Count(created), static_cast<size_t>(deaths) + 1) << created;
  }
}

}  // namespace
}  // namespace sluice::e2e
