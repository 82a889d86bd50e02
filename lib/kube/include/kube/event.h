// core/v1 Events: the object an event recorder writes. Pure; who aggregates and sends them is
// runtime.
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "document/value.h"
#include "kube/object.h"

namespace sluice::kube {

struct EventFields {
  GroupVersionKind gvk;  // of the object it is about
  ObjectKey key;
  std::string uid, resource_version;
  std::string type = "Normal";  // or "Warning"
  std::string reason, message;
  std::string component, instance;  // source.component, reportingInstance
  std::map<std::string, std::string> annotations;
  std::chrono::system_clock::time_point first, last;
  int count = 1;
  std::string name_suffix;  // hex nanoseconds by client-go's habit: "<name>.<suffix>"
};
// In the object's namespace, "default" for cluster-scoped ones. The message is cut at the API's
// 1024 bytes.
document::Value MakeEvent(const EventFields& fields);

}  // namespace sluice::kube
