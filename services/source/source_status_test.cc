#include "source_status.h"

#include <gtest/gtest.h>

#include "api/conditions.h"
#include "api/source.h"
#include "base/fake_clock.h"
#include "document/json.h"

namespace sluice::source {
namespace {

using document::Value;

Value NewObject() {
  return *document::ParseJson(
      R"({"metadata":{"name":"a","namespace":"n","generation":2,"annotations":{"reconcile.fluxcd.io/requestedAt":"now"}},
          "spec":{},"status":{"observedGeneration":-1}})");
}

// "Type=Status Reason Message; …" in the order of the list.
std::string Conditions(const Value& object) {
  std::string out;
  for (const Value& c : object["status"]["conditions"].items()) {
    for (const std::string_view part :
         {c["type"].AsString(), std::string_view("="), c["status"].AsString(),
          std::string_view(" "), c["reason"].AsString(), std::string_view(" "),
          c["message"].AsString(), std::string_view("; ")}) {
      out += part;
    }
  }
  return out;
}

class SourceStatusTest : public ::testing::Test {
 protected:
  base::FakeClock clock_;
};

TEST_F(SourceStatusTest, SuccessCopiesArtifactInStorageToReady) {
  SourceStatus s(NewObject(), clock_);
  s.Progressive(false, "processing object: new generation -1 -> 2");
  s.Progressive(true, "building artifact");
  s.SetTrue(api::kArtifactInStorage, "Succeeded", "stored");
  EXPECT_TRUE(s.Finish(StepResult::Next()).ok());
  EXPECT_EQ(Conditions(s.object()),
            "Ready=True Succeeded stored; ArtifactInStorage=True Succeeded stored; ");
  EXPECT_EQ(s.object()["status"]["observedGeneration"].AsInt(), 2);
  EXPECT_EQ(s.object()["status"]["lastHandledReconcileAt"].AsString(), "now");
}

TEST_F(SourceStatusTest, AFirstFailureReadsAsFluxs) {
  SourceStatus s(NewObject(), clock_);
  s.Progressive(false, "processing object: new generation -1 -> 2");
  s.Progressive(true, "building artifact");
  const auto r = s.Fail(api::kFetchFailed,
                        StepResult::Retry("GitOperationFailed", base::NotFound("no such ref")));
  EXPECT_TRUE(s.Finish(r).ok());
  EXPECT_EQ(Conditions(s.object()),
            "Reconciling=True ProgressingWithRetry building artifact; Ready=False "
            "GitOperationFailed no such ref; "
            "FetchFailed=True GitOperationFailed no such ref; ");
  EXPECT_EQ(s.object()["status"]["observedGeneration"].AsInt(), -1);
}

TEST_F(SourceStatusTest, ARetryThatFailsAlikeChangesNothing) {
  SourceStatus first(NewObject(), clock_);
  first.Progressive(true, "building artifact");
  static_cast<void>(first.Finish(
      first.Fail(api::kFetchFailed, StepResult::Retry("GitOperationFailed", base::NotFound("x")))));
  clock_.Advance(std::chrono::minutes(1));
  SourceStatus second(first.object(), clock_);
  second.Progressive(false, "reconciliation in progress");
  second.Progressive(true, "building artifact");
  static_cast<void>(second.Finish(second.Fail(
      api::kFetchFailed, StepResult::Retry("GitOperationFailed", base::NotFound("x")))));
  EXPECT_EQ(second.object(), first.object()) << "no patch";
}

TEST_F(SourceStatusTest, AFailureAfterSuccessKeepsTheArtifactAndRecovers) {
  SourceStatus good(NewObject(), clock_);
  api::Artifact artifact;
  artifact.path = "p";
  artifact.revision = "main@sha1:x";
  good.SetArtifact(artifact);
  good.SetTrue(api::kArtifactInStorage, "Succeeded", "stored");
  EXPECT_TRUE(good.Finish(StepResult::Next()).ok());

  SourceStatus bad(good.object(), clock_);
  bad.Progressive(false, "reconciliation in progress");
  static_cast<void>(bad.Finish(bad.Fail(
      api::kFetchFailed, StepResult::Retry("GitOperationFailed", base::Unavailable("down")))));
  EXPECT_EQ(Conditions(bad.object()),
            "Reconciling=True ProgressingWithRetry reconciliation in progress; Ready=False "
            "GitOperationFailed down; "
            "ArtifactInStorage=True Succeeded stored; FetchFailed=True GitOperationFailed down; ");
  EXPECT_TRUE(bad.artifact().has_value());

  SourceStatus again(bad.object(), clock_);
  again.Remove(api::kFetchFailed);
  EXPECT_TRUE(again.Recovered());
  EXPECT_TRUE(again.Finish(StepResult::Unchanged()).ok());
  EXPECT_EQ(Conditions(again.object()), Conditions(good.object()));
}

TEST_F(SourceStatusTest, StalledEndsTheGeneration) {
  SourceStatus s(NewObject(), clock_);
  s.Progressive(false, "x");
  EXPECT_TRUE(s.Finish(StepResult::Stalled("URLInvalid", base::InvalidArgument("bad"))).ok());
  EXPECT_EQ(Conditions(s.object()), "Stalled=True URLInvalid bad; Ready=False URLInvalid bad; ");
  EXPECT_EQ(s.object()["status"]["observedGeneration"].AsInt(), 2);
}

TEST_F(SourceStatusTest, SuccessWithoutReadyIsAnError) {
  SourceStatus s(NewObject(), clock_);
  s.SetTrue(api::kArtifactOutdated, "NewRevision", "newer");
  EXPECT_EQ(s.Finish(StepResult::Next()).message(), "newer");
}

}  // namespace
}  // namespace sluice::source
