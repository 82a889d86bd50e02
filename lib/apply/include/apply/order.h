// The order of an apply: stages first, then the sort order within one. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "apply/inventory.h"
#include "document/value.h"

namespace sluice::apply {

// Kind index (CustomResourceDefinition first, webhook configurations last), then group, kind,
// namespace, name.
bool SortsBefore(const ObjectRef& a, const ObjectRef& b);
// The index alone: objects of equal index do not depend on each other.
int KindIndex(std::string_view kind);

// "group/Kind", or "Kind" for the core group, separated by commas: --custom-apply-stage-kinds.
std::vector<kube::GroupKind> ParseStageKinds(std::string_view text);

enum class Stage : uint8_t { kDefinitions, kClasses, kCustom, kRest };
Stage StageOf(const kube::GroupKind& gk, const std::vector<kube::GroupKind>& custom);

}  // namespace sluice::apply
