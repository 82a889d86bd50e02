// What metadata.managedFields say: which fields are ours, and which entries of other tools an apply
// takes over (spec §8.7). Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "document/value.h"

namespace sluice::apply {

struct ManagerRules {
  std::string manager;                         // ours: "kustomize-controller"
  std::vector<std::string> override_managers;  // --override-manager
};

// The fields our Apply entry owns and the entries that are to be taken over, hashed; `foreign`
// tells of the latter.
std::string OwnedFieldsHash(const document::Value& object, const ManagerRules& rules,
                            bool* foreign);

// When our Apply entry last changed, "" if never: "2026-02-03T10:11:12Z".
std::string_view LastAppliedAt(const document::Value& object, const ManagerRules& rules);

// Annotations, labels or managers of other tools are on the object.
bool NeedsCleanup(const document::Value& object, const ManagerRules& rules);
// The JSON patch that removes those annotations and labels and merges those managers' fields into
// our entry; empty array = none.
document::Value CleanupPatch(const document::Value& live, const ManagerRules& rules);

// True if another manager's Apply entry owns the field at `pointer` (RFC 6901; list indexes are
// resolved in `live`).
bool OwnedByOtherApplier(const document::Value& live, std::string_view pointer,
                         std::string_view our_manager);

}  // namespace sluice::apply
