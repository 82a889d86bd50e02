#include "api/kustomization.h"

#include <gtest/gtest.h>

#include "document/json.h"

namespace sluice::api {
namespace {

using document::Value;
using namespace std::chrono_literals;

Value Json(std::string_view text) {
  auto value = document::ParseJson(text);
  EXPECT_TRUE(value.ok()) << text;
  return std::move(value).value();
}

TEST(KustomizationTest, DefaultsOfTimes) {
  const struct {
    std::string spec;
    base::Duration interval, retry, timeout;
  } cases[] = {
      {R"("interval":"10m")", 10min, 10min, 9min + 30s},
      {R"("interval":"10m0s","retryInterval":"1m","timeout":"5m")", 10min, 1min, 5min},
      {R"("interval":"45s")", 45s, 45s, 30s},
      {R"("interval":"1m1s")", 61s, 61s, 31s},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.spec);
    const auto spec = KustomizationSpec::Of(Json("{\"spec\":{" + c.spec + "}}"));
    ASSERT_TRUE(spec.ok());
    EXPECT_EQ(spec->interval, c.interval);
    EXPECT_EQ(spec->retry_interval, c.retry);
    EXPECT_EQ(spec->timeout, c.timeout);
  }
  EXPECT_FALSE(KustomizationSpec::Of(Json(R"({"spec":{"interval":"1d"}})")).ok());
}

TEST(KustomizationTest, ReadsReferences) {
  const auto spec =
      KustomizationSpec::Of(Json(R"({"metadata":{"namespace":"apps"},"spec":{"interval":"1m",
    "sourceRef":{"kind":"GitRepository","name":"fleet"},"dependsOn":[{"name":"a"},{"name":"b","namespace":"infra"}],
    "healthChecks":[{"kind":"Deployment","name":"web","namespace":"x"},{"apiVersion":"v1","kind":"Service","name":"s"}],
    "ignore":[{"paths":["/spec/replicas"],"target":{"kind":"Deployment"}}],"deletionPolicy":"Orphan"}})"));
  ASSERT_TRUE(spec.ok());
  EXPECT_EQ(spec->source, (CrossNamespaceSourceRef{"GitRepository", "apps", "fleet"}));
  ASSERT_EQ(spec->depends_on.size(), 2u);
  EXPECT_EQ(spec->depends_on[0].ns, "apps");
  EXPECT_EQ(spec->depends_on[1].ns, "infra");
  ASSERT_EQ(spec->health_checks.size(), 2u);
  EXPECT_EQ(spec->health_checks[0].api_version, "apps/v1");
  EXPECT_EQ(spec->health_checks[1].api_version, "v1");
  EXPECT_EQ(spec->ignore[0].kind, "Deployment");
  EXPECT_EQ(spec->deletion_policy, DeletionPolicy::kOrphan);
  EXPECT_EQ(spec->unsupported, "");
}

TEST(KustomizationTest, NamesWhatItDoesNotServe) {
  const struct {
    std::string spec, field;
  } cases[] = {
      {R"("decryption":{"provider":"sops"})", "spec.decryption"},
      {R"("postBuild":{"substitute":{"a":"b"}})", "spec.postBuild"},
      {R"("kubeConfig":{"secretRef":{"name":"a"}})", "spec.kubeConfig"},
      {R"("healthCheckExprs":[{"kind":"A"}])", "spec.healthCheckExprs"},
      {R"("dependsOn":[{"name":"a","readyExpr":"true"}])", "spec.dependsOn[].readyExpr"},
      {R"("postBuild":{})", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.spec);
    EXPECT_EQ(KustomizationSpec::Of(Json("{\"spec\":{" + c.spec + "}}"))->unsupported, c.field);
  }
}

TEST(KustomizationTest, HistoryIsUpsertedByDigestAndStatus) {
  Value object = Json("{}");
  const auto at = [](int64_t s) { return base::FromUnixSeconds(s); };
  const HistoryEntry a{"sha256:a", "ReconciliationSucceeded", "main@sha1:1", "", 1500ms};
  RecordHistory(object, a, at(0));
  EXPECT_EQ(
      document::ToJson(object),
      R"({"status":{"history":[{"digest":"sha256:a","firstReconciled":"1970-01-01T00:00:00Z","lastReconciled":"1970-01-01T00:00:00Z",)"
      R"("lastReconciledDuration":"1.5s","lastReconciledStatus":"ReconciliationSucceeded","metadata":{"revision":"main@sha1:1"},"totalReconciliations":1}]}})");
  RecordHistory(object, {"sha256:b", "HealthCheckFailed", "main@sha1:2", "origin", 1s}, at(1));
  RecordHistory(object, {"sha256:a", "ReconciliationSucceeded", "main@sha1:3", "", 2s}, at(2));
  const Value& history = object["status"]["history"];
  ASSERT_EQ(history.size(), 2u);
  EXPECT_EQ(history.items()[0]["totalReconciliations"].AsInt(), 2);
  EXPECT_EQ(history.items()[0]["firstReconciled"].AsString(), "1970-01-01T00:00:00Z");
  EXPECT_EQ(history.items()[0]["lastReconciled"].AsString(), "1970-01-01T00:00:02Z");
  EXPECT_EQ(history.items()[0]["metadata"]["revision"].AsString(), "main@sha1:3");
  EXPECT_EQ(history.items()[1]["metadata"]["originRevision"].AsString(), "origin");
  for (int i = 0; i < 9; ++i)
    RecordHistory(object, {"sha256:" + std::to_string(i), "x", "r", "", 1s}, at(i));
  EXPECT_EQ(object["status"]["history"].size(), 5u);
}

TEST(KustomizationTest, Texts) {
  EXPECT_EQ(DetectingDriftMessage("main@sha1:1", 9min + 30s),
            "Detecting drift for revision main@sha1:1 with a timeout of 9m30s");
  EXPECT_EQ(ReconciliationFinishedMessage(1500ms, 10min),
            "Reconciliation finished in 1.5s, next run in 10m0s");
  EXPECT_EQ(CrossNamespaceDeniedMessage({"GitRepository", "a", "b"}),
            "can't access 'GitRepository/a/b', cross-namespace references have been blocked");
}

}  // namespace
}  // namespace sluice::api
