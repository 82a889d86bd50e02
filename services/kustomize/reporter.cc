#include "reporter.h"

#include "api/conditions.h"
#include "api/meta.h"

namespace sluice::kustomization {
namespace {

using base::Status;
using document::Value;

// A failure keeps the last progress message, marked as tried again.
void MarkRetrying(Value& object, std::string_view progress, base::Time now) {
  const auto before = api::GetCondition(object, api::kReconciling);
  if (!progress.empty()) {
    api::MarkReconciling(object, api::kProgressingWithRetryReason, progress, now);
  } else if (before) {
    api::MarkReconciling(object, api::kProgressingWithRetryReason, before->message, now);
  }
}

void SetInventory(Value& object, const apply::Inventory& inventory) {
  Value& status = object.Mutable("status");
  if (inventory.empty()) {
    status.Erase("inventory");
  } else {
    status.Set("inventory", inventory.ToStatus());
  }
}

}  // namespace

Value Reporter::Start(const Attempt& attempt) const {
  Value after = attempt.object();
  api::AddFinalizer(after);
  api::MarkRequestHandled(after);
  return after;
}

Status Reporter::Write(Attempt& attempt, Value after) {
  auto written = writer_.Write(attempt.ctx, attempt.object(), after);
  if (!written.ok()) return std::move(written).status();
  attempt.held = std::make_shared<const Value>(*std::move(written));
  return base::OkStatus();
}

Status Reporter::Acknowledge(Attempt& attempt) { return Write(attempt, Start(attempt)); }

Status Reporter::NotReady(Attempt& attempt, std::string_view reason, std::string_view message,
                          bool stalled) {
  Value after = Start(attempt);
  const auto now = clock_.Now();
  api::SetCondition(after, api::kReady, api::kFalse, reason, message, now);
  if (stalled) {
    api::MarkStalled(after, reason, message, now);
    api::SetObservedGeneration(after);
  } else {
    api::RemoveCondition(after, api::kStalled);
    MarkRetrying(after, "", now);
  }
  return Write(attempt, std::move(after));
}

Status Reporter::Running(Attempt& attempt, const Pass& pass, const apply::Inventory& inventory) {
  Value after = Start(attempt);
  const auto now = clock_.Now();
  api::SetCondition(after, api::kReady, api::kUnknown, api::kProgressingReason,
                    api::kReconciliationInProgress, now);
  api::MarkReconciling(after, api::kProgressingReason, pass.progress, now);
  after.Mutable("status").Set("lastAttemptedRevision", pass.artifact.revision);
  SetInventory(after, inventory);
  return Write(attempt, std::move(after));
}

Status Reporter::CheckingHealth(Attempt& attempt, const Pass& pass) {
  Value after = Start(attempt);
  const auto now = clock_.Now();
  api::SetCondition(after, api::kReady, api::kUnknown, api::kProgressingReason,
                    api::kReconciliationInProgress, now);
  api::MarkReconciling(after, api::kProgressingReason, pass.progress, now);
  api::SetCondition(after, api::kHealthy, api::kUnknown, api::kProgressingReason, pass.progress,
                    now);
  after.Mutable("status").Set("lastAttemptedRevision", pass.artifact.revision);
  SetInventory(after, pass.inventory);
  return Write(attempt, std::move(after));
}

void Reporter::Record(Value& after, const Pass& pass, std::string_view reason) {
  api::HistoryEntry entry;
  entry.digest = pass.baseline.build_digest;
  entry.status = reason;
  entry.revision = pass.artifact.revision;
  entry.origin_revision = pass.origin_revision;
  entry.took = clock_.Steady() - pass.started;
  api::RecordHistory(after, entry, clock_.Now());
}

Status Reporter::Failed(Attempt& attempt, const Pass& pass, std::string_view reason,
                        const Status& error) {
  Value after = Start(attempt);
  const auto now = clock_.Now();
  std::string message = error.message();
  if (reason == api::kHealthCheckFailedReason) {
    const auto took =
        pass.health == nullptr ? base::Duration{} : clock_.Steady() - pass.health->started();
    api::SetCondition(after, api::kHealthy, api::kFalse, reason, error.message(), now);
    message = error.Wrap("health check failed after " + base::FormatDuration(took)).message();
  }
  api::SetCondition(after, api::kReady, api::kFalse, reason, message, now);
  api::RemoveCondition(after, api::kStalled);
  MarkRetrying(after, pass.progress, now);
  if (pass.attempted) after.Mutable("status").Set("lastAttemptedRevision", pass.artifact.revision);
  if (pass.step >= Pass::Step::kApply) {
    SetInventory(after, pass.inventory);
    if (!pass.baseline.build_digest.empty()) Record(after, pass, reason);
  }
  PassEvent(attempt, pass, api::EventSeverity::kError, reason, message);
  return Write(attempt, std::move(after));
}

Status Reporter::Succeeded(Attempt& attempt, const Pass& pass, bool checks_health) {
  Value after = Start(attempt);
  const auto now = clock_.Now();
  Value& status = after.Mutable("status");
  status.Set("lastAttemptedRevision", pass.artifact.revision);
  status.Set("lastAppliedRevision", pass.artifact.revision);
  if (pass.origin_revision.empty()) {
    status.Erase("lastAppliedOriginRevision");
  } else {
    status.Set("lastAppliedOriginRevision", pass.origin_revision);
  }
  SetInventory(after, pass.inventory);
  if (checks_health) {
    const auto took =
        pass.health == nullptr ? base::Duration{} : clock_.Steady() - pass.health->started();
    const auto before = api::GetCondition(after, api::kHealthy);
    // The message holds a duration: it is renewed with the check, not with every pass that finds
    // all well at once.
    const bool keep =
        pass.was_healthy && before && before->status == api::kTrue && !pass.changes.Changed();
    if (!keep) {
      api::SetCondition(after, api::kHealthy, api::kTrue, api::kSucceededReason,
                        api::HealthCheckPassedMessage(took), now);
    }
  } else {
    api::RemoveCondition(after, api::kHealthy);
  }
  api::SetCondition(after, api::kReady, api::kTrue, api::kReconciliationSucceededReason,
                    api::AppliedRevisionMessage(pass.artifact.revision), now);
  api::RemoveCondition(after, api::kReconciling);
  api::RemoveCondition(after, api::kStalled);
  api::SetObservedGeneration(after);
  Record(after, pass, api::kReconciliationSucceededReason);
  return Write(attempt, std::move(after));
}

Status Reporter::RemoveFinalizer(Attempt& attempt) {
  Value after = attempt.object();
  if (!api::RemoveFinalizer(after)) return base::OkStatus();
  const Status status = Write(attempt, std::move(after));
  return status.code() == base::StatusCode::kNotFound ? base::OkStatus() : status;
}

std::string Reporter::InterruptedSince(const Value& object, const api::KustomizationSpec& spec) {
  const auto condition = api::GetCondition(object, api::kReconciling);
  const bool applying =
      condition && condition->reason == api::kProgressingReason &&
      condition->message == api::DetectingDriftMessage(
                                object["status"]["lastAttemptedRevision"].AsString(), spec.timeout);
  return applying ? condition->last_transition_time : "";
}

void Reporter::Event(const Attempt& attempt, api::EventSeverity severity, std::string_view reason,
                     std::string_view message, const std::map<std::string, std::string>& metadata) {
  events_.Record(attempt.object(), severity, reason, message, metadata);
}

}  // namespace sluice::kustomization
