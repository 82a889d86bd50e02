// The frame against a real API server: manager, leader election, status writer, event recorder.
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "api/conditions.h"
#include "api/meta.h"
#include "document/json.h"
#include "observe/memory_sink.h"
#include "runtime/manager.h"
#include "runtime/peers.h"
#include "runtime/status_writer.h"
#include "test_support/control_plane.h"
#include "test_support/eventually.h"

namespace sluice::runtime {
namespace {

using document::Value;
using kube::ObjectKey;
using observe::Context;
using test_support::ControlPlane;
using test_support::Eventually;
using namespace std::chrono_literals;

const kube::GroupVersionKind kKind{"kustomize.toolkit.fluxcd.io", "v1", "Kustomization"};
const kube::GroupVersionKind kLease{"coordination.k8s.io", "v1", "Lease"};
const kube::GroupVersionKind kEvent{"", "v1", "Event"};

ControlPlane& Cluster() {
  static const auto cluster = [] {
    auto started = std::move(ControlPlane::Start({}).value());
    const auto crds =
        started->ApplyFile(std::string(SLUICE_SOURCE_DIR) +
                           "/deploy/crds/kustomize.toolkit.fluxcd.io_kustomizations.yaml");
    EXPECT_TRUE(crds.ok()) << crds.message();
    EXPECT_TRUE(Eventually(30s, [&] {
      return started->Kubectl({"get", "kustomizations.kustomize.toolkit.fluxcd.io"}).ok();
    }));
    return started;
  }();
  return *cluster;
}

// Finalizer, then Ready=True and an event; on deletion lets the object go.
class SampleReconciler final : public Reconciler {
 public:
  SampleReconciler(kube::Informer& informer, StatusWriter& writer, EventRecorder& events)
      : informer_(informer), writer_(writer), events_(events) {}

  Outcome Reconcile(const Context& ctx, const ObjectKey& key) override {
    const auto object = informer_.Get(key);
    if (object == nullptr) return Outcome::Success();
    Value after = *object;
    if (kube::IsBeingDeleted(after)) {
      api::RemoveFinalizer(after);
    } else if (!api::AddFinalizer(after)) {
      api::SetCondition(after, api::kReady, api::kTrue, api::kSucceededReason, "done",
                        base::SystemClock().Now());
      api::MarkRequestHandled(after);
      api::SetObservedGeneration(after);
      events_.Record(after, api::EventSeverity::kInfo, "Succeeded", "done");
    }
    const auto written = writer_.Write(ctx, *object, after);
    if (!written.ok()) return Outcome::Error(written.status());
    return api::HasFinalizer(*object) || kube::IsBeingDeleted(after) ? Outcome::Success()
                                                                     : Outcome::Requeue();
  }

 private:
  kube::Informer& informer_;
  StatusWriter& writer_;
  EventRecorder& events_;
};

class RuntimeE2eTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ns_ = "rt" + std::to_string(++counter_);
    ASSERT_TRUE(Cluster().CreateNamespace(ns_).ok());
    http_ = *http::Client::Create({});
    kube::LoadOptions load;
    load.kubeconfig = Cluster().kubeconfig();
    client_ = *kube::MakeClient(*http_, *kube::LoadConfig(load));
  }
  Value Sample(const std::string& name) {
    return *document::ParseJson(
        R"({"apiVersion":"kustomize.toolkit.fluxcd.io/v1","kind":"Kustomization","metadata":{"namespace":")" +
        ns_ + R"(","name":")" + name +
        R"("},"spec":{"interval":"1h","prune":true,"sourceRef":{"kind":"GitRepository","name":"x"}}})");
  }
  Value Live(const kube::GroupVersionKind& gvk, const std::string& name) {
    return client_->Get(ctx_, gvk, {ns_, name}).value_or(Value());
  }
  std::vector<Value> Events() {
    kube::ListOptions options;
    options.ns = ns_;
    return client_->List(ctx_, kEvent, options).value_or({});
  }
  CommonFlags Common() {
    CommonFlags f;
    f.metrics_addr = f.health_addr = "127.0.0.1:0";
    f.kubeconfig = Cluster().kubeconfig();
    f.runtime_namespace = ns_;
    f.hostname = "host";
    f.log_level = "error";
    f.watch_all_namespaces = false;
    return f;
  }

  static inline std::atomic<int> counter_{0};
  std::string ns_;
  Context ctx_ = Context().WithTimeout(60s);
  std::unique_ptr<http::Client> http_;
  std::unique_ptr<kube::Client> client_;
};

TEST_F(RuntimeE2eTest, AManagerRunsAReconcilerFromFirstSightToTheEnd) {
  const auto sample = client_->Create(ctx_, Sample("app"), {});
  ASSERT_TRUE(sample.ok()) << sample.status().message();
  CommonFlags flags = Common();
  flags.enable_leader_election = true;
  auto created = Manager::Create({.controller = "sample-controller", .flags = flags, .env = {}});
  ASSERT_TRUE(created.ok()) << created.status().message();
  auto manager = *std::move(created);
  kube::InformerOptions watched;
  watched.gvk = kKind;
  auto& informer = manager->AddInformer(std::move(watched));
  StatusWriter writer(
      manager->client(), &informer,
      {.gvk = kKind, .field_manager = "gotk-sample", .owned_conditions = {"Ready"}});
  SampleReconciler reconciler(informer, writer, manager->events());
  auto& controller =
      manager->AddController({.name = "sample", .gvk = kKind, .workers = 2}, reconciler);
  controller.For(informer);
  auto code = std::async(std::launch::async, [&] { return manager->Run(); });

  ASSERT_TRUE(Eventually(30s, [&] { return api::IsReady(Live(kKind, "app")); }));
  const Value live = Live(kKind, "app");
  EXPECT_TRUE(api::HasFinalizer(live));
  EXPECT_EQ(live.At({"status", "observedGeneration"}).AsInt(), 1);
  bool managed = false;
  for (const Value& entry : live.At({"metadata", "managedFields"}).items())
    managed |= entry["manager"].AsString() == "gotk-sample";
  EXPECT_TRUE(managed);
  const Value lease = Live(kLease, "sample-controller-leader-election");
  EXPECT_TRUE(lease.At({"spec", "holderIdentity"}).AsString().starts_with("host_"));

  const Value poke = *document::ParseJson(
      R"({"metadata":{"annotations":{"reconcile.fluxcd.io/requestedAt":"now"}}})");
  ASSERT_TRUE(client_->Patch(ctx_, kKind, {ns_, "app"}, kube::PatchType::kMerge, poke, {}).ok());
  EXPECT_TRUE(Eventually(10s, [&] { return !api::HasPendingRequest(Live(kKind, "app")); }));

  ASSERT_TRUE(client_->Delete(ctx_, kKind, {ns_, "app"}, {}).ok());
  EXPECT_TRUE(Eventually(10s, [&] { return Live(kKind, "app").is_null(); }));
  manager->RequestExit(0);
  EXPECT_EQ(code.get(), 0);
  EXPECT_EQ(
      Live(kLease, "sample-controller-leader-election").At({"spec", "holderIdentity"}).AsString(),
      "");
  const auto events = Events();  // flushed before the end; equal ones are one object
  ASSERT_EQ(events.size(), 1u);
  EXPECT_GE(events[0]["count"].AsInt(), 2);
  EXPECT_EQ(events[0].At({"source", "component"}).AsString(), "sample-controller");
}

TEST_F(RuntimeE2eTest, TheWriterKeepsWhatOthersWrote) {
  const auto before = client_->Create(ctx_, Sample("app"), {});
  ASSERT_TRUE(before.ok());
  StatusWriter theirs(*client_, nullptr,
                      {.gvk = kKind, .field_manager = "them", .owned_conditions = {"Foreign"}});
  StatusWriter ours(*client_, nullptr,
                    {.gvk = kKind, .field_manager = "us", .owned_conditions = {"Ready"}});
  const auto now = base::SystemClock().Now();
  Value foreign = *before, after = *before;
  api::SetCondition(foreign, "Foreign", api::kTrue, "Theirs", "kept", now);
  ASSERT_TRUE(theirs.Write(ctx_, *before, foreign).ok());
  api::SetCondition(after, api::kReady, api::kTrue, "Ours", "done", now);
  api::AddFinalizer(after);
  const auto written = ours.Write(ctx_, *before, after);  // both conflict with what they wrote
  ASSERT_TRUE(written.ok()) << written.status().message();
  const Value live = Live(kKind, "app");
  EXPECT_TRUE(api::ConditionIs(live, "Foreign", api::kTrue));
  EXPECT_TRUE(api::ConditionIs(live, api::kReady, api::kTrue));
  EXPECT_TRUE(api::HasFinalizer(live));
  EXPECT_EQ(kube::ResourceVersionOf(live), kube::ResourceVersionOf(*written));
}

TEST_F(RuntimeE2eTest, ASecondReplicaTakesOverWhenTheFirstEnds) {
  const auto registry = observe::MakeRegistry();
  const auto elector = [&](const std::string& identity) {
    return MakeLeaderElector(*client_,
                             {.name = "lease",
                              .ns = ns_,
                              .identity = identity,
                              .lease_duration = 10s,
                              .renew_deadline = 5s,
                              .retry_period = 50ms},
                             *registry, observe::Logger());
  };
  auto first = elector("first"), second = elector("second");
  first->Start([] {}, [] {});
  ASSERT_TRUE(Eventually(10s, [&] { return first->leading(); }));
  second->Start([] {}, [] {});
  first->SetAnnotation(std::string(api::kBusEndpointAnnotation), "tcp://10.0.0.7:9300");
  std::promise<std::string> found;
  const auto peer = WatchPeerEndpoint(
      *client_, ns_, "lease",
      [&, told = false](const std::string& endpoint) mutable {
        if (!told && !endpoint.empty()) {
          told = true;
          found.set_value(endpoint);
        }
      },
      observe::Logger());
  EXPECT_EQ(found.get_future().get(), "tcp://10.0.0.7:9300");
  EXPECT_FALSE(second->leading());
  EXPECT_NE(registry->Expose().find("leader_election_master_status{name=\"lease\"}"),
            std::string::npos);
  first->Stop();
  // at once, though the lease counts for ten seconds
  EXPECT_TRUE(Eventually(10s, [&] { return second->leading(); }));
  EXPECT_FALSE(first->leading());
}

TEST_F(RuntimeE2eTest, AStopInTheMiddleOfTakingTheLeaseLeavesItFree) {
  const auto registry = observe::MakeRegistry();
  for (int round = 0; round < 40; ++round) {
    auto elector = MakeLeaderElector(*client_,
                                     {.name = "lease",
                                      .ns = ns_,
                                      .identity = "holder-" + std::to_string(round),
                                      .lease_duration = 10s,
                                      .renew_deadline = 5s,
                                      .retry_period = 50ms},
                                     *registry, observe::Logger());
    elector->Start([] {}, [] {});
    // Each round stops a bit later: before the first request, between the two, while the second is
    // under way, after it.
    const auto until = std::chrono::steady_clock::now() + round * 150us;
    while (std::chrono::steady_clock::now() < until) std::this_thread::yield();
    elector->Stop();
    EXPECT_EQ(Live(kLease, "lease").At({"spec", "holderIdentity"}).AsString(), "") << round;
  }
}

TEST_F(RuntimeE2eTest, ALostLeaseEndsTheLeader) {
  const auto registry = observe::MakeRegistry();
  auto elector = MakeLeaderElector(*client_,
                                   {.name = "lease",
                                    .ns = ns_,
                                    .identity = "first",
                                    .lease_duration = 10s,
                                    .renew_deadline = 5s,
                                    .retry_period = 50ms},
                                   *registry, observe::Logger());
  std::promise<void> lost;
  elector->Start([] {}, [&] { lost.set_value(); });
  ASSERT_TRUE(Eventually(10s, [&] { return elector->leading(); }));
  const Value steal = *document::ParseJson(R"({"spec":{"holderIdentity":"thief"}})");
  ASSERT_TRUE(
      client_->Patch(ctx_, kLease, {ns_, "lease"}, kube::PatchType::kMerge, steal, {}).ok());
  EXPECT_EQ(lost.get_future().wait_for(10s), std::future_status::ready);
  EXPECT_FALSE(elector->leading());
}

}  // namespace
}  // namespace sluice::runtime
