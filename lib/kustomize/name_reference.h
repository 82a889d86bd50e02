// Name references: objects that name a resource follow its new name (spec §17). Runs once, at the
// top.
#pragma once

#include "base/status.h"
#include "config.h"
#include "context.h"
#include "resource.h"

namespace sluice::kustomize {

base::Status FixNameReferences(BuildContext& context, ResMap& map, const TransformerConfig& config);

}  // namespace sluice::kustomize
