// Artifact: status.artifact of the source kinds, the same shape for all. A value;
// thread-compatible.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "document/value.h"

namespace sluice::api {

struct Artifact {
  std::string path, url, revision, digest;
  std::string last_update_time;  // RFC 3339, seconds
  int64_t size = 0;
  std::map<std::string, std::string> metadata;
  friend bool operator==(const Artifact&, const Artifact&) = default;
};

// nullopt: status.artifact is not set
std::optional<Artifact> ArtifactOf(const document::Value& object);
document::Value ToValue(const Artifact& artifact);

}  // namespace sluice::api
