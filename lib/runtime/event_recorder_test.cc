#include "runtime/event_recorder.h"

#include <gtest/gtest.h>

#include "base/fake_clock.h"
#include "document/json.h"
#include "event_correlator.h"
#include "runtime/fake_api.h"

namespace sluice::runtime {
namespace {

using api::EventSeverity;
using document::Value;

class KeepingSink final : public EventSink {
 public:
  void Send(const api::Event& event) override { events.push_back(event); }
  bool connected() const override { return true; }
  base::Status Flush(const observe::Context&) override { return {}; }
  std::vector<api::Event> events;
};

class EventRecorderTest : public ::testing::Test {
 protected:
  base::FakeClock clock_;
  base::FakeUuids uuids_;
  Timer timer_{clock_};
  FakeApi api_;
  KeepingSink sink_;
  std::unique_ptr<EventRecorder> recorder_ = MakeEventRecorder(
      api_, timer_, &sink_, {.controller = "thing-controller", .instance = "host"},
      observe::Logger(), clock_, uuids_);
  Value object_ = *document::ParseJson(
      R"({"apiVersion":"g.io/v1","kind":"Thing","metadata":{"name":"app","namespace":"ns","uid":"u","resourceVersion":"7",
          "annotations":{"event.toolkit.fluxcd.io/env":"prod","other":"x","event.toolkit.fluxcd.io/both":"object"}}})");
};

TEST_F(EventRecorderTest, WritesAKubernetesEventAndSendsIt) {
  recorder_->Record(object_, EventSeverity::kError, "BuildFailed", "no such file",
                    {{"g.io/revision", "r1"}, {"event.toolkit.fluxcd.io/both", "event"}});
  const auto calls = api_.calls();
  ASSERT_EQ(calls.size(), 1u);
  const Value& e = calls[0].body;
  EXPECT_EQ(e["type"].AsString(), "Warning");
  EXPECT_EQ(e["reason"].AsString(), "BuildFailed");
  EXPECT_EQ(e["message"].AsString(), "no such file");
  EXPECT_EQ(e.At({"source", "component"}).AsString(), "thing-controller");
  EXPECT_EQ(e.At({"involvedObject", "name"}).AsString(), "app");
  EXPECT_EQ(e.At({"metadata", "annotations", "g.io/revision"}).AsString(), "r1");
  ASSERT_EQ(sink_.events.size(), 1u);
  const api::Event& sent = sink_.events[0];
  EXPECT_EQ(sent.severity, "error");
  EXPECT_EQ(sent.involved_object.resource_version, "7");
  EXPECT_EQ(sent.reporting_controller, "thing-controller");
  EXPECT_EQ(sent.metadata,
            (std::map<std::string, std::string>{{"g.io/revision", "r1"},
                                                {"event.toolkit.fluxcd.io/env", "prod"},
                                                {"event.toolkit.fluxcd.io/both", "object"}}));
  EXPECT_FALSE(sent.id.empty());
}

TEST_F(EventRecorderTest, TraceStaysInTheCluster) {
  recorder_->Record(object_, EventSeverity::kTrace, "ArtifactUpToDate", "m");
  recorder_->RecordLocal(object_, EventSeverity::kInfo, "Local", "m");
  EXPECT_EQ(api_.calls().size(), 2u);
  EXPECT_EQ(api_.calls()[0].body["type"].AsString(), "Normal");
  EXPECT_TRUE(sink_.events.empty());
}

TEST_F(EventRecorderTest, AnObjectWithoutANameIsNotPosted) {
  Value nameless = Value::Object({{"kind", "Thing"}});
  recorder_->Record(nameless, EventSeverity::kInfo, "R", "m");
  EXPECT_TRUE(sink_.events.empty());
}

TEST_F(EventRecorderTest, EqualEventsAreCountedInOneObject) {
  recorder_->Record(object_, EventSeverity::kInfo, "R", "m");
  clock_.Advance(std::chrono::seconds(5));
  recorder_->Record(object_, EventSeverity::kInfo, "R", "m");
  const auto calls = api_.calls();
  ASSERT_EQ(calls.size(), 2u);
  EXPECT_EQ(calls[0].verb, "create");
  EXPECT_EQ(calls[1].verb, "patch");
  EXPECT_EQ(calls[1].key, calls[0].key);
  EXPECT_EQ(calls[1].body["count"].AsInt(), 2);
  EXPECT_EQ(sink_.events.size(), 2u);
}

TEST_F(EventRecorderTest, AVanishedEventIsCreatedAnew) {
  recorder_->Record(object_, EventSeverity::kInfo, "R", "m");
  api_.FailWrites(1, base::NotFound("expired"));
  recorder_->Record(object_, EventSeverity::kInfo, "R", "m");
  EXPECT_EQ(api_.calls().back().verb, "create");
}

TEST_F(EventRecorderTest, AnUnreachableServerIsTriedAgain) {
  api_.FailWrites(1, base::Unavailable("connection refused"));
  recorder_->Record(object_, EventSeverity::kInfo, "R", "m");
  EXPECT_EQ(recorder_->Flush(observe::Context().WithTimeout(std::chrono::milliseconds(1))).code(),
            base::StatusCode::kDeadlineExceeded);
  clock_.Advance(std::chrono::seconds(10));
  EXPECT_TRUE(recorder_->Flush(observe::Context().WithTimeout(std::chrono::seconds(10))).ok());
  EXPECT_EQ(api_.calls().size(), 2u);
}

kube::EventFields Fields(const std::string& message, const std::string& name = "app") {
  kube::EventFields f;
  f.gvk = {"g.io", "v1", "Thing"};
  f.key = {"ns", name};
  f.reason = "R";
  f.message = message;
  return f;
}

TEST(EventCorrelatorTest, CombinesPastTenSimilar) {
  EventCorrelator correlator;
  const base::Time now = base::FromUnixSeconds(1'770'113'472);
  for (int i = 1; i < 10; ++i)
    EXPECT_EQ(correlator.Correlate(Fields(std::to_string(i)), now)->message, std::to_string(i));
  EXPECT_EQ(correlator.Correlate(Fields("10"), now)->message, "(combined from similar events): 10");
  const auto next = correlator.Correlate(Fields("11"), now);
  EXPECT_EQ(next->message, "(combined from similar events): 11");
  EXPECT_EQ(next->count, 2);
  EXPECT_EQ(correlator.Correlate(Fields("12"), now + std::chrono::seconds(601))->message, "12");
}

TEST(EventCorrelatorTest, CutsAFloodPerObject) {
  EventCorrelator correlator;
  const base::Time now = base::FromUnixSeconds(1'770'113'472);
  for (int i = 0; i < 25; ++i) EXPECT_TRUE(correlator.Correlate(Fields("m"), now).has_value()) << i;
  EXPECT_FALSE(correlator.Correlate(Fields("m"), now).has_value());
  EXPECT_TRUE(correlator.Correlate(Fields("m", "other"), now).has_value());
  EXPECT_TRUE(correlator.Correlate(Fields("m"), now + std::chrono::seconds(301)).has_value());
}

TEST(EventCorrelatorTest, MemoryIsBounded) {
  LruMap<int> map(3);
  for (uint64_t i = 0; i < 5; ++i) map.Get(i) = static_cast<int>(i);
  EXPECT_EQ(map.Find(1), nullptr);
  EXPECT_EQ(*map.Find(2), 2);
  map.Get(9);
  EXPECT_EQ(map.Find(3), nullptr);  // 2 was used since
  map.Erase(2);
  EXPECT_EQ(map.Find(2), nullptr);
}

}  // namespace
}  // namespace sluice::runtime
