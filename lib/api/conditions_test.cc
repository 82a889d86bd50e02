#include "api/conditions.h"

#include <gtest/gtest.h>

namespace sluice::api {
namespace {

using document::Value;

const base::Time kT0 = base::FromUnixSeconds(1'770'113'472);
const base::Time kT1 = kT0 + std::chrono::minutes(1);

Value Object(int64_t generation) {
  return Value::Object({{"metadata", Value::Object({{"generation", generation}})}});
}

std::string Types(const Value& object) {
  std::string out;
  for (const Value& c : object.At({"status", "conditions"}).items()) {
    out += std::string(out.empty() ? "" : " ") + std::string(c["type"].AsString());
  }
  return out;
}

TEST(ConditionsTest, TransitionTimeMovesWithStatusReasonOrMessage) {
  Value object = Object(2);
  SetCondition(object, kReady, kTrue, "Succeeded", "ok", kT0);
  EXPECT_EQ(*GetCondition(object, kReady),
            (Condition{"Ready", "True", "Succeeded", "ok", 2, "2026-02-03T10:11:12Z"}));
  SetCondition(object, kReady, kTrue, "Succeeded", "ok", kT1);
  EXPECT_EQ(GetCondition(object, kReady)->last_transition_time, "2026-02-03T10:11:12Z");
  SetCondition(object, kReady, kTrue, "Succeeded", "other", kT1);
  EXPECT_EQ(GetCondition(object, kReady)->last_transition_time, "2026-02-03T10:12:12Z");
}

TEST(ConditionsTest, ReconcilingAndStalledExcludeEachOther) {
  Value object = Object(1);
  MarkReconciling(object, "Progressing", "m", kT0);
  MarkStalled(object, "Bad", "m", kT0);
  EXPECT_EQ(Types(object), "Stalled");
  MarkReconciling(object, "Progressing", "m", kT0);
  EXPECT_EQ(Types(object), "Reconciling");
  EXPECT_TRUE(RemoveCondition(object, kReconciling));
  EXPECT_FALSE(RemoveCondition(object, kReconciling));
  EXPECT_EQ(Types(object), "");
}

TEST(ConditionsTest, OrdersAsFlux) {
  Value object = Object(1);
  SetCondition(object, "Zeta", kTrue, "R", "", kT0);
  SetCondition(object, "Alpha", kTrue, "R", "", kT0);
  object.Mutable("metadata").Set("generation", 2);
  SetCondition(object, "Middle", kTrue, "R", "", kT0);
  SetCondition(object, kReady, kFalse, "R", "", kT0);
  MarkReconciling(object, "R", "", kT0);
  EXPECT_EQ(Types(object), "Reconciling Ready Middle Alpha Zeta");
}

TEST(ConditionsTest, ReadyNeedsThatNothingIsUnderWay) {
  Value object = Object(1);
  EXPECT_FALSE(IsReady(object));
  SetCondition(object, kReady, kTrue, "R", "", kT0);
  EXPECT_TRUE(IsReady(object));
  MarkReconciling(object, "R", "", kT0);
  EXPECT_FALSE(IsReady(object));
}

TEST(ConditionsTest, LongMessagesAreCut) {
  EXPECT_EQ(TrimMessage("abcdef", 5), "ab...");
  EXPECT_EQ(TrimMessage("abcde", 5), "abcde");
  EXPECT_EQ(TrimMessage(std::string(40000, 'x')).size(), kMaxConditionMessage);
}

TEST(ConditionsTest, SummaryFollowsThePeersGroups) {
  const SummarySource order[] = {{"StorageOperationFailed", true},
                                 {"FetchFailed", true},
                                 {"ArtifactOutdated", true},
                                 {"ArtifactInStorage", false},
                                 {"Reconciling", true}};
  const struct {
    std::vector<std::pair<std::string, std::string>> set;
    std::string status, reason;
  } cases[] = {
      {{}, "", ""},
      {{{"ArtifactInStorage", "True"}}, "True", "ArtifactInStorage"},
      {{{"ArtifactInStorage", "True"}, {"FetchFailed", "True"}}, "False", "FetchFailed"},
      {{{"ArtifactInStorage", "False"}}, "False", "ArtifactInStorage"},
      {{{"FetchFailed", "True"}, {"StorageOperationFailed", "True"}},
       "False",
       "StorageOperationFailed"},
      {{{"Reconciling", "True"}, {"ArtifactInStorage", "True"}}, "False", "Reconciling"},
      {{{"FetchFailed", "False"}}, "True", "FetchFailed"},
      {{{"ArtifactInStorage", "Unknown"}}, "Unknown", "ArtifactInStorage"},
  };
  for (const auto& c : cases) {
    Value object = Object(1);
    for (const auto& [type, status] : c.set) SetCondition(object, type, status, type, "m", kT0);
    SummarizeReady(object, order, kT0);
    SCOPED_TRACE(Types(object));
    const auto ready = GetCondition(object, kReady);
    EXPECT_EQ(ready ? ready->status : "", c.status);
    EXPECT_EQ(ready ? ready->reason : "", c.reason);
  }
}

}  // namespace
}  // namespace sluice::api
