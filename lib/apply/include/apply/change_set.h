// ChangeSet: what a pass did to each object, in the order it did it, in the words Flux's events
// use. A value; thread-compatible.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "apply/inventory.h"

namespace sluice::apply {

enum class Action : uint8_t { kCreated, kConfigured, kUnchanged, kDeleted, kSkipped, kUnknown };
std::string_view ActionName(Action action);  // "created" …

struct Change {
  ObjectRef object;
  Action action = Action::kUnknown;
};

class ChangeSet {
 public:
  void Add(ObjectRef object, Action action) { changes_.push_back({std::move(object), action}); }

  const std::vector<Change>& changes() const { return changes_; }
  bool empty() const { return changes_.empty(); }
  // Created, configured or deleted.
  bool Changed() const;
  // "Deployment/apps/podinfo configured\nService/apps/podinfo created": every entry, or only those
  // that changed.
  std::string Lines(bool changed_only) const;
  // The inventory this apply leaves: every entry but deleted ones.
  Inventory ToInventory() const;

 private:
  std::vector<Change> changes_;
};

}  // namespace sluice::apply
