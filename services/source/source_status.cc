#include "source_status.h"

#include <algorithm>
#include <array>

#include "api/conditions.h"
#include "api/meta.h"
#include "api/source.h"

namespace sluice::source {
namespace {

constexpr std::array kOwned{api::kArtifactInStorage,  api::kArtifactOutdated,
                            api::kFetchFailed,        api::kStorageOperationFailed,
                            api::kIncludeUnavailable, api::kSourceVerified};
constexpr std::array<api::SummarySource, 8> kSummary{{{api::kStorageOperationFailed, true},
                                                      {api::kFetchFailed, true},
                                                      {api::kIncludeUnavailable, true},
                                                      {api::kArtifactOutdated, true},
                                                      {api::kArtifactInStorage, false},
                                                      {api::kSourceVerified, false},
                                                      {api::kStalled, true},
                                                      {api::kReconciling, true}}};
constexpr std::array kFailures{api::kFetchFailed, api::kStorageOperationFailed,
                               api::kIncludeUnavailable};

}  // namespace

const ConditionTraits& CommonConditions() {
  static constexpr ConditionTraits traits{kOwned, kSummary, kFailures};
  return traits;
}

SourceStatus::SourceStatus(document::Value object, base::Clock& clock,
                           const ConditionTraits& traits)
    : before_(object),
      object_(std::move(object)),
      artifact_before_(api::ArtifactOf(before_)),
      artifact_(artifact_before_),
      clock_(clock),
      traits_(traits) {}

void SourceStatus::SetArtifact(std::optional<api::Artifact> artifact) {
  lost_artifact_ = lost_artifact_ || (artifact_ && !artifact);
  artifact_ = std::move(artifact);
  if (artifact_) {
    object_.Mutable("status").Set("artifact", api::ToValue(*artifact_));
  } else {
    object_.Mutable("status").Erase("artifact");
  }
}

void SourceStatus::Progressive(bool drift, std::string_view message) {
  const base::Time now = clock_.Now();
  const auto ready = api::GetCondition(object_, api::kReady);
  if (drift || !ready || ready->status == api::kUnknown) {
    api::SetCondition(object_, api::kReady, api::kUnknown, api::kProgressingReason, message, now);
  }
  api::MarkReconciling(object_, api::kProgressingReason, message, now);
}

void SourceStatus::SetTrue(std::string_view type, std::string_view reason,
                           std::string_view message) {
  api::SetCondition(object_, type, api::kTrue, reason, message, clock_.Now());
}

void SourceStatus::SetFalse(std::string_view type, std::string_view reason,
                            std::string_view message) {
  api::SetCondition(object_, type, api::kFalse, reason, message, clock_.Now());
}

void SourceStatus::Remove(std::string_view type) { api::RemoveCondition(object_, type); }

bool SourceStatus::Has(std::string_view type) const { return api::HasCondition(object_, type); }

StepResult SourceStatus::Fail(std::string_view type, StepResult result) {
  SetTrue(type, result.reason, result.status.message());
  return result;
}

StepResult SourceStatus::FailFalse(std::string_view type, StepResult result) {
  SetFalse(type, result.reason, result.status.message());
  return result;
}

base::Status SourceStatus::Finish(const StepResult& result) {
  const base::Time now = clock_.Now();
  const bool succeeded = !result.failed();
  if (succeeded) {
    Remove(api::kReconciling);
  } else if (const auto reconciling = api::GetCondition(object_, api::kReconciling)) {
    api::MarkReconciling(object_, api::kProgressingWithRetryReason, reconciling->message, now);
  }
  if (result.kind == StepResult::Kind::kStalled) {
    api::MarkStalled(object_, result.reason, result.status.message(), now);
  } else {
    Remove(api::kStalled);
  }
  api::MarkRequestHandled(object_);
  const bool settled = succeeded || result.kind == StepResult::Kind::kStalled;
  if (settled && !object_["status"]["conditions"].empty()) api::SetObservedGeneration(object_);
  api::SummarizeReady(object_, traits_.summary, now);
  // What was made once stays served, but is not to be built from until it verifies.
  if (const auto verified = api::GetCondition(object_, api::kSourceVerified);
      verified && verified->status == api::kFalse) {
    api::SetCondition(object_, api::kReady, api::kFalse, verified->reason, verified->message, now);
  }
  RestoreTransitionTimes();
  if (succeeded && !api::ConditionIs(object_, api::kReady, api::kTrue)) {
    const auto ready = api::GetCondition(object_, api::kReady);
    return base::Internal(ready ? ready->message
                                : "reconciliation ended without a Ready condition");
  }
  return base::OkStatus();
}

// A condition that went through other values on the way and ended as it was has not changed.
void SourceStatus::RestoreTransitionTimes() {
  document::Value* status = object_.Find("status");
  document::Value* conditions = status != nullptr ? status->Find("conditions") : nullptr;
  if (conditions == nullptr || !conditions->is_array()) return;
  for (document::Value& c : conditions->mutable_items()) {
    const auto old = api::GetCondition(before_, c["type"].AsString());
    if (old && old->status == c["status"].AsString() && old->reason == c["reason"].AsString() &&
        old->message == c["message"].AsString()) {
      c.Set("lastTransitionTime", old->last_transition_time);
    }
  }
}

bool SourceStatus::Recovered() const {
  const auto any = [this](const document::Value& object) {
    return std::ranges::any_of(
        traits_.failures, [&](std::string_view type) { return api::HasCondition(object, type); });
  };
  return any(before_) && !any(object_);
}

}  // namespace sluice::source
