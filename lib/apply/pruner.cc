#include "apply/pruner.h"

#include <algorithm>

#include "base/strings.h"
#include "item.h"

namespace sluice::apply {
namespace {

using base::Status;
using document::Value;

bool BelongsTo(const Value& live, const PruneOptions& options) {
  return kube::LabelOf(live, options.owner_group + "/name") == options.owner.name &&
         kube::LabelOf(live, options.owner_group + "/namespace") == options.owner.ns;
}

bool IsKept(const Value& live, const std::string& group) {
  return HasControl(live, group, "prune", "disabled") || IsLeftAlone(live, group);
}

// The served version of a stale object's kind; the recorded one may be gone.
base::Result<kube::GroupVersionKind> ServedKind(const observe::Context& ctx, kube::Client& client,
                                                const ObjectRef& ref) {
  if (client.MappingOf(ctx, ref.gvk()).ok()) return ref.gvk();
  return client.PreferredVersion(ctx, ref.gk);
}

// Deletes one; sets `action`, or fails with the wording of the whole error's part.
Status PruneOne(const observe::Context& ctx, kube::Client& client, const ObjectRef& ref,
                const PruneOptions& options, Action* action) {
  *action = Action::kDeleted;
  const auto gvk = ServedKind(ctx, client, ref);
  if (!gvk.ok()) {
    // The kind went away and its objects with it.
    if (gvk.status().code() == base::StatusCode::kNotFound) return base::OkStatus();
    return gvk.status().Wrap(ref.Subject() + " query failed");
  }
  const auto live = client.Get(ctx, *gvk, ref.key);
  if (!live.ok()) {
    if (live.status().code() == base::StatusCode::kNotFound) return base::OkStatus();
    return live.status().Wrap(ref.Subject() + " query failed");
  }
  if (!BelongsTo(*live, options) || IsKept(*live, options.owner_group)) {
    *action = Action::kSkipped;
    return base::OkStatus();
  }
  kube::DeleteOptions remove;
  remove.propagation = kube::Propagation::kBackground;
  remove.uid = kube::UidOf(*live);
  const Status deleted = client.Delete(ctx, *gvk, ref.key, remove);
  if (deleted.ok() || deleted.code() == base::StatusCode::kNotFound) return base::OkStatus();
  return deleted.Wrap(ref.Subject() + " delete failed");
}

}  // namespace

PruneResult Prune(const observe::Context& ctx, kube::Client& client, std::vector<ObjectRef> stale,
                  const PruneOptions& options) {
  std::ranges::sort(stale,
                    [](const ObjectRef& a, const ObjectRef& b) { return SortsBefore(b, a); });
  PruneResult result;
  std::string errors;
  base::StatusCode code = base::StatusCode::kInternal;
  for (const auto& ref : stale) {
    Action action = Action::kUnknown;
    if (const Status status = PruneOne(ctx, client, ref, options, &action); status.ok()) {
      result.changes.Add(ref, action);
    } else {
      errors += base::Cat(status.message(), ";");
      code = status.code();
      result.kept.push_back(ref);
    }
  }
  if (!errors.empty()) result.status = Status(code, "delete failed, errors: " + errors);
  std::ranges::reverse(result.kept);  // back in apply order
  return result;
}

base::Result<std::vector<ObjectRef>> StillPresent(const observe::Context& ctx, kube::Client& client,
                                                  const std::vector<ObjectRef>& objects) {
  std::vector<ObjectRef> present;
  for (const auto& ref : objects) {
    const auto gvk = ServedKind(ctx, client, ref);
    if (!gvk.ok() && gvk.status().code() == base::StatusCode::kNotFound) continue;
    if (!gvk.ok()) return gvk.status();
    const auto live = client.Get(ctx, *gvk, ref.key);
    if (live.ok()) {
      present.push_back(ref);
    } else if (live.status().code() != base::StatusCode::kNotFound) {
      return live.status();
    }
  }
  return present;
}

}  // namespace sluice::apply
