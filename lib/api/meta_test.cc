#include "api/meta.h"

#include <gtest/gtest.h>

#include "document/json.h"

namespace sluice::api {
namespace {

using document::Value;

Value Json(const char* text) { return *document::ParseJson(text); }

TEST(MetaTest, WakesOnGenerationAndRequestOnly) {
  const struct {
    const char *before, *after;
    bool wakes;
  } cases[] = {
      {R"({"metadata":{"generation":1}})", R"({"metadata":{"generation":2}})", true},
      {R"({"metadata":{"generation":1}})",
       R"({"metadata":{"generation":1,"labels":{"a":"b"}},"status":{}})", false},
      {R"({"metadata":{}})",
       R"({"metadata":{"annotations":{"reconcile.fluxcd.io/requestedAt":"1"}}})", true},
      {R"({"metadata":{"annotations":{"reconcile.fluxcd.io/requestedAt":"1"}}})",
       R"({"metadata":{"annotations":{"reconcile.fluxcd.io/requestedAt":"2"}}})", true},
      {R"({"metadata":{"annotations":{"reconcile.fluxcd.io/requestedAt":"1"}}})",
       R"({"metadata":{"annotations":{"reconcile.fluxcd.io/requestedAt":"1"}}})", false},
      {R"({"metadata":{"annotations":{"reconcile.fluxcd.io/requestedAt":"1"}}})",
       R"({"metadata":{}})", false},
  };
  for (const auto& c : cases)
    EXPECT_EQ(WakesReconcile(Json(c.before), Json(c.after)), c.wakes) << c.after;
}

TEST(MetaTest, RequestsAreHandledOnce) {
  Value object = Json(R"({"metadata":{"annotations":{"reconcile.fluxcd.io/requestedAt":"7"}}})");
  EXPECT_TRUE(HasPendingRequest(object));
  MarkRequestHandled(object);
  EXPECT_FALSE(HasPendingRequest(object));
  Value plain = Json("{}");
  MarkRequestHandled(plain);
  EXPECT_TRUE(plain["status"].is_null());
}

TEST(MetaTest, FinalizersComeAndGo) {
  Value object = Json(R"({"metadata":{"finalizers":["other"]}})");
  EXPECT_TRUE(AddFinalizer(object));
  EXPECT_FALSE(AddFinalizer(object));
  EXPECT_TRUE(HasFinalizer(object));
  EXPECT_TRUE(RemoveFinalizer(object));
  EXPECT_FALSE(RemoveFinalizer(object));
  EXPECT_TRUE(HasFinalizer(object, "other"));
  EXPECT_TRUE(RemoveFinalizer(object, "other"));
  EXPECT_TRUE(object.At({"metadata", "finalizers"}).is_null());
}

TEST(MetaTest, DurationsOfTheSpec) {
  const Value object = Json(R"({"spec":{"a":"1m30s","b":"1d","c":"-1s","d":5}})");
  EXPECT_EQ(**SpecDuration(object, "a"), std::chrono::seconds(90));
  EXPECT_FALSE(SpecDuration(object, "none")->has_value());
  EXPECT_EQ(SpecDuration(object, "b").status().message(),
            "invalid spec.b '1d': time: unknown unit \"d\" in duration \"1d\"");
  EXPECT_FALSE(SpecDuration(object, "c").ok());
  EXPECT_FALSE(SpecDuration(object, "d").ok());
}

}  // namespace
}  // namespace sluice::api
