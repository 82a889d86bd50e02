// Pruner: deletes what left the inventory, last kinds first. An object is only deleted while it
// carries the owner's labels and nothing on it says keep. Thread-safe.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "apply/change_set.h"
#include "kube/client.h"
#include "observe/context.h"

namespace sluice::apply {

struct PruneOptions {
  std::string owner_group;  // prefix of the owner labels and of the control annotations
  kube::ObjectKey owner;
};

struct PruneResult {
  // deleted (also: was gone already) and skipped, in the order it was done
  ChangeSet changes;
  std::vector<ObjectRef> kept;  // neither deleted nor skipped: still ours, to be tried again
  base::Status status;          // "delete failed, errors: …;"
};

PruneResult Prune(const observe::Context& ctx, kube::Client& client, std::vector<ObjectRef> stale,
                  const PruneOptions& options);

// Those of `objects` that are still there.
base::Result<std::vector<ObjectRef>> StillPresent(const observe::Context& ctx, kube::Client& client,
                                                  const std::vector<ObjectRef>& objects);

}  // namespace sluice::apply
