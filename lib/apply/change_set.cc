#include "apply/change_set.h"

#include <algorithm>

namespace sluice::apply {

std::string_view ActionName(Action action) {
  switch (action) {
    case Action::kCreated:
      return "created";
    case Action::kConfigured:
      return "configured";
    case Action::kUnchanged:
      return "unchanged";
    case Action::kDeleted:
      return "deleted";
    case Action::kSkipped:
      return "skipped";
    case Action::kUnknown:
      break;
  }
  return "unknown";
}

namespace {
bool IsChange(Action action) {
  return action == Action::kCreated || action == Action::kConfigured || action == Action::kDeleted;
}
}  // namespace

bool ChangeSet::Changed() const {
  return std::ranges::any_of(changes_, [](const Change& c) { return IsChange(c.action); });
}

std::string ChangeSet::Lines(bool changed_only) const {
  std::string out;
  for (const auto& change : changes_) {
    if (changed_only && !IsChange(change.action)) continue;
    if (!out.empty()) out += '\n';
    out += change.object.Subject();
    out += ' ';
    out += ActionName(change.action);
  }
  return out;
}

Inventory ChangeSet::ToInventory() const {
  Inventory out;
  for (const auto& change : changes_) {
    if (change.action != Action::kDeleted) out.Add(change.object);
  }
  return out;
}

}  // namespace sluice::apply
