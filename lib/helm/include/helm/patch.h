// The patch of a client-side update: strategic three-way for kinds of the Kubernetes API, JSON
// merge patch for the others. Pure, thread-safe. Spec: helm-engine 19.5.
#pragma once

#include <string_view>

#include "base/status.h"
#include "document/strategic_merge.h"
#include "document/value.h"

namespace sluice::helm {

enum class PatchType : uint8_t { kStrategic, kMerge };

struct UpdatePatch {
  PatchType type = PatchType::kStrategic;
  document::Value patch;  // an empty object: nothing to send

  std::string_view content_type() const {
    return type == PatchType::kStrategic ? "application/strategic-merge-patch+json"
                                         : "application/merge-patch+json";
  }
};

// From the object of the previous release, that of the new one, and the live object. Kinds that the
// API does not know get a patch previous → new that leaves drift of the live object alone, unless
// `three_way` (adopting with take-ownership). Errors in apimachinery's words: "map: … does not
// contain declared merge key: name".
base::Result<UpdatePatch> MakeUpdatePatch(const document::Value& original,
                                          const document::Value& modified,
                                          const document::Value& live, bool three_way = false);

// Whether the client library has a type for it; CustomResourceDefinition of v1beta1 counts as none
// (Helm patches it as a custom one).
bool IsBuiltinKind(std::string_view api_version, std::string_view kind);

// How the fields of a kind merge (patchStrategy and patchMergeKey of its Go type).
document::MergeSchema PatchSchemaOf(std::string_view api_version, std::string_view kind);

}  // namespace sluice::helm
