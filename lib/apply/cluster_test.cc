// The library against a real API server: what is applied, skipped, repaired, recreated, pruned and
// waited for.
#include <gtest/gtest.h>

#include <atomic>

#include "apply/applier.h"
#include "apply/health.h"
#include "apply/pruner.h"
#include "document/json.h"
#include "http/client.h"
#include "kube/config.h"
#include "test_support/control_plane.h"
#include "test_support/eventually.h"

namespace sluice::apply {
namespace {

using document::Value;
using test_support::ControlPlane;
using test_support::Eventually;
using namespace std::chrono_literals;

ControlPlane& Cluster() {
  static auto cluster = std::move(ControlPlane::Start({})).value();
  return *cluster;
}

Value Json(std::string_view text) {
  auto value = document::ParseJson(text);
  EXPECT_TRUE(value.ok()) << text;
  return std::move(value).value();
}

// A client of the admin, and one owner's memory.
class ApplyTest : public testing::Test {
 protected:
  void SetUp() override {
    http_ = std::move(http::Client::Create({})).value();
    kube::LoadOptions load;
    load.kubeconfig = Cluster().kubeconfig();
    auto config = kube::LoadConfig(load);
    ASSERT_TRUE(config.ok()) << config.status().message();
    client_ = std::move(kube::MakeClient(*http_, *std::move(config))).value();
    live_ = LiveObjects::Make(
        *client_, {"kustomize-controller", kGroup + "/name", kGroup + "/namespace", {}});
    live_->SetListener(
        [this](const ObjectRef&, const kube::ObjectKey& owner, LiveObjects::Change change) {
          if (owner.name == owner_ && change == LiveObjects::Change::kOurs) ++drifts_;
        });
    ns_ = "t" + std::to_string(++counter_);
    owner_ = "app-" + ns_;
    ASSERT_TRUE(Cluster().CreateNamespace(ns_).ok());
  }

  // An object in the test's namespace that carries the owner labels.
  Value Owned(std::string_view text, bool namespaced = true) const {
    Value object = Json(text);
    if (namespaced) object.Mutable("metadata").Set("namespace", ns_);
    SetMetadata(object,
                Value::Object({{kGroup + "/name", owner_}, {kGroup + "/namespace", "flux-system"}}),
                Value());
    return object;
  }
  Value ConfigMap(const std::string& name, const std::string& value) const {
    return Owned(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":")" + name +
                 R"("},"data":{"a":")" + value + R"("}})");
  }

  // One pass to its end; the parked states are waited out.
  ApplyResult Apply(std::vector<Value> objects, ApplyOptions options = {}) {
    options.field_manager = "kustomize-controller";
    options.owner_group = kGroup;
    auto applier = Applier::Make(*client_, *live_, memory_, std::move(objects), options);
    first_writes_ = 0;
    applier->OnFirstWrite([this](const Inventory& planned) {
      ++first_writes_;
      planned_ = planned;
      return base::OkStatus();
    });
    ApplyResult result;
    const observe::Context ctx = observe::Context().WithTimeout(90s);
    do {
      result = applier->Run(ctx);
      if (result.state == ApplyState::kWaiting)
        (void)ctx.Sleep(std::min<std::chrono::milliseconds>(result.retry_after, 100ms));
    } while (result.state == ApplyState::kWaiting);
    changes_ = applier->changes();
    return result;
  }
  std::string Changes(std::vector<Value> objects, ApplyOptions options = {}) {
    const auto result = Apply(std::move(objects), std::move(options));
    EXPECT_EQ(result.state, ApplyState::kDone) << result.status.message();
    return changes_.Lines(false);
  }
  Value Get(const std::string& path) {
    const auto response = Cluster().Request("GET", path);
    return response.ok() ? Json(response.body) : Value();
  }
  std::string ConfigMapPath(const std::string& name) const {
    return "/api/v1/namespaces/" + ns_ + "/configmaps/" + name;
  }

  static inline const std::string kGroup = "kustomize.toolkit.fluxcd.io";
  static inline std::atomic<int> counter_ = 0;
  std::unique_ptr<http::Client> http_;
  std::unique_ptr<kube::Client> client_;
  std::unique_ptr<LiveObjects> live_;
  ApplyMemory memory_;
  ChangeSet changes_;
  Inventory planned_;
  int first_writes_ = 0;
  std::atomic<int> drifts_ = 0;
  std::string ns_, owner_;
};

TEST_F(ApplyTest, CreatesLeavesAndConfigures) {
  EXPECT_EQ(Changes({ConfigMap("b", "1"), ConfigMap("a", "1")}),
            "ConfigMap/" + ns_ + "/a created\nConfigMap/" + ns_ + "/b created");
  EXPECT_EQ(first_writes_, 1);
  EXPECT_EQ(planned_.entries().size(), 2u);
  EXPECT_EQ(Changes({ConfigMap("a", "1"), ConfigMap("b", "1")}),
            "ConfigMap/" + ns_ + "/a unchanged\nConfigMap/" + ns_ + "/b unchanged");
  EXPECT_EQ(first_writes_, 0);
  const auto version = kube::ResourceVersionOf(Get(ConfigMapPath("a")));
  EXPECT_EQ(Changes({ConfigMap("a", "1"), ConfigMap("b", "2")}),
            "ConfigMap/" + ns_ + "/a unchanged\nConfigMap/" + ns_ + "/b configured");
  EXPECT_EQ(kube::ResourceVersionOf(Get(ConfigMapPath("a"))), version);
  EXPECT_EQ(Get(ConfigMapPath("b")).At({"data", "a"}).AsString(), "2");
  memory_.clear();  // as after a restart: the dry runs say the same
  EXPECT_EQ(Changes({ConfigMap("a", "1"), ConfigMap("b", "2")}),
            "ConfigMap/" + ns_ + "/a unchanged\nConfigMap/" + ns_ + "/b unchanged");
}

// A process that died between its writes and their event: the next pass reports them as its own.
TEST_F(ApplyTest, ReportsWhatAnInterruptedPassDid) {
  (void)Changes({ConfigMap("a", "1"), ConfigMap("b", "1")});
  const std::string created(Get(ConfigMapPath("a"))["metadata"]["creationTimestamp"].AsString());
  memory_.clear();
  ApplyOptions options;
  options.resumes_since = created;
  auto result = Apply({ConfigMap("a", "1"), ConfigMap("b", "2")}, options);
  EXPECT_EQ(result.state, ApplyState::kDone);
  EXPECT_EQ(changes_.Lines(false),
            "ConfigMap/" + ns_ + "/a created\nConfigMap/" + ns_ + "/b configured");
  memory_.clear();
  options.resumes_since = "2999-01-01T00:00:00Z";
  result = Apply({ConfigMap("a", "1"), ConfigMap("b", "2")}, options);
  EXPECT_EQ(changes_.Lines(false),
            "ConfigMap/" + ns_ + "/a unchanged\nConfigMap/" + ns_ + "/b unchanged");
}

TEST_F(ApplyTest, SeesAndRepairsWhatOthersChange) {
  (void)Changes({ConfigMap("a", "1")});
  const auto& known = memory_.at(ns_ + "_a__ConfigMap");
  EXPECT_TRUE(Eventually(10s, [&] { return known.Matches(*live_); }));
  const int before = drifts_;
  // A field nobody applied is none of our business.
  ASSERT_TRUE(Cluster()
                  .Request("PATCH", ConfigMapPath("a"), R"({"data":{"other":"x"}})",
                           "application/merge-patch+json")
                  .ok());
  ASSERT_TRUE(Cluster()
                  .Request("PATCH", ConfigMapPath("a"), R"({"data":{"a":"theirs"}})",
                           "application/merge-patch+json")
                  .ok());
  EXPECT_TRUE(Eventually(10s, [&] { return !known.Matches(*live_); }));
  EXPECT_GT(drifts_, before);
  EXPECT_EQ(Changes({ConfigMap("a", "1")}), "ConfigMap/" + ns_ + "/a configured");
  EXPECT_EQ(Get(ConfigMapPath("a")).At({"data", "a"}).AsString(), "1");
  EXPECT_EQ(Get(ConfigMapPath("a")).At({"data", "other"}).AsString(), "x");
  ASSERT_TRUE(Cluster().Request("DELETE", ConfigMapPath("a")).ok());
  EXPECT_TRUE(Eventually(10s, [&] { return !known.Matches(*live_); }));
  EXPECT_EQ(Changes({ConfigMap("a", "1")}), "ConfigMap/" + ns_ + "/a created");
}

TEST_F(ApplyTest, DefinitionsComeFirstAndAreWaitedFor) {
  const std::string group = ns_ + ".example.org";
  const auto crd = Owned(
      R"({"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"things.)" +
          group + R"("},"spec":{"group":")" + group +
          R"(","names":{"kind":"Thing","plural":"things"},"scope":"Namespaced","versions":[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}}]}})",
      false);
  const auto thing = Owned(R"({"apiVersion":")" + group +
                           R"(/v1","kind":"Thing","metadata":{"name":"t"},"spec":{"a":1}})");
  const std::string lines = Changes({thing, ConfigMap("a", "1"), crd});
  EXPECT_EQ(lines, "CustomResourceDefinition/things." + group + " created\nConfigMap/" + ns_ +
                       "/a created\nThing/" + ns_ + "/t created");
  EXPECT_EQ(changes_.ToInventory().entries()[0].Id(),
            "_things." + group + "_apiextensions.k8s.io_CustomResourceDefinition");
}

TEST_F(ApplyTest, AFailedDryRunWritesNothing) {
  const auto bad = Owned(
      R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"bad"},"spec":{"replicas":1}})");
  const auto result = Apply({ConfigMap("a", "1"), bad});
  EXPECT_EQ(result.state, ApplyState::kFailed);
  EXPECT_EQ(result.status.message(), "Deployment/" + ns_ +
                                         "/bad dry-run failed (Invalid): Deployment.apps \"bad\" "
                                         "is invalid: [spec.selector: Required value, "
                                         "spec.template.metadata.labels: Invalid value: null: "
                                         "`selector` does not match template `labels`, "
                                         "spec.template.spec.containers: Required value]\n");
  EXPECT_EQ(first_writes_, 0);
  EXPECT_TRUE(Get(ConfigMapPath("a")).is_null());
}

TEST_F(ApplyTest, UnknownKindsAndMissingNamespacesAreNamed) {
  auto result =
      Apply({Owned(R"({"apiVersion":"example.com/v1","kind":"Nope","metadata":{"name":"x"}})")});
  EXPECT_EQ(result.status.message(),
            "Nope/" + ns_ +
                "/x dry-run failed: no matches for kind \"Nope\" in version \"example.com/v1\"\n");
  result = Apply({Json(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"}})")});
  EXPECT_EQ(
      result.status.message(),
      "ConfigMap/x namespace not specified: the server could not find the requested resource\n");
  result = Apply({Json(
      R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x","namespace":"absent"}})")});
  EXPECT_EQ(result.status.message(),
            "ConfigMap/absent/x not found: namespaces \"absent\" not found\n");
}

TEST_F(ApplyTest, ForceRecreatesWhatIsImmutable) {
  const auto immutable = [&](const char* value) {
    return Owned(
        R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"i"},"immutable":true,"data":{"a":")" +
        std::string(value) + "\"}}");
  };
  (void)Changes({immutable("1")});
  const std::string uid(kube::UidOf(Get(ConfigMapPath("i"))));
  const auto refused = Apply({immutable("2")});
  EXPECT_EQ(refused.state, ApplyState::kFailed);
  EXPECT_TRUE(
      refused.status.message().starts_with("ConfigMap/" + ns_ + "/i dry-run failed (Invalid)"))
      << refused.status.message();
  ApplyOptions force;
  force.force = true;
  EXPECT_EQ(Changes({immutable("2")}, force), "ConfigMap/" + ns_ + "/i created");
  EXPECT_NE(kube::UidOf(Get(ConfigMapPath("i"))), uid);
}

TEST_F(ApplyTest, AnnotationsDecide) {
  const auto annotated = [&](const char* name, const std::string& key, const char* value,
                             const char* data) {
    Value object = ConfigMap(name, data);
    object.Mutable("metadata").Mutable("annotations").Set(kGroup + "/" + key, value);
    return object;
  };
  EXPECT_EQ(Changes({annotated("present", "ssa", "IfNotPresent", "1"),
                     annotated("ignored", "ssa", "Ignore", "1"),
                     annotated("disabled", "reconcile", "Disabled", "1")}),
            "ConfigMap/" + ns_ + "/disabled skipped\nConfigMap/" + ns_ +
                "/ignored skipped\nConfigMap/" + ns_ + "/present created");
  EXPECT_EQ(Changes({annotated("present", "ssa", "IfNotPresent", "2")}),
            "ConfigMap/" + ns_ + "/present skipped");
  (void)Changes({ConfigMap("live", "1")});
  ASSERT_TRUE(
      Cluster()
          .Request(
              "PATCH", ConfigMapPath("live"),
              R"({"metadata":{"annotations":{"kustomize.toolkit.fluxcd.io/reconcile":"disabled"}}})",
              "application/merge-patch+json")
          .ok());
  EXPECT_EQ(Changes({ConfigMap("live", "2")}), "ConfigMap/" + ns_ + "/live skipped");
}

TEST_F(ApplyTest, TakesOverFromKubectl) {
  const std::string manifest =
      "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"k\",\"namespace\":"
      "\"" +
      ns_ + "\"},\"data\":{\"a\":\"1\",\"extra\":\"x\"}}";
  ASSERT_TRUE(Cluster().Kubectl({"apply", "-f", "-"}, manifest).ok());
  EXPECT_EQ(Changes({ConfigMap("k", "1")}), "ConfigMap/" + ns_ + "/k configured");
  const Value taken = Get(ConfigMapPath("k"));
  EXPECT_EQ(taken["data"].size(), 1u) << document::ToJson(taken);
  EXPECT_TRUE(taken["metadata"]["annotations"].empty());
  ASSERT_EQ(taken["metadata"]["managedFields"].size(), 1u);
  EXPECT_EQ(taken["metadata"]["managedFields"].items()[0]["manager"].AsString(),
            "kustomize-controller");
}

TEST_F(ApplyTest, UndeclaredFieldsOfBuiltInKindsAreDropped) {
  const auto service = Owned(
      R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"nonsense":{"a":1}}})");
  EXPECT_EQ(Changes({service}), "Service/" + ns_ + "/s created");
  EXPECT_EQ(Changes({service}), "Service/" + ns_ + "/s unchanged");
}

TEST_F(ApplyTest, IgnoredPathsNeitherDriftNorAreWritten) {
  IgnoreRule rule;
  rule.paths = {"/data/a"};
  rule.kind = "ConfigMap";
  ApplyOptions options;
  options.ignore = {rule};
  EXPECT_EQ(Changes({ConfigMap("g", "1")}, options), "ConfigMap/" + ns_ + "/g created");
  ASSERT_TRUE(Cluster()
                  .Request("PATCH", ConfigMapPath("g"), R"({"data":{"a":"theirs"}})",
                           "application/merge-patch+json")
                  .ok());
  EXPECT_EQ(Changes({ConfigMap("g", "1")}, options), "ConfigMap/" + ns_ + "/g unchanged");
  Value more = ConfigMap("g", "1");
  more.Mutable("data").Set("b", "2");
  EXPECT_EQ(Changes({more}, options), "ConfigMap/" + ns_ + "/g configured");
  EXPECT_EQ(Get(ConfigMapPath("g")).At({"data", "a"}).AsString(), "theirs");
  EXPECT_EQ(Get(ConfigMapPath("g")).At({"data", "b"}).AsString(), "2");
}

TEST_F(ApplyTest, PrunesInReverseOrderAndKeepsWhatIsNotOurs) {
  Value kept = ConfigMap("kept", "1");
  kept.Mutable("metadata").Mutable("annotations").Set(kGroup + "/prune", "disabled");
  const auto service = Owned(
      R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"s"},"spec":{"ports":[{"port":80}]}})");
  (void)Changes(
      {ConfigMap("a", "1"), ConfigMap("moved", "1"), ConfigMap("gone", "1"), kept, service});
  ASSERT_TRUE(Cluster().Request("DELETE", ConfigMapPath("gone")).ok());
  ASSERT_TRUE(
      Cluster()
          .Request("PATCH", ConfigMapPath("moved"),
                   R"({"metadata":{"labels":{"kustomize.toolkit.fluxcd.io/name":"other"}}})",
                   "application/merge-patch+json")
          .ok());
  auto stale = changes_.ToInventory().entries();
  stale.push_back({{"no.such.group", "Kind"}, {ns_, "x"}, "v1"});
  const auto result = Prune(observe::Context(), *client_, stale, {kGroup, {"flux-system", owner_}});
  EXPECT_TRUE(result.status.ok()) << result.status.message();
  const std::string p = "ConfigMap/" + ns_;
  EXPECT_EQ(result.changes.Lines(false),
            "Kind/" + ns_ + "/x deleted\nService/" + ns_ + "/s deleted\n" + p + "/moved skipped\n" +
                p + "/kept skipped\n" + p + "/gone deleted\n" + p + "/a deleted");
  EXPECT_TRUE(Get(ConfigMapPath("a")).is_null());
  EXPECT_FALSE(Get(ConfigMapPath("kept")).is_null());
}

TEST_F(ApplyTest, ForbiddenReadsAsFluxWordsIt) {
  const auto nobody = client_->Impersonate("system:serviceaccount:flux-system:nobody", {});
  ApplyOptions options;
  options.field_manager = "kustomize-controller";
  options.owner_group = kGroup;
  auto applier = Applier::Make(*nobody, *live_, memory_, {ConfigMap("f", "1")}, options);
  const auto result = applier->Run(observe::Context());
  EXPECT_EQ(result.status.message(),
            "ConfigMap/" + ns_ +
                "/f dry-run failed (Forbidden): configmaps \"f\" is forbidden: User "
                "\"system:serviceaccount:flux-system:nobody\" cannot patch resource \"configmaps\" "
                "in API group \"\" in the namespace \"" +
                ns_ + "\"\n");
}

TEST_F(ApplyTest, HealthIsReadFromTheWatch) {
  const auto deployment = Owned(
      R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d"},"spec":{"replicas":1,"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}})");
  (void)Changes({deployment});
  const auto targets = changes_.ToInventory().entries();
  std::atomic<int> woken = 0;
  HealthOptions options;
  options.timeout = 60s;
  const auto check = HealthCheck::Start(*client_, *live_, targets, {}, options, [&] { ++woken; });
  EXPECT_EQ(check->Evaluate(observe::Context()).state, HealthVerdict::State::kWaiting);
  const std::string status =
      R"({"status":{"observedGeneration":1,"replicas":1,"updatedReplicas":1,"readyReplicas":1,"availableReplicas":1,"conditions":[{"type":"Available","status":"True"},{"type":"Progressing","status":"True","reason":"NewReplicaSetAvailable"}]}})";
  ASSERT_TRUE(Cluster()
                  .Request("PATCH", "/apis/apps/v1/namespaces/" + ns_ + "/deployments/d/status",
                           status, "application/merge-patch+json")
                  .ok());
  EXPECT_TRUE(Eventually(10s, [&] {
    return check->Evaluate(observe::Context()).state == HealthVerdict::State::kPassed;
  }));

  HealthOptions soon;
  soon.timeout = 0s;
  const auto late = HealthCheck::Start(
      *client_, *live_, {{{"apps", "Deployment"}, {ns_, "absent"}, "v1"}}, {}, soon, [] {});
  EXPECT_TRUE(Eventually(10s, [&] {
    const auto verdict = late->Evaluate(observe::Context());
    return verdict.state == HealthVerdict::State::kFailed &&
           verdict.status.message() ==
               "timeout waiting for: [Deployment/" + ns_ + "/absent status: 'NotFound']";
  }));
}

}  // namespace
}  // namespace sluice::apply
