#include "runtime/status_writer.h"

#include <gtest/gtest.h>

#include "api/conditions.h"
#include "api/meta.h"
#include "base/fake_clock.h"
#include "document/json.h"
#include "runtime/fake_api.h"

namespace sluice::runtime {
namespace {

using document::Value;

const kube::ObjectKey kKey{"ns", "app"};
const base::Time kNow = base::FromUnixSeconds(1'770'113'472);

class StatusWriterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Value object = *document::ParseJson(
        R"({"apiVersion":"g.io/v1","kind":"Thing","metadata":{"name":"app","namespace":"ns","generation":3,"uid":"u"}})");
    api_.Put(object);
  }
  Value Read() { return api_.Live(kKey); }
  size_t Patches() {
    size_t n = 0;
    for (const auto& call : api_.calls()) n += call.verb == "patch";
    return n;
  }

  FakeApi api_;
  FakeInformer informer_;
  base::FakeRandom random_;
  StatusWriter writer_{api_,
                       &informer_,
                       {.gvk = {"g.io", "v1", "Thing"},
                        .field_manager = "gotk-thing",
                        .owned_conditions = {"Ready", "Reconciling", "Stalled"},
                        .first_delay = std::chrono::nanoseconds(1)},
                       random_};
  observe::Context ctx_;
};

TEST_F(StatusWriterTest, NothingChangedSendsNothing) {
  const Value object = Read();
  EXPECT_TRUE(writer_.Write(ctx_, object, object).ok());
  EXPECT_TRUE(api_.calls().empty());
}

TEST_F(StatusWriterTest, OnePatchOfTheChangedFields) {
  const Value before = Read();
  Value after = before;
  api::SetCondition(after, api::kReady, api::kTrue, "Succeeded", "done", kNow);
  api::SetObservedGeneration(after);
  const auto written = writer_.Write(ctx_, before, after);
  ASSERT_TRUE(written.ok()) << written.status().message();
  ASSERT_EQ(Patches(), 1u);
  const auto call = api_.calls()[0];
  EXPECT_EQ(call.subresource, "status");
  EXPECT_EQ(call.body.At({"metadata", "resourceVersion"}),
            before.At({"metadata", "resourceVersion"}));
  EXPECT_EQ(Read().At({"status", "observedGeneration"}).AsInt(), 3);
  // reads its own write
  EXPECT_EQ(kube::ResourceVersionOf(*informer_.Get(kKey)), kube::ResourceVersionOf(Read()));
}

TEST_F(StatusWriterTest, FieldsWithoutConditionsNeedNoLock) {
  const Value before = Read();
  Value after = before;
  after.Mutable("status").Set("lastAttemptedRevision", "r");
  api_.Put(before);  // someone moved the version
  EXPECT_TRUE(writer_.Write(ctx_, before, after).ok());
  EXPECT_EQ(Patches(), 1u);
}

TEST_F(StatusWriterTest, AConflictKeepsForeignConditions) {
  const Value before = Read();
  Value foreign = before;
  api::SetCondition(foreign, "Foreign", api::kTrue, "Other", "theirs", kNow);
  api::SetCondition(foreign, api::kReady, api::kFalse, "Other", "not theirs", kNow);
  foreign.Mutable("status").Set("note", "kept");
  api_.Put(foreign);
  Value after = before;
  api::SetCondition(after, api::kReady, api::kTrue, "Succeeded", "done", kNow);
  after.Mutable("status").Set("lastAppliedRevision", "r");
  ASSERT_TRUE(writer_.Write(ctx_, before, after).ok());
  const Value live = Read();
  EXPECT_EQ(api::GetCondition(live, "Foreign")->message, "theirs");
  EXPECT_EQ(api::GetCondition(live, api::kReady)->reason, "Succeeded");
  EXPECT_EQ(live.At({"status", "note"}).AsString(), "kept");
  EXPECT_EQ(live.At({"status", "lastAppliedRevision"}).AsString(), "r");
  EXPECT_EQ(Patches(), 2u);
}

TEST_F(StatusWriterTest, ARemovedConditionStaysRemovedOverAConflict) {
  Value before = Read();
  api::MarkReconciling(before, "Progressing", "m", kNow);
  api_.Put(before);
  before = Read();
  api_.Put(before);  // moves the version
  Value after = before;
  api::RemoveCondition(after, api::kReconciling);
  ASSERT_TRUE(writer_.Write(ctx_, before, after).ok());
  EXPECT_FALSE(api::HasCondition(Read(), api::kReconciling));
}

TEST_F(StatusWriterTest, GivesUpAfterFiveConflicts) {
  const Value before = Read();
  Value after = before;
  api::SetCondition(after, api::kReady, api::kTrue, "R", "m", kNow);
  api_.FailWrites(100, base::Conflict("always"));
  EXPECT_EQ(writer_.Write(ctx_, before, after).status().code(), base::StatusCode::kConflict);
  EXPECT_EQ(Patches(), 5u);
}

TEST_F(StatusWriterTest, FinalizersComeWithTheirOwnPatchAndKeepForeignOnes) {
  const Value before = Read();
  Value foreign = before;
  api::AddFinalizer(foreign, "other.io/keep");
  api_.Put(foreign);
  Value after = before;
  api::AddFinalizer(after);
  after.Mutable("status").Set("x", 1);
  ASSERT_TRUE(writer_.Write(ctx_, before, after).ok());
  EXPECT_TRUE(api::HasFinalizer(Read()));
  EXPECT_TRUE(api::HasFinalizer(Read(), "other.io/keep"));
  EXPECT_EQ(Read().At({"status", "x"}).AsInt(), 1);
}

TEST_F(StatusWriterTest, TheLastFinalizerLetsTheObjectGo) {
  Value object = Read();
  api::AddFinalizer(object);
  object.Mutable("metadata").Set("deletionTimestamp", "2026-02-03T10:11:12Z");
  api_.Put(object);
  const Value before = Read();
  Value after = before;
  api::RemoveFinalizer(after);
  after.Mutable("status").Set("x", 1);  // nobody would read it
  EXPECT_TRUE(writer_.Write(ctx_, before, after).ok());
  EXPECT_EQ(Patches(), 1u);
  EXPECT_TRUE(Read().is_null());
  EXPECT_EQ(writer_.Write(ctx_, before, after).status().code(), base::StatusCode::kNotFound);
}

TEST_F(StatusWriterTest, ARecreatedObjectIsLeftAlone) {
  const Value before = Read();
  Value other = before;
  other.Mutable("metadata").Set("uid", "another");
  api_.Put(other);
  Value after = before;
  api::SetCondition(after, api::kReady, api::kTrue, "R", "m", kNow);
  EXPECT_EQ(writer_.Write(ctx_, before, after).status().code(), base::StatusCode::kNotFound);
  EXPECT_FALSE(api::HasCondition(Read(), api::kReady));
}

}  // namespace
}  // namespace sluice::runtime
