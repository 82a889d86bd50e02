// What holds for every kind of source alike: suspend, requests, the events' annotations, recovery,
// deletion (source.md §3).
#include <gmock/gmock.h>

#include "faulty_source.h"

namespace sluice::e2e {
namespace {

Lab& TheLab() {
  static Lab lab({.controllers = false, .stack = {}, .processes = {"source"}});
  return lab;
}

class SourceRulesTest : public testing::TestWithParam<FaultyKind> {
 protected:
  SourceRulesTest() : ns_(TheLab().NewNamespace()), source_(GetParam().make(TheLab(), ns_, {})) {
    first_ = source_->Push(1);
    source_->Apply();
  }
  Ref ref() const { return source_->ref(); }
  static std::string Handled(const Value& o) { return Text(o["status"]["lastHandledReconcileAt"]); }
  static std::string Asked(const Value& o) {
    return Text(o["metadata"]["annotations"]["reconcile.fluxcd.io/requestedAt"]);
  }
  Value Ask() {
    lab_.RequestReconcile(ref());
    return lab_.WaitFor(ref(), "the request was handled",
                        [](const Value& o) { return Handled(o) == Asked(o); });
  }
  // Of the Events about the object the one that names this revision; null while there is none.
  Value EventOf(const std::string& revision) {
    const Value list = lab_.Get({"Event", ns_, ""});
    for (const Value& event : list["items"].items()) {
      if (Text(event["involvedObject"]["kind"]) == ref().kind &&
          Text(event["involvedObject"]["name"]) == ref().name &&
          Text(event["metadata"]["annotations"]["source.toolkit.fluxcd.io/revision"]) == revision) {
        return event;
      }
    }
    return {};
  }

  Lab& lab_ = TheLab();
  const std::string ns_;
  const std::unique_ptr<FaultySource> source_;
  std::string first_;
};

TEST_P(SourceRulesTest, ASuspendedOneKeepsItsArtifactAndAnswersRequests) {
  const Value before = lab_.WaitReady(ref(), first_);
  lab_.Merge(ref(), R"({"spec":{"suspend":true}})");
  const std::string second = source_->Push(2);
  const Value still = Ask();
  EXPECT_EQ(still["status"]["artifact"], before["status"]["artifact"]);
  EXPECT_EQ(still["status"]["conditions"], before["status"]["conditions"]);
  EXPECT_EQ(still["status"]["observedGeneration"], before["status"]["observedGeneration"])
      << "nothing was looked at";
  EXPECT_EQ(lab_.stack().http().Send("GET", Text(still["status"]["artifact"]["url"])).status, 200);
  lab_.Merge(ref(), R"({"spec":{"suspend":false}})");
  const Value after = lab_.WaitReady(ref(), second);
  EXPECT_EQ(after["status"]["observedGeneration"], after["metadata"]["generation"]);
}

TEST_P(SourceRulesTest, EventsCarryRevisionDigestAndTheObjectsOwnAnnotations) {
  const auto expect_event = [&](const Value& artifact, const std::string& team) {
    Value event;
    ASSERT_TRUE(Eventually(
        kSoon, [&] { return !(event = EventOf(Text(artifact["revision"]))).is_null(); }));
    const Value& annotations = event["metadata"]["annotations"];
    EXPECT_EQ(Text(annotations["source.toolkit.fluxcd.io/digest"]), Text(artifact["digest"]));
    EXPECT_EQ(Text(annotations["event.toolkit.fluxcd.io/team"]), team);
    EXPECT_TRUE(annotations["example.com/other"].is_null());
    EXPECT_EQ(Text(event["type"]), "Normal");
    EXPECT_EQ(Text(event["reason"]),
              ref().kind == "HelmChart" ? "ChartPullSucceeded" : "NewArtifact");
    EXPECT_EQ(Text(event["source"]["component"]), "source-controller");
  };
  expect_event(lab_.WaitReady(ref(), first_)["status"]["artifact"], "");
  // In the same words it is the same Event to Kubernetes, counted twice: its annotations stay as
  // they were.
  if (ref().kind == "HelmRepository" || ref().kind == "Bucket") return;
  lab_.Annotate(ref(), "event.toolkit.fluxcd.io/team", "red");
  lab_.Annotate(ref(), "example.com/other", "no");
  const std::string second = source_->Push(2);
  Ask();
  expect_event(lab_.WaitReady(ref(), second)["status"]["artifact"], "red");
}

TEST_P(SourceRulesTest, AnUnchangedOneIsSilent) {
  const Value before = lab_.WaitReady(ref(), first_);
  const Value after = Ask();
  EXPECT_EQ(after["status"]["artifact"], before["status"]["artifact"]);
  EXPECT_EQ(after["status"]["conditions"], before["status"]["conditions"]);
}

TEST_P(SourceRulesTest, GoesWithItsFiles) {
  const std::string url = Text(lab_.WaitReady(ref(), first_)["status"]["artifact"]["url"]);
  EXPECT_EQ(lab_.stack().http().Send("GET", url).status, 200);
  lab_.Delete(ref());
  EXPECT_TRUE(lab_.WaitGone(ref()));
  EXPECT_EQ(lab_.stack().http().Send("GET", url).status, 404);
}

INSTANTIATE_TEST_SUITE_P(Kinds, SourceRulesTest, testing::ValuesIn(FaultyKinds()),
                         [](const auto& kind) { return kind.param.name; });

}  // namespace
}  // namespace sluice::e2e
