#include "api/event.h"

#include "document/json.h"

namespace sluice::api {
namespace {

using document::Value;

void SetUnlessEmpty(Value& object, std::string_view key, const std::string& text) {
  if (!text.empty()) object.Set(key, text);
}

}  // namespace

std::string_view SeverityName(EventSeverity severity) {
  switch (severity) {
    case EventSeverity::kTrace:
      return "trace";
    case EventSeverity::kInfo:
      return "info";
    case EventSeverity::kError:
      return "error";
  }
  return "info";
}

ObjectReference ReferenceTo(const Value& object) {
  const Value& meta = object["metadata"];
  const auto text = [](const Value& v) { return std::string(v.AsString()); };
  return {text(object["kind"]),
          text(meta["namespace"]),
          text(meta["name"]),
          text(meta["uid"]),
          text(object["apiVersion"]),
          text(meta["resourceVersion"]),
          ""};
}

Value ToValue(const Event& event) {
  const ObjectReference& ref = event.involved_object;
  Value involved = Value::Object();
  SetUnlessEmpty(involved, "kind", ref.kind);
  SetUnlessEmpty(involved, "namespace", ref.ns);
  SetUnlessEmpty(involved, "name", ref.name);
  SetUnlessEmpty(involved, "uid", ref.uid);
  SetUnlessEmpty(involved, "apiVersion", ref.api_version);
  SetUnlessEmpty(involved, "resourceVersion", ref.resource_version);
  SetUnlessEmpty(involved, "fieldPath", ref.field_path);
  Value out = Value::Object();
  out.Set("involvedObject", std::move(involved));
  out.Set("severity", event.severity);
  out.Set("timestamp",
          event.timestamp == base::Time{} ? Value() : Value(base::FormatRfc3339(event.timestamp)));
  out.Set("message", event.message);
  out.Set("reason", event.reason);
  if (!event.metadata.empty()) {
    Value metadata = Value::Object();
    for (const auto& [key, value] : event.metadata) metadata.Set(key, value);
    out.Set("metadata", std::move(metadata));
  }
  out.Set("reportingController", event.reporting_controller);
  SetUnlessEmpty(out, "reportingInstance", event.reporting_instance);
  return out;
}

std::string ToJsonText(const Event& event) {
  document::JsonWriteOptions options;
  options.sort_keys = false;
  return document::ToJson(ToValue(event), options);
}

base::Result<Event> EventFromValue(const Value& value) {
  if (!value.is_object()) return base::InvalidArgument("event is not a JSON object");
  const auto text = [](const Value& v) { return std::string(v.AsString()); };
  const Value& ref = value["involvedObject"];
  Event event;
  event.involved_object = {text(ref["kind"]),       text(ref["namespace"]),
                           text(ref["name"]),       text(ref["uid"]),
                           text(ref["apiVersion"]), text(ref["resourceVersion"]),
                           text(ref["fieldPath"])};
  event.severity = text(value["severity"]);
  if (value["timestamp"].is_string()) {
    SLUICE_TRY(event.timestamp, base::ParseRfc3339(value["timestamp"].AsString()));
  }
  event.message = text(value["message"]);
  event.reason = text(value["reason"]);
  for (const auto& [key, item] : value["metadata"].members()) event.metadata[key] = text(item);
  event.reporting_controller = text(value["reportingController"]);
  event.reporting_instance = text(value["reportingInstance"]);
  return event;
}

}  // namespace sluice::api
