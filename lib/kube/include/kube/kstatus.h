// kstatus: whether an object has become what its spec asks for, by the rules Flux's health checks
// use. Pure, thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "document/value.h"

namespace sluice::kube {

enum class ObjectStatus : uint8_t {
  kUnknown,
  kInProgress,
  kFailed,
  kCurrent,
  kTerminating,
  kNotFound
};
std::string_view ObjectStatusName(ObjectStatus status);  // "InProgress"

struct StatusResult {
  ObjectStatus status = ObjectStatus::kUnknown;
  std::string message;
  std::string error;  // why it is kUnknown, "" otherwise
  friend bool operator==(const StatusResult&, const StatusResult&) = default;
};

// `now` only tells how long a Pod has been unschedulable.
StatusResult ComputeStatus(
    const document::Value& object,
    std::chrono::system_clock::time_point now = std::chrono::system_clock::now());

// Flux's reader of Jobs, which replaces ComputeStatus for batch/Job: a running Job is InProgress.
StatusResult ComputeJobStatus(const document::Value& job);

// ComputeStatus for a StatefulSet or ReplicaSet refined by its pods: InProgress with a failed,
// schedulable pod is Failed
// "%d pods have failed". `pods` are those its selector matches.
StatusResult ComputeWithPods(
    const document::Value& object, const std::vector<document::Value>& pods,
    std::chrono::system_clock::time_point now = std::chrono::system_clock::now());

}  // namespace sluice::kube
