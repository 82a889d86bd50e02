#include "finalizer.h"

#include "api/conditions.h"
#include "api/meta.h"
#include "apply/pruner.h"
#include "base/strings.h"

namespace sluice::kustomization {
namespace {

using base::Status;
using Clock = std::chrono::steady_clock;

constexpr base::Duration kTerminationPoll = std::chrono::seconds(2);

bool DeletesObjects(const api::KustomizationSpec& spec) {
  switch (spec.deletion_policy) {
    case api::DeletionPolicy::kMirrorPrune:
      return spec.prune;
    case api::DeletionPolicy::kDelete:
    case api::DeletionPolicy::kWaitForTermination:
      return true;
    case api::DeletionPolicy::kOrphan:
      break;
  }
  return false;
}

std::map<std::string, std::string> Metadata(const Attempt& attempt) {
  const auto revision = attempt.object()["status"]["lastAppliedRevision"].AsString();
  if (revision.empty()) return {};
  return {{std::string(api::kKustomizeRevisionKey), std::string(revision)}};
}

std::string ReadyReason(const Attempt& attempt, std::string_view fallback) {
  const auto ready = api::GetCondition(attempt.object(), api::kReady);
  return ready && !ready->reason.empty() ? ready->reason : std::string(fallback);
}

}  // namespace

bool Finalizer::AccountIsGone(const Attempt& attempt) {
  const std::string account = clients_.AccountOf(attempt.spec);
  if (account.empty()) return false;
  const auto found =
      clients_.own().Get(attempt.ctx, {"", "v1", "ServiceAccount"}, {attempt.key.ns, account});
  return !found.ok() && found.status().code() == base::StatusCode::kNotFound;
}

runtime::Outcome Finalizer::Run(Attempt& attempt) {
  State& state = attempt.state;
  state.pass.reset();
  state.parked = false;
  if (!api::HasFinalizer(attempt.object())) return runtime::Outcome::Success();
  if (state.terminating_until) return AwaitTermination(attempt);
  auto inventory = apply::Inventory::FromStatus(attempt.object()["status"]["inventory"]);
  if (!inventory.ok()) return runtime::Outcome::Error(inventory.status());
  if (attempt.spec.suspend || inventory->empty() || !DeletesObjects(attempt.spec))
    return Release(attempt);
  if (AccountIsGone(attempt)) {
    std::string subjects;
    for (const auto& ref : inventory->entries())
      subjects += (subjects.empty() ? "" : "\n") + ref.Subject();
    reporter_.Event(attempt, api::EventSeverity::kError, ReadyReason(attempt, "error"),
                    "unable to prune objects: \n" + subjects, Metadata(attempt));
    return Release(attempt);
  }
  apply::PruneOptions options;
  options.owner_group = api::kKustomizeGroup;
  options.owner = attempt.key;
  const auto result = apply::Prune(attempt.ctx, *attempt.target, inventory->entries(), options);
  if (!result.status.ok()) {
    reporter_.Event(attempt, api::EventSeverity::kError, ReadyReason(attempt, "error"),
                    "pruning for deleted resource failed", Metadata(attempt));
    return runtime::Outcome::Error(result.status);
  }
  if (!result.changes.empty()) {
    reporter_.Event(attempt, api::EventSeverity::kInfo, ReadyReason(attempt, "info"),
                    result.changes.Lines(false), Metadata(attempt));
  }
  if (attempt.spec.deletion_policy != api::DeletionPolicy::kWaitForTermination)
    return Release(attempt);
  for (const auto& change : result.changes.changes()) {
    if (change.action == apply::Action::kDeleted) state.terminating.push_back(change.object);
  }
  state.terminating_until =
      Clock::now() + std::chrono::duration_cast<Clock::duration>(attempt.spec.timeout);
  return AwaitTermination(attempt);
}

runtime::Outcome Finalizer::AwaitTermination(Attempt& attempt) {
  State& state = attempt.state;
  const auto present = apply::StillPresent(attempt.ctx, *attempt.target, state.terminating);
  if (present.ok() && present->empty()) return Release(attempt);
  if (Clock::now() >= *state.terminating_until) {
    reporter_.Event(attempt, api::EventSeverity::kError, ReadyReason(attempt, "error"),
                    "failed to wait for resources termination", Metadata(attempt));
    return Release(attempt);
  }
  if (present.ok()) state.terminating = *present;
  return runtime::Outcome::RequeueAfter(kTerminationPoll);
}

runtime::Outcome Finalizer::Release(Attempt& attempt) {
  if (const Status status = reporter_.RemoveFinalizer(attempt); !status.ok())
    return runtime::Outcome::Error(status);
  return runtime::Outcome::Success();
}

}  // namespace sluice::kustomization
