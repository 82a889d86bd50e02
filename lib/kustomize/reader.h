// From bytes to objects: document splitting, lists, aliases and merge keys, validation (spec
// §5.1–5.2).
#pragma once

#include <string_view>
#include <vector>

#include "base/status.h"
#include "context.h"

namespace sluice::kustomize {

// The objects of a text as trees in the context's arena; parsed once for all builds that share a
// cache. Code kMalformedYaml: the text is not YAML.
base::Result<std::vector<Node*>> ReadObjects(BuildContext& context, std::string_view text);
// The same as resources.
base::Result<std::vector<Resource*>> ReadResources(BuildContext& context, std::string_view text);
// As a map: an id that occurs twice fails.
base::Result<ResMap> ReadResMap(BuildContext& context, std::string_view text);

// Names the file in a YAML syntax error; other errors stay.
base::Status NameFile(base::Status status, std::string_view path);

// An object's type and name are there; the peer's complaint if not.
base::Status ValidateObject(const Node& object);

// Without context and cache.
base::Result<std::vector<Node*>> ParseObjects(Arena& arena, std::string_view text);

}  // namespace sluice::kustomize
