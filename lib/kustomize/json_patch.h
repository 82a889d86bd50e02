// JSON 6902 patches on resources, with the peer's detour over JSON numbers (spec §16.5).
#pragma once

#include <string_view>

#include "base/status.h"
#include "context.h"
#include "decode.h"

namespace sluice::kustomize {

// encoding/json reads every number as a float64.
void ToFloats(document::Value& value);
// A list of operations: JSON where the text starts with '[', else YAML's first document. Null is a
// patch of no operations.
base::Result<document::Value> ParseJsonPatch(std::string_view text);
// Applies to the object; all its numbers pass through float64.
base::Status ApplyJsonPatch(BuildContext& context, Resource& resource,
                            const document::Value& operations);
// Data as a tree that go-yaml v3 would have written and read again.
base::Result<Node*> FromData(Arena& arena, document::Value value);

}  // namespace sluice::kustomize
