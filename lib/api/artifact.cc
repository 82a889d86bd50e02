#include "api/artifact.h"

namespace sluice::api {

using document::Value;

std::optional<Artifact> ArtifactOf(const Value& object) {
  const Value& value = object.At({"status", "artifact"});
  if (!value.is_object()) return std::nullopt;
  const auto text = [&](std::string_view key) { return std::string(value[key].AsString()); };
  Artifact artifact{
      text("path"),          text("url"), text("revision"), text("digest"), text("lastUpdateTime"),
      value["size"].AsInt(), {}};
  for (const auto& [key, item] : value["metadata"].members())
    artifact.metadata[key] = item.AsString();
  return artifact;
}

Value ToValue(const Artifact& artifact) {
  Value out = Value::Object({{"digest", artifact.digest},
                             {"lastUpdateTime", artifact.last_update_time},
                             {"path", artifact.path},
                             {"revision", artifact.revision}});
  if (artifact.size != 0) out.Set("size", artifact.size);
  out.Set("url", artifact.url);
  if (!artifact.metadata.empty()) {
    Value metadata = Value::Object();
    for (const auto& [key, value] : artifact.metadata) metadata.Set(key, value);
    out.Set("metadata", std::move(metadata));
  }
  return out;
}

}  // namespace sluice::api
