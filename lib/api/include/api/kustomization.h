// Kustomization (kustomize.toolkit.fluxcd.io): the typed view of an object with its defaults, and
// the texts clients see. The three API versions hold the same fields; what only the betas had
// (patchesStrategicMerge, patchesJson6902) is read from any of them. Values and pure functions;
// thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/duration.h"
#include "base/status.h"
#include "base/time.h"
#include "document/value.h"

namespace sluice::api {

inline constexpr std::string_view kKustomizationKind = "Kustomization";
inline constexpr std::string_view kKustomizationApiVersion = "kustomize.toolkit.fluxcd.io/v1";
// field manager of what is applied
inline constexpr std::string_view kKustomizeController = "kustomize-controller";
// of status and finalizers
inline constexpr std::string_view kKustomizeStatusManager = "gotk-kustomize-controller";
inline constexpr std::string_view kKustomizeOwnerNameLabel = "kustomize.toolkit.fluxcd.io/name";
inline constexpr std::string_view kKustomizeOwnerNamespaceLabel =
    "kustomize.toolkit.fluxcd.io/namespace";

// Metadata keys of its events.
inline constexpr std::string_view kKustomizeRevisionKey = "kustomize.toolkit.fluxcd.io/revision";
inline constexpr std::string_view kKustomizeOriginRevisionKey =
    "kustomize.toolkit.fluxcd.io/originRevision";
inline constexpr std::string_view kKustomizeCommitStatusKey =
    "kustomize.toolkit.fluxcd.io/commit_status";

inline constexpr std::string_view kHealthCheckCanceledReason = "HealthCheckCanceled";
inline constexpr std::string_view kUnsupportedReason = "UnsupportedFeature";
inline constexpr std::string_view kReconciliationInProgress = "Reconciliation in progress";

enum class DeletionPolicy : uint8_t { kMirrorPrune, kDelete, kWaitForTermination, kOrphan };

struct CrossNamespaceSourceRef {
  std::string kind, ns, name;
  friend bool operator==(const CrossNamespaceSourceRef&, const CrossNamespaceSourceRef&) = default;
};

struct KustomizationDependency {
  std::string ns, name, ready_expr;
};

struct KustomizationHealthCheck {
  std::string api_version, kind, ns, name;
};

// spec.ignore
struct KustomizationIgnoreRule {
  std::vector<std::string> paths;
  std::string group, version, kind, ns, name, label_selector, annotation_selector;
};

struct KustomizationSpec {
  CrossNamespaceSourceRef source;  // namespace defaulted to the object's
  std::string path, target_namespace, name_prefix, name_suffix, service_account;
  base::Duration interval{}, retry_interval{}, timeout{};  // with their defaults
  bool prune = false, force = false, wait = false, suspend = false,
       ignore_missing_components = false;
  DeletionPolicy deletion_policy = DeletionPolicy::kMirrorPrune;
  std::vector<KustomizationDependency> depends_on;
  std::vector<KustomizationHealthCheck> health_checks;
  std::vector<KustomizationIgnoreRule> ignore;
  std::vector<std::string> components, build_metadata;
  document::Value patches, patches_strategic_merge, patches_json6902, images;
  document::Value common_labels, common_annotations;
  // Asked for, not served yet: the field's path, for a Stalled message; "" = nothing.
  std::string unsupported;

  // Error: a duration that is none.
  static base::Result<KustomizationSpec> Of(const document::Value& object);
};

// ---- texts ----

std::string FetchingMessage(std::string_view revision, base::Duration timeout);
std::string BuildingMessage(std::string_view revision, base::Duration timeout);
std::string DetectingDriftMessage(std::string_view revision, base::Duration timeout);
std::string HealthCheckingMessage(std::string_view revision, base::Duration timeout);
std::string AppliedRevisionMessage(std::string_view revision);
std::string ReconciliationFinishedMessage(base::Duration took, base::Duration interval);
std::string HealthCheckPassedMessage(base::Duration took);
std::string HealthCheckCanceledMessage(const CrossNamespaceSourceRef& trigger);
std::string ArtifactMissingMessage(
    base::Duration retry);  // "Source artifact not found, retrying in 30s"
std::string ArtifactGoneMessage(
    base::Duration retry);  // "Source is not ready, artifact not found, retrying in 30s"
std::string DependencyRetryMessage(base::Duration retry);
std::string CrossNamespaceDeniedMessage(const CrossNamespaceSourceRef& source);
std::string UnsupportedMessage(std::string_view field);

// ---- status ----

struct HistoryEntry {
  std::string digest, status, revision, origin_revision;
  base::Duration took{};
};
// status.history: the entry of this digest and status renewed, or a new one; in front; at most five
// are kept.
void RecordHistory(document::Value& object, const HistoryEntry& entry, base::Time now);

}  // namespace sluice::api
