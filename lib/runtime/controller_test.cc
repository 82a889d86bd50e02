#include "runtime/controller.h"

#include <gtest/gtest.h>

#include <deque>
#include <semaphore>
#include <stdexcept>

#include "base/fake_clock.h"
#include "document/json.h"
#include "observe/memory_sink.h"
#include "runtime/fake_api.h"

namespace sluice::runtime {
namespace {

using document::Value;
using kube::ObjectKey;

const ObjectKey kKey{"ns", "app"};

class ScriptedReconciler final : public Reconciler {
 public:
  Outcome Reconcile(const observe::Context& ctx, const ObjectKey& key) override {
    ctx.log().Info("reconciling");
    Outcome outcome;
    {
      const observe::MutexLock lock(mu_);
      keys.push_back(key);
      if (!script.empty()) {
        outcome = std::move(script.front());
        script.pop_front();
      }
    }
    called.release();
    if (outcome.status.message() == "throw") throw std::runtime_error("boom");
    return outcome;
  }
  std::counting_semaphore<> called{0};
  observe::Mutex mu_;
  std::deque<Outcome> script;
  std::vector<ObjectKey> keys;
};

Value Object(int generation, const char* requested = nullptr) {
  Value v = Value::Object();
  v.Mutable("metadata").Set("name", "app");
  v.Mutable("metadata").Set("namespace", "ns");
  v.Mutable("metadata").Set("generation", generation);
  if (requested != nullptr)
    v.Mutable("metadata").Mutable("annotations").Set("reconcile.fluxcd.io/requestedAt", requested);
  return v;
}

class ControllerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    controller_.For(informer_);
    controller_.Start();
  }
  void Await() { reconciler_.called.acquire(); }
  void AwaitIdle() {
    while (!controller_.queue().idle()) std::this_thread::yield();
  }
  void Script(std::initializer_list<Outcome> outcomes) {
    const observe::MutexLock lock(reconciler_.mu_);
    reconciler_.script.insert(reconciler_.script.end(), outcomes);
  }
  bool Exposes(const std::string& line) {
    return registry_->Expose().find(line) != std::string::npos;
  }

  base::FakeClock clock_;
  base::FakeUuids uuids_;
  Timer timer_{clock_};
  std::unique_ptr<observe::Registry> registry_ = observe::MakeRegistry();
  std::shared_ptr<observe::MemorySink> sink_ = std::make_shared<observe::MemorySink>();
  FakeInformer informer_;
  ScriptedReconciler reconciler_;
  Controller controller_{{.name = "thing", .gvk = {"g.io", "v1", "Thing"}, .workers = 2},
                         reconciler_,
                         timer_,
                         *registry_,
                         observe::Logger(sink_),
                         uuids_};
};

TEST_F(ControllerTest, WakesOnWhatCounts) {
  informer_.Put(Object(1));
  Await();
  AwaitIdle();
  informer_.Put(Object(1));  // a status update: no
  informer_.Put(Object(2));
  Await();
  AwaitIdle();
  informer_.Put(Object(2, "now"));
  Await();
  AwaitIdle();
  informer_.Delete(kKey);
  Await();
  AwaitIdle();
  EXPECT_EQ(reconciler_.keys.size(), 4u);
}

TEST_F(ControllerTest, RequeuesByOutcome) {
  Script({Outcome::RequeueAfter(std::chrono::minutes(10)), Outcome::Requeue(), Outcome::Success()});
  informer_.Put(Object(1));
  Await();
  AwaitIdle();
  clock_.Advance(std::chrono::minutes(10));
  Await();
  AwaitIdle();
  clock_.Advance(std::chrono::milliseconds(750));
  Await();
  AwaitIdle();
  EXPECT_EQ(controller_.queue().waiting(), 0u);
  for (const char* result : {"success", "requeue", "requeue_after"}) {
    EXPECT_TRUE(
        Exposes(std::string("controller_runtime_reconcile_total{controller=\"thing\",result=\"") +
                result + "\"} 1"));
  }
}

TEST_F(ControllerTest, ErrorsAreLoggedOnceCountedAndRetried) {
  Script({Outcome::Error(base::Unavailable("no route")),
          Outcome::Terminal(base::InvalidArgument("bad spec"))});
  informer_.Put(Object(1));
  Await();
  AwaitIdle();
  EXPECT_EQ(controller_.queue().waiting(), 1u);
  clock_.Advance(std::chrono::milliseconds(750));
  Await();
  AwaitIdle();
  EXPECT_EQ(controller_.queue().waiting(), 0u);
  EXPECT_EQ(sink_->Count("Reconciler error"), 2u);
  EXPECT_EQ(sink_->Count("no route"), 1u);
  EXPECT_TRUE(Exposes("controller_runtime_reconcile_errors_total{controller=\"thing\"} 2"));
  EXPECT_TRUE(
      Exposes("controller_runtime_terminal_reconcile_errors_total{controller=\"thing\"} 1"));
}

TEST_F(ControllerTest, AnErrorMayAskForPatience) {
  Script({Outcome::Error(base::Unavailable("busy"), std::chrono::seconds(60))});
  informer_.Put(Object(1));
  Await();
  AwaitIdle();
  clock_.Advance(std::chrono::milliseconds(59'999));
  EXPECT_EQ(controller_.queue().waiting(), 1u);
  clock_.Advance(std::chrono::milliseconds(1));
  Await();
  AwaitIdle();
  EXPECT_EQ(controller_.queue().waiting(), 0u);
}

TEST_F(ControllerTest, AnExceptionIsAPanicOfThatRequestOnly) {
  Script({Outcome::Error(base::Internal("throw"))});
  informer_.Put(Object(1));
  Await();
  AwaitIdle();
  EXPECT_EQ(sink_->Count("panic: boom [recovered]"), 1u);
  EXPECT_TRUE(Exposes("controller_runtime_reconcile_panics_total{controller=\"thing\"} 1"));
  clock_.Advance(std::chrono::milliseconds(750));
  Await();
}

TEST_F(ControllerTest, LogLinesCarryTheRequest) {
  informer_.Put(Object(1));
  Await();
  AwaitIdle();
  for (const auto& line : sink_->lines()) {
    const auto json = document::ParseJson(line);
    ASSERT_TRUE(json.ok()) << line;
    EXPECT_EQ((*json)["controllerKind"].AsString(), "Thing");
    if ((*json)["msg"].AsString() != "reconciling") continue;
    EXPECT_EQ((*json)["controller"].AsString(), "thing");
    EXPECT_EQ((*json)["controllerGroup"].AsString(), "g.io");
    EXPECT_EQ(json->At({"Thing", "name"}).AsString(), "app");
    EXPECT_EQ(json->At({"Thing", "namespace"}).AsString(), "ns");
    EXPECT_EQ((*json)["name"].AsString(), "app");
    EXPECT_EQ((*json)["reconcileID"].AsString(), "00000000-0000-4000-8000-000000000001");
  }
  EXPECT_EQ(sink_->Count("reconciling"), 1u);
}

TEST_F(ControllerTest, AnObjectsMetricsGoWithIt) {
  const std::string series =
      R"(gotk_reconcile_duration_seconds_count{kind="Thing",name="app",namespace="ns"} 1)";
  informer_.Put(Object(1));
  Await();
  AwaitIdle();
  EXPECT_TRUE(Exposes(series));
  EXPECT_TRUE(
      Exposes(
          R"(gotk_reconcile_duration_seconds_bucket{kind="Thing",name="app",namespace="ns",le="1800"} 1)") ||
      Exposes("le=\"1800"));
  informer_.Delete(kKey);
  Await();
  AwaitIdle();
  EXPECT_FALSE(Exposes("name=\"app\""));
}

TEST_F(ControllerTest, StopsInSteps) {
  controller_.StopAccepting();
  controller_.Join();
  informer_.Put(Object(1));
  EXPECT_TRUE(reconciler_.keys.empty());
}

}  // namespace
}  // namespace sluice::runtime
