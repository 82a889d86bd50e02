// Conditions of an object's status, by the rules all Flux kinds share:
// - observedGeneration is the object's generation; lastTransitionTime (UTC, whole seconds) moves
// when status, reason or
//   message changes; a message is cut at 32768 bytes, ending in "...".
// - Reconciling and Stalled exist only as True and exclude each other: setting one removes the
// other.
// - Order in the list: Stalled, Reconciling, Ready, then by observedGeneration descending, then by
// type. Functions over the whole object (they read metadata.generation, write status.conditions).
// Pure; thread-compatible.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/time.h"
#include "document/value.h"

namespace sluice::api {

inline constexpr std::string_view kReady = "Ready";
inline constexpr std::string_view kReconciling = "Reconciling";
inline constexpr std::string_view kStalled = "Stalled";
inline constexpr std::string_view kHealthy = "Healthy";

inline constexpr std::string_view kTrue = "True";
inline constexpr std::string_view kFalse = "False";
inline constexpr std::string_view kUnknown = "Unknown";

// Reasons that several kinds share; those of one kind stand beside that kind.
inline constexpr std::string_view kSucceededReason = "Succeeded";
inline constexpr std::string_view kFailedReason = "Failed";
inline constexpr std::string_view kProgressingReason = "Progressing";
inline constexpr std::string_view kProgressingWithRetryReason = "ProgressingWithRetry";
inline constexpr std::string_view kReconciliationSucceededReason = "ReconciliationSucceeded";
inline constexpr std::string_view kReconciliationFailedReason = "ReconciliationFailed";
inline constexpr std::string_view kDependencyNotReadyReason = "DependencyNotReady";
inline constexpr std::string_view kArtifactFailedReason = "ArtifactFailed";
inline constexpr std::string_view kBuildFailedReason = "BuildFailed";
inline constexpr std::string_view kHealthCheckFailedReason = "HealthCheckFailed";
inline constexpr std::string_view kPruneFailedReason = "PruneFailed";
inline constexpr std::string_view kAccessDeniedReason = "AccessDenied";
inline constexpr std::string_view kUrlInvalidReason = "URLInvalid";
inline constexpr std::string_view kSourceFetchFailedReason = "SourceFetchFailed";
inline constexpr std::string_view kValidationFailedReason = "ValidationFailed";
inline constexpr std::string_view kAuthenticationFailedReason = "AuthenticationFailed";
inline constexpr std::string_view kFeatureGateDisabledReason = "FeatureGateDisabled";

inline constexpr size_t kMaxConditionMessage = 32768;

struct Condition {
  std::string type, status, reason, message;
  int64_t observed_generation = 0;
  std::string last_transition_time;
  friend bool operator==(const Condition&, const Condition&) = default;
};

std::optional<Condition> GetCondition(const document::Value& object, std::string_view type);
bool HasCondition(const document::Value& object, std::string_view type);
bool ConditionIs(const document::Value& object, std::string_view type, std::string_view status);
// Ready=True, neither Reconciling nor Stalled.
bool IsReady(const document::Value& object);

// Sets or replaces the condition of that type.
void SetCondition(document::Value& object, std::string_view type, std::string_view status,
                  std::string_view reason, std::string_view message, base::Time now);
void MarkReconciling(document::Value& object, std::string_view reason, std::string_view message,
                     base::Time now);
void MarkStalled(document::Value& object, std::string_view reason, std::string_view message,
                 base::Time now);
bool RemoveCondition(document::Value& object, std::string_view type);  // false: was not there
// Sorts the list into the order above; the setters do it themselves.
void SortConditions(document::Value& object);

// Ready as a summary of others (source.md §3.4): the first group of (negative True, positive False,
// positive True, negative False, Unknown) that has a member decides the status; reason and message
// come from its first member in the order given. Sets nothing when none of them exists.
struct SummarySource {
  std::string_view type;
  bool negative;  // abnormal-true
};
void SummarizeReady(document::Value& object, std::span<const SummarySource> order, base::Time now);

// Cuts a message to `limit` bytes, ending in "...".
std::string TrimMessage(std::string_view message, size_t limit = kMaxConditionMessage);

}  // namespace sluice::api
