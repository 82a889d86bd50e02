// Kubernetes strategic merge patch on Value: maps merge, lists merge by key where the schema says
// so, and the directives $patch (delete, replace, merge), $deleteFromPrimitiveList/<f>,
// $setElementOrder/<f> and $retainKeys. Generic: which lists merge by what is told by a callback.
// Pure, thread-safe. (kustomize's own merge on styled trees lives in lib/kustomize.)
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "document/value.h"

namespace sluice::document {

// How the field at a schema path merges. The path is the field names joined by '.', list levels
// left out ("spec.template.spec.containers").
struct FieldMerge {
  enum class Strategy : uint8_t {
    kAtomic,      // replaced whole (lists without a strategy, maps marked atomic)
    kMerge,       // maps: field by field; lists: by merge_key, or as a set where merge_key is ""
    kRetainKeys,  // kMerge, and $retainKeys clears what it does not name
  };
  Strategy strategy = Strategy::kAtomic;
  std::string merge_key;
};
using MergeSchema = std::function<FieldMerge(std::string_view path, bool is_list)>;

// The strategies of the built-in Kubernetes kinds that matter in practice (pod specs, services,
// service accounts …), by field path endings; anything else is atomic for lists and merged for
// maps.
FieldMerge BuiltinMerge(std::string_view path, bool is_list);

// Merges `patch` into `target`. On failure `target` is unchanged; errors in apimachinery's words.
base::Status ApplyStrategicMerge(Value& target, const Value& patch,
                                 const MergeSchema& schema = BuiltinMerge);

}  // namespace sluice::document
