// The peer's old order of types, which sorts output and configuration (spec §10.2, §22.4).
#pragma once

#include <string>
#include <string_view>

#include "config.h"
#include "ids.h"

namespace sluice::kustomize {

// Below zero: kinds that come first; above: those that come last.
int LegacyRank(std::string_view kind);
std::string LegacyText(const Gvk& gvk);  // "apps_v1_Deployment", "~G" and so on for empty parts
void SortFields(TransformerConfig& config);

}  // namespace sluice::kustomize
