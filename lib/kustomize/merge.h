// The strategic merge of kustomize on styled trees (spec §16.4).
#pragma once

#include "base/status.h"
#include "document/node.h"
#include "schema.h"

namespace sluice::kustomize {

// Merges `patch` into `target`; both are of one arena, and the result shares their nodes. Null:
// nothing is left. The schema is found by the apiVersion and kind of the target, or else of the
// patch.
base::Result<document::Node*> StrategicMerge(document::Node* target, document::Node* patch,
                                             Schema& schema);

// Without schema and with new list elements appended: how Helm values are overlaid.
base::Result<document::Node*> PlainMerge(document::Node* target, document::Node* patch);

}  // namespace sluice::kustomize
