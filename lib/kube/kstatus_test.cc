#include "kube/kstatus.h"

#include <gtest/gtest.h>

#include "base/time.h"
#include "document/json.h"

namespace sluice::kube {
namespace {

document::Value Parse(const std::string& json) {
  auto value = document::ParseJson(json);
  SLUICE_CHECK(value.ok());
  return *std::move(value);
}

const base::Time kNow = base::FromUnixSeconds(1'767'225'600);  // 2026-01-01T00:00:00Z

struct Case {
  std::string object, status, message;
};

TEST(KstatusTest, ComputesByKind) {
  const std::string dep = R"("apiVersion":"apps/v1","kind":"Deployment",)";
  const std::string available = R"({"type":"Available","status":"True"})";
  const std::string done =
      R"({"type":"Progressing","status":"True","reason":"NewReplicaSetAvailable"})";
  const std::string counts =
      R"("replicas":1,"updatedReplicas":1,"availableReplicas":1,"readyReplicas":1)";
  const Case cases[] = {
      {R"({"kind":"X","metadata":{"deletionTimestamp":"2026-01-01T00:00:00Z"}})", "Terminating",
       "Resource scheduled for deletion"},
      {R"({"kind":"X","metadata":{"generation":2},"status":{"observedGeneration":1}})",
       "InProgress", "X generation is 2, but latest observed generation is 1"},
      {R"({"kind":"X","metadata":{"generation":1},"status":{"observedGeneration":-1}})",
       "InProgress", "X generation is 1, but latest observed generation is -1"},
      {R"({"kind":"X","status":{"conditions":[{"type":"Reconciling","status":"True","message":"m"}]}})",
       "InProgress", "m"},
      {R"({"kind":"X","status":{"conditions":[{"type":"Stalled","status":"True","message":"m"}]}})",
       "Failed", "m"},
      {R"({"kind":"X","status":{"conditions":[{"type":"Ready","status":"True"}]}})", "Current",
       "Resource is Ready"},
      {R"({"kind":"X","status":{"conditions":[{"type":"Ready","status":"Unknown","message":"m"}]}})",
       "InProgress", "m"},
      {R"({"kind":"X"})", "Current", "Resource is current"},
      {R"({"apiVersion":"v1","kind":"ConfigMap"})", "Current", "Resource is always ready"},
      {R"({"apiVersion":"v1","kind":"Service","spec":{"type":"LoadBalancer"}})", "InProgress",
       "ClusterIP not set. Service type: LoadBalancer"},
      {R"({"apiVersion":"v1","kind":"PersistentVolumeClaim"})", "InProgress",
       "PVC is not Bound. phase: unknown"},
      {"{" + dep + R"("spec":{"replicas":3},"status":{"replicas":1}})", "InProgress",
       "Replicas: 1/3"},
      {"{" + dep + R"("spec":{"replicas":1},"status":{"replicas":1}})", "InProgress",
       "Updated: 0/1"},
      {"{" + dep + R"("spec":{"replicas":1},"status":{"replicas":2,"updatedReplicas":1}})",
       "InProgress", "Pending termination: 1"},
      {"{" + dep + R"("spec":{"progressDeadlineSeconds":600},"status":{)" + counts + "}}",
       "InProgress", "ReplicaSet not Available"},
      {"{" + dep + R"("spec":{"progressDeadlineSeconds":600},"status":{)" + counts +
           R"(,"conditions":[)" + done + "]}}",
       "InProgress", "Deployment not Available"},
      {"{" + dep + R"("spec":{"progressDeadlineSeconds":600},"status":{)" + counts +
           R"(,"conditions":[)" + done + "," + available + "]}}",
       "Current", "Deployment is available. Replicas: 1"},
      {"{" + dep +
           R"("status":{"conditions":[{"type":"Progressing","reason":"ProgressDeadlineExceeded"}]}})",
       "Failed", "Progress deadline exceeded"},
      {R"({"apiVersion":"apps/v1","kind":"StatefulSet","spec":{"replicas":2,"updateStrategy":{"rollingUpdate":{"partition":1}}},)"
       R"("status":{"replicas":2,"readyReplicas":2,"updatedReplicas":1}})",
       "Current", "Partition rollout complete. updated: 1"},
      {R"({"apiVersion":"apps/v1","kind":"DaemonSet","metadata":{"generation":1},"status":{"observedGeneration":1,)"
       R"("desiredNumberScheduled":2,"currentNumberScheduled":2,"updatedNumberScheduled":1}})",
       "InProgress", "Updated: 1/2"},
      {R"({"apiVersion":"v1","kind":"Pod","status":{"phase":"Running","containerStatuses":[)"
       R"({"name":"a","state":{"waiting":{"reason":"CrashLoopBackOff"}}}]}})",
       "Failed", "Containers in CrashLoop state: a"},
      {R"({"apiVersion":"v1","kind":"Pod","metadata":{"creationTimestamp":"2025-12-31T23:59:50Z"},"status":{"phase":"Pending",)"
       R"("conditions":[{"type":"PodScheduled","status":"False","reason":"Unschedulable"}]}})",
       "InProgress", "Pod has not been scheduled"},
      {R"({"apiVersion":"v1","kind":"Pod","metadata":{"creationTimestamp":"2025-12-31T23:59:40Z"},"status":{"phase":"Pending",)"
       R"("conditions":[{"type":"PodScheduled","status":"False","reason":"Unschedulable"}]}})",
       "Failed", "Pod could not be scheduled"},
      {R"({"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","status":{"conditions":[)"
       R"({"type":"Established","status":"True"}]}})",
       "Current", "CRD is established"},
      {R"({"apiVersion":"batch/v1","kind":"Job","status":{"startTime":"2026-01-01T00:00:00Z","active":1}})",
       "Current", "Job in progress. success:0, active: 1, failed: 0"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.object);
    const StatusResult got = ComputeStatus(Parse(c.object), kNow);
    EXPECT_EQ(ObjectStatusName(got.status), c.status);
    EXPECT_EQ(got.message, c.message);
  }
}

TEST(KstatusTest, WhatCannotBeReadIsUnknown) {
  EXPECT_EQ(ComputeStatus(Parse(R"({"kind":"X","status":{"conditions":"no"}})"), kNow).status,
            ObjectStatus::kUnknown);
  const auto pod =
      ComputeStatus(Parse(R"({"apiVersion":"v1","kind":"Pod","status":{"phase":"Odd"}})"), kNow);
  EXPECT_EQ(pod.error, "unknown phase Odd");
}

TEST(KstatusTest, JobsAsFluxReadsThem) {
  const Case cases[] = {
      {R"({"spec":{"suspend":true}})", "Current", "Job is suspended"},
      {R"({"spec":{"completions":3},"status":{"succeeded":3,"conditions":[{"type":"Complete","status":"True"}]}})",
       "Current", "Job Completed. succeeded: 3/3"},
      {R"({"status":{"failed":1,"conditions":[{"type":"Failed","status":"True"}]}})", "Failed",
       "Job Failed. failed: 1/1"},
      {R"({"spec":{"parallelism":2}})", "InProgress", "Job not started. active: 0/2"},
      {R"({"status":{"startTime":"x","active":1}})", "InProgress",
       "Job in progress. success:0, active: 1, failed: 0"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.object);
    const StatusResult got = ComputeJobStatus(Parse(c.object));
    EXPECT_EQ(ObjectStatusName(got.status), c.status);
    EXPECT_EQ(got.message, c.message);
  }
}

TEST(KstatusTest, FailedPodsFailTheirOwner) {
  const auto set = Parse(R"({"apiVersion":"apps/v1","kind":"StatefulSet","spec":{"replicas":1}})");
  const auto looping =
      Parse(R"({"apiVersion":"v1","kind":"Pod","status":{"phase":"Running","containerStatuses":[
      {"name":"a","state":{"waiting":{"reason":"CrashLoopBackOff"}}}]}})");
  EXPECT_EQ(ComputeWithPods(set, {looping}, kNow).message, "1 pods have failed");
  EXPECT_EQ(ComputeWithPods(set, {}, kNow).message, "Replicas: 0/1");
}

}  // namespace
}  // namespace sluice::kube
