#include "kube/kstatus.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "base/strings.h"
#include "base/time.h"
#include "kube/object.h"

namespace sluice::kube {
namespace {

using document::Value;
using Now = std::chrono::system_clock::time_point;

StatusResult Current(std::string message) {
  return {ObjectStatus::kCurrent, std::move(message), ""};
}
StatusResult InProgress(std::string message) {
  return {ObjectStatus::kInProgress, std::move(message), ""};
}
StatusResult Failed(std::string message) { return {ObjectStatus::kFailed, std::move(message), ""}; }
StatusResult Unknown(std::string error) { return {ObjectStatus::kUnknown, "", std::move(error)}; }

// "Replicas: 1/3"
std::string Ratio(std::string_view what, int64_t have, int64_t want) {
  return base::Cat(what, ": ", std::to_string(have), "/", std::to_string(want));
}
std::string Count(std::string_view what, int64_t n) {
  return base::Cat(what, ": ", std::to_string(n));
}

const Value* FindCondition(const Value& object, std::string_view type) {
  for (const auto& c : object["status"]["conditions"].items()) {
    if (c["type"].AsString() == type) return &c;
  }
  return nullptr;
}
bool ConditionIs(const Value& object, std::string_view type, std::string_view status) {
  const Value* c = FindCondition(object, type);
  return c != nullptr && (*c)["status"].AsString() == status;
}

// The replica counts workloads report.
struct Replicas {
  explicit Replicas(const Value& object)
      : spec(object["spec"]["replicas"].AsInt(1)),
        status(object["status"]["replicas"].AsInt()),
        ready(object["status"]["readyReplicas"].AsInt()),
        updated(object["status"]["updatedReplicas"].AsInt()),
        current(object["status"]["currentReplicas"].AsInt()),
        available(object["status"]["availableReplicas"].AsInt()),
        labelled(object["status"]["fullyLabeledReplicas"].AsInt()) {}
  int64_t spec, status, ready, updated, current, available, labelled;
};

StatusResult AlwaysReady(const Value&, Now) { return Current("Resource is always ready"); }
StatusResult Budget(const Value&, Now) { return Current("AllowedDisruptions has been computed."); }

StatusResult Service(const Value& o, Now) {
  const auto type = o["spec"]["type"].AsString();
  if (type == "LoadBalancer" && o["spec"]["clusterIP"].AsString().empty()) {
    return InProgress(base::Cat("ClusterIP not set. Service type: ", type));
  }
  return Current("Service is ready");
}

StatusResult VolumeClaim(const Value& o, Now) {
  const auto phase = o["status"]["phase"].AsString("unknown");
  return phase == "Bound" ? Current("PVC is Bound")
                          : InProgress(base::Cat("PVC is not Bound. phase: ", phase));
}

StatusResult Deployment(const Value& o, Now) {
  // Absent, or the largest number, means no deadline: then nothing will ever be reported as
  // available by that condition.
  const int64_t deadline =
      o["spec"]["progressDeadlineSeconds"].AsInt(std::numeric_limits<int32_t>::max());
  bool progressing = deadline == std::numeric_limits<int32_t>::max();
  if (const Value* c = FindCondition(o, "Progressing")) {
    const auto reason = (*c)["reason"].AsString();
    if (reason == "ProgressDeadlineExceeded") return Failed("Progress deadline exceeded");
    progressing =
        progressing || ((*c)["status"].AsString() == "True" && reason == "NewReplicaSetAvailable");
  }
  const Replicas r(o);
  if (r.spec > r.status) return InProgress(Ratio("Replicas", r.status, r.spec));
  if (r.spec > r.updated) return InProgress(Ratio("Updated", r.updated, r.spec));
  if (r.status > r.spec) return InProgress(Count("Pending termination", r.status - r.spec));
  if (r.updated > r.available) return InProgress(Ratio("Available", r.available, r.updated));
  if (r.spec > r.ready) return InProgress(Ratio("Ready", r.ready, r.spec));
  if (!progressing) return InProgress("ReplicaSet not Available");
  if (!ConditionIs(o, "Available", "True")) return InProgress("Deployment not Available");
  return Current(Count("Deployment is available. Replicas", r.status));
}

StatusResult StatefulSet(const Value& o, Now) {
  const Value& strategy = o["spec"]["updateStrategy"];
  if (strategy["type"].AsString() == "OnDelete")
    return Current("StatefulSet is using the ondelete update strategy");
  const Replicas r(o);
  if (r.spec > r.status) return InProgress(Ratio("Replicas", r.status, r.spec));
  if (r.spec > r.ready) return InProgress(Ratio("Ready", r.ready, r.spec));
  if (r.status > r.spec) return InProgress(Count("Pending termination", r.status - r.spec));
  if (const Value& partition = strategy["rollingUpdate"]["partition"]; partition.is_number()) {
    const int64_t want = r.spec - partition.AsInt();
    if (r.updated < want) return InProgress(Ratio("updated", r.updated, want));
    return Current(Count("Partition rollout complete. updated", r.updated));
  }
  if (r.spec > r.current) return InProgress(Ratio("current", r.current, r.spec));
  if (o["status"]["currentRevision"].AsString() != o["status"]["updateRevision"].AsString()) {
    return InProgress("Waiting for updated revision to match current");
  }
  return Current(Count("All replicas scheduled as expected. Replicas", r.status));
}

StatusResult DaemonSet(const Value& o, Now) {
  if (!o["metadata"]["generation"].is_number())
    return InProgress("DaemonSet metadata.generation not found");
  const Value& status = o["status"];
  if (!status["observedGeneration"].is_number())
    return InProgress("DaemonSet status.observedGeneration not found");
  if (!status["desiredNumberScheduled"].is_number())
    return InProgress("Missing .status.desiredNumberScheduled");
  const int64_t desired = status["desiredNumberScheduled"].AsInt();
  for (const auto& [what, field] :
       {std::pair("Current", "currentNumberScheduled"),
        std::pair("Updated", "updatedNumberScheduled"), std::pair("Available", "numberAvailable"),
        std::pair("Ready", "numberReady")}) {
    if (const int64_t have = status[field].AsInt(); desired > have)
      return InProgress(Ratio(what, have, desired));
  }
  return Current(Count("All replicas scheduled as expected. Replicas", desired));
}

StatusResult ReplicaSet(const Value& o, Now) {
  if (ConditionIs(o, "ReplicaFailure", "True"))
    return InProgress("Replica Failure condition. Check Pods");
  const Replicas r(o);
  if (r.spec > r.labelled) return InProgress(Ratio("Labelled", r.labelled, r.spec));
  if (r.spec > r.available) return InProgress(Ratio("Available", r.available, r.spec));
  if (r.spec > r.ready) return InProgress(Ratio("Ready", r.ready, r.spec));
  if (r.status > r.spec) return InProgress(Count("Pending termination", r.status - r.spec));
  return Current(Count("ReplicaSet is available. Replicas", r.status));
}

bool IsUnschedulable(const Value& pod) {
  const Value* c = FindCondition(pod, "PodScheduled");
  return c != nullptr && (*c)["status"].AsString() == "False" &&
         (*c)["reason"].AsString() == "Unschedulable";
}

std::string CrashLooping(const Value& pod) {
  std::string names;
  for (const char* list : {"initContainerStatuses", "containerStatuses"}) {
    for (const auto& c : pod["status"][list].items()) {
      if (c["state"]["waiting"]["reason"].AsString() != "CrashLoopBackOff") continue;
      if (!names.empty()) names += ',';
      names += c["name"].AsString();
    }
  }
  return names;
}

StatusResult PendingPod(const Value& pod, Now now) {
  if (!IsUnschedulable(pod)) return InProgress("Pod is in the Pending phase");
  constexpr auto kPatience = std::chrono::seconds(15);
  const auto created = base::ParseRfc3339(pod["metadata"]["creationTimestamp"].AsString());
  if (created.ok() && now - *created < kPatience) return InProgress("Pod has not been scheduled");
  return Failed("Pod could not be scheduled");
}

StatusResult Pod(const Value& o, Now now) {
  const auto phase = o["status"]["phase"].AsString();
  if (phase == "Succeeded") return Current("Pod has completed successfully");
  if (phase == "Failed") return Current("Pod has completed, but not successfully");
  if (phase == "Running") {
    if (ConditionIs(o, "Ready", "True")) return Current("Pod is Ready");
    const std::string looping = CrashLooping(o);
    return looping.empty() ? InProgress("Pod is running but is not Ready")
                           : Failed(base::Cat("Containers in CrashLoop state: ", looping));
  }
  if (phase == "Pending") return PendingPod(o, now);
  if (phase.empty()) return InProgress("Pod phase not available");
  return Unknown(base::Cat("unknown phase ", phase));
}

StatusResult Definition(const Value& o, Now) {
  for (const auto& c : o["status"]["conditions"].items()) {
    const auto type = c["type"].AsString(), status = c["status"].AsString();
    if (type == "NamesAccepted" && status == "False")
      return Failed(std::string(c["message"].AsString()));
    if (type != "Established") continue;
    if (status == "True") return Current("CRD is established");
    if (status == "False" && c["reason"].AsString() != "Installing")
      return Failed(std::string(c["message"].AsString()));
  }
  return InProgress("Install in progress");
}

// A running Job counts as Current here: Flux replaces this rule by ComputeJobStatus.
StatusResult Job(const Value& o, Now) {
  const StatusResult strict = ComputeJobStatus(o);
  if (strict.status != ObjectStatus::kInProgress || o["status"]["startTime"].AsString().empty())
    return strict;
  return Current(strict.message);
}

constexpr struct {
  std::string_view group, kind;
  StatusResult (*compute)(const Value&, Now);
} kRules[] = {
    {"", "ConfigMap", AlwaysReady},
    {"", "PersistentVolumeClaim", VolumeClaim},
    {"", "Pod", Pod},
    {"", "Secret", AlwaysReady},
    {"", "Service", Service},
    {"apiextensions.k8s.io", "CustomResourceDefinition", Definition},
    {"apps", "DaemonSet", DaemonSet},
    {"apps", "Deployment", Deployment},
    {"apps", "ReplicaSet", ReplicaSet},
    {"apps", "StatefulSet", StatefulSet},
    {"batch", "CronJob", AlwaysReady},
    {"batch", "Job", Job},
    {"extensions", "DaemonSet", DaemonSet},
    {"extensions", "Deployment", Deployment},
    {"extensions", "ReplicaSet", ReplicaSet},
    {"policy", "PodDisruptionBudget", Budget},
};

// What every object may say of itself, before its kind's own rule.
std::optional<StatusResult> Generic(const Value& o) {
  if (IsBeingDeleted(o))
    return StatusResult{ObjectStatus::kTerminating, "Resource scheduled for deletion", ""};
  const Value& generation = o["metadata"]["generation"];
  const Value& observed = o["status"]["observedGeneration"];
  if (generation.is_number() && observed.is_number() && generation.AsInt() != observed.AsInt()) {
    return InProgress(
        base::Cat(o["kind"].AsString(), " generation is ", std::to_string(generation.AsInt()),
                  ", but latest observed generation is ", std::to_string(observed.AsInt())));
  }
  const Value& conditions = o["status"]["conditions"];
  if (!conditions.is_null() && !conditions.is_array())
    return Unknown("status.conditions is not a list");
  for (const auto& c : conditions.items()) {
    if (!c.is_object()) return Unknown("an entry of status.conditions is not an object");
    if (c["status"].AsString() != "True") continue;
    if (c["type"].AsString() == "Reconciling")
      return InProgress(std::string(c["message"].AsString()));
    if (c["type"].AsString() == "Stalled") return Failed(std::string(c["message"].AsString()));
  }
  return std::nullopt;
}

}  // namespace

std::string_view ObjectStatusName(ObjectStatus status) {
  switch (status) {
    case ObjectStatus::kUnknown:
      return "Unknown";
    case ObjectStatus::kInProgress:
      return "InProgress";
    case ObjectStatus::kFailed:
      return "Failed";
    case ObjectStatus::kCurrent:
      return "Current";
    case ObjectStatus::kTerminating:
      return "Terminating";
    case ObjectStatus::kNotFound:
      return "NotFound";
  }
  return "Unknown";
}

StatusResult ComputeStatus(const Value& object, Now now) {
  if (auto generic = Generic(object)) return *std::move(generic);
  const GroupVersionKind gvk = GvkOf(object);
  for (const auto& rule : kRules) {
    if (rule.kind == gvk.kind && rule.group == gvk.group) return rule.compute(object, now);
  }
  if (const Value* ready = FindCondition(object, "Ready")) {
    if ((*ready)["status"].AsString() == "True") return Current("Resource is Ready");
    return InProgress(std::string((*ready)["message"].AsString()));
  }
  return Current("Resource is current");
}

StatusResult ComputeJobStatus(const Value& job) {
  const Value& spec = job["spec"];
  const Value& status = job["status"];
  const int64_t completions = spec["completions"].AsInt(spec["parallelism"].AsInt(1));
  if (spec["suspend"].AsBool()) return Current("Job is suspended");
  const int64_t succeeded = status["succeeded"].AsInt(), active = status["active"].AsInt(),
                failed = status["failed"].AsInt();
  for (const auto& c : status["conditions"].items()) {
    if (c["status"].AsString() != "True") continue;
    if (c["type"].AsString() == "Complete")
      return Current(Ratio("Job Completed. succeeded", succeeded, completions));
    if (c["type"].AsString() == "Failed")
      return Failed(Ratio("Job Failed. failed", failed, completions));
  }
  if (status["startTime"].AsString().empty())
    return InProgress(Ratio("Job not started. active", 0, completions));
  return InProgress(base::Cat("Job in progress. success:", std::to_string(succeeded), ", active: ",
                              std::to_string(active), ", failed: ", std::to_string(failed)));
}

StatusResult ComputeWithPods(const Value& object, const std::vector<Value>& pods, Now now) {
  StatusResult result = ComputeStatus(object, now);
  if (result.status != ObjectStatus::kInProgress) return result;
  const auto failed = std::ranges::count_if(pods, [&](const Value& pod) {
    return !IsBeingDeleted(pod) && !IsUnschedulable(pod) &&
           ComputeStatus(pod, now).status == ObjectStatus::kFailed;
  });
  return failed > 0 ? Failed(base::Cat(std::to_string(failed), " pods have failed")) : result;
}

}  // namespace sluice::kube
