// SourceStatus: the object of one reconcile while it is being changed, for every source kind. Steps
// touch the object through it; Finish turns the outcome of the steps into conditions, as source.md
// §3.2–3.4 says. Thread-compatible; lives for one reconcile.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "api/artifact.h"
#include "api/conditions.h"
#include "base/clock.h"
#include "base/duration.h"
#include "base/status.h"
#include "document/value.h"

namespace sluice::source {

// What a step says: go on, or why the reconcile ends here.
struct StepResult {
  enum class Kind : uint8_t {
    kNext,
    kUnchanged,  // nothing to do: the artifact is what upstream has
    kRetry,      // an error that may pass: again, with back-off
    kWaiting,    // for something else: again after `after`
    kStalled,    // only the user can help
  } kind = Kind::kNext;
  std::string reason;
  base::Status status;  // kRetry, kWaiting, kStalled
  base::Duration after{};

  static StepResult Next() { return {}; }
  static StepResult Unchanged() { return {Kind::kUnchanged, {}, {}, {}}; }
  static StepResult Retry(std::string_view reason, base::Status status) {
    return {Kind::kRetry, std::string(reason), std::move(status), {}};
  }
  static StepResult Waiting(std::string_view reason, base::Status status, base::Duration after) {
    return {Kind::kWaiting, std::string(reason), std::move(status), after};
  }
  static StepResult Stalled(std::string_view reason, base::Status status) {
    return {Kind::kStalled, std::string(reason), std::move(status), {}};
  }
  bool failed() const {
    return kind == Kind::kRetry || kind == Kind::kWaiting || kind == Kind::kStalled;
  }
};

// The conditions of a kind; static storage.
struct ConditionTraits {
  std::span<const std::string_view> owned;      // beside Ready, Reconciling and Stalled
  std::span<const api::SummarySource> summary;  // Ready's sources, first first
  std::span<const std::string_view> failures;   // whose going is worth a Succeeded event
};
// Of GitRepository; those of OCIRepository, HelmRepository and Bucket are among them, in the same
// order.
const ConditionTraits& CommonConditions();

class SourceStatus {
 public:
  // `object` as it was read; `clock` outlives it.
  SourceStatus(document::Value object, base::Clock& clock,
               const ConditionTraits& traits = CommonConditions());

  const document::Value& before() const { return before_; }
  const document::Value& object() const { return object_; }
  document::Value& mutable_object() { return object_; }
  const std::optional<api::Artifact>& artifact() const { return artifact_; }
  const std::optional<api::Artifact>& artifact_before() const { return artifact_before_; }
  void SetArtifact(std::optional<api::Artifact> artifact);
  // The artifact was taken from it in this pass: what it has now, who could not have it has to be
  // told of.
  bool lost_artifact() const { return lost_artifact_; }

  // Reconciling=True Progressing; Ready=Unknown too if the stored artifact no longer is what is
  // wanted, or nothing better is known.
  void Progressive(bool drift, std::string_view message);
  void SetTrue(std::string_view type, std::string_view reason, std::string_view message);
  void SetFalse(std::string_view type, std::string_view reason, std::string_view message);
  void Remove(std::string_view type);
  bool Has(std::string_view type) const;
  // The failure as condition `type`=True and as the step's result.
  StepResult Fail(std::string_view type, StepResult result);
  // The same for a positive condition (SourceVerified): `type`=False.
  StepResult FailFalse(std::string_view type, StepResult result);

  // Conditions, observedGeneration, lastHandledReconcileAt and Ready for this outcome. An error if
  // the steps succeeded but Ready is not True.
  base::Status Finish(const StepResult& result);
  // True if a condition of failure stood before this reconcile and none does now.
  bool Recovered() const;

 private:
  void RestoreTransitionTimes();
  document::Value before_, object_;
  std::optional<api::Artifact> artifact_before_, artifact_;
  bool lost_artifact_ = false;
  base::Clock& clock_;
  const ConditionTraits traits_;
};

}  // namespace sluice::source
