#include "kube/event.h"

#include "base/strings.h"
#include "base/time.h"

namespace sluice::kube {

using document::Value;

Value MakeEvent(const EventFields& f) {
  constexpr size_t kMaxMessage = 1024;
  const std::string ns = f.key.ns.empty() ? "default" : f.key.ns;
  Value metadata =
      Value::Object({{"name", base::Cat(f.key.name, ".", f.name_suffix)}, {"namespace", ns}});
  if (!f.annotations.empty()) {
    Value& annotations = metadata.Set("annotations", Value::Object());
    for (const auto& [key, value] : f.annotations) annotations.Set(key, value);
  }
  Value object = Value::Object(
      {{"apiVersion", f.gvk.ApiVersion()}, {"kind", f.gvk.kind}, {"name", f.key.name}});
  if (!f.key.ns.empty()) object.Set("namespace", f.key.ns);
  if (!f.uid.empty()) object.Set("uid", f.uid);
  if (!f.resource_version.empty()) object.Set("resourceVersion", f.resource_version);
  Value event = Value::Object({{"apiVersion", "v1"}, {"kind", "Event"}});
  event.Set("metadata", std::move(metadata));
  event.Set("involvedObject", std::move(object));
  event.Set("reason", f.reason);
  event.Set("message", std::string(base::TruncateUtf8(f.message, kMaxMessage)));
  event.Set("source", Value::Object({{"component", f.component}}));
  event.Set("firstTimestamp", base::FormatRfc3339(f.first));
  event.Set("lastTimestamp", base::FormatRfc3339(f.last));
  event.Set("count", f.count);
  event.Set("type", f.type);
  event.Set("reportingComponent", f.component);
  event.Set("reportingInstance", f.instance);
  return event;
}

}  // namespace sluice::kube
