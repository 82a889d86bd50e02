// Event: what a controller tells about an object, in the shape that goes over HTTP to
// --events-addr, over the bus, and out of the generic providers. A value; thread-compatible.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/status.h"
#include "base/time.h"
#include "document/value.h"

namespace sluice::api {

enum class EventSeverity : uint8_t { kTrace, kInfo, kError };
std::string_view SeverityName(EventSeverity severity);  // "trace", "info", "error"

struct ObjectReference {
  std::string kind, ns, name, uid, api_version, resource_version, field_path;
  friend bool operator==(const ObjectReference&, const ObjectReference&) = default;
};
ObjectReference ReferenceTo(const document::Value& object);

struct Event {
  std::string id;  // for the bus and for de-duplication; not part of the JSON
  ObjectReference involved_object;
  std::string severity;  // as on the wire, never validated on receipt
  base::Time timestamp{};
  std::string message, reason;
  std::map<std::string, std::string> metadata;
  std::string reporting_controller, reporting_instance;
  friend bool operator==(const Event&, const Event&) = default;
};

// Members in the peer's order, empty ones left out as there: write it with
// JsonWriteOptions{.sort_keys = false}.
document::Value ToValue(const Event& event);
std::string ToJsonText(const Event& event);
// kInvalidArgument unless `value` is an object; missing members stay empty.
base::Result<Event> EventFromValue(const document::Value& value);

}  // namespace sluice::api
