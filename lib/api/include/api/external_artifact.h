// ExternalArtifact and ArtifactGenerator (source.md §12): artifacts made of other sources'
// artifacts, and of what they are made. The typed view of a generator's spec, its validation, and
// the texts that clients read. Values and pure functions; thread-safe.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "api/conditions.h"
#include "base/status.h"
#include "document/value.h"

namespace sluice::api {

// also the name of its consumers' feature gate
inline constexpr std::string_view kExternalArtifactKind = "ExternalArtifact";
inline constexpr std::string_view kArtifactGeneratorKind = "ArtifactGenerator";
inline constexpr std::string_view kArtifactGeneratorApiVersion =
    "source.extensions.fluxcd.io/v1beta1";
// lease, events, field manager, managed-by
inline constexpr std::string_view kSourceWatcher = "source-watcher";

inline constexpr std::string_view kGeneratorFinalizer = "source.extensions.fluxcd.io/finalizer";
// the generator's UID
inline constexpr std::string_view kGeneratorLabel = "source.extensions.fluxcd.io/generator";
inline constexpr std::string_view kManagedByLabel = "app.kubernetes.io/managed-by";
inline constexpr std::string_view kGeneratorReconcileAnnotation =
    "source.extensions.fluxcd.io/reconcile";  // "disabled", in any case
// of an artifact's metadata
inline constexpr std::string_view kOriginRevisionKey = "org.opencontainers.image.revision";

inline constexpr std::string_view kReconciliationDisabledReason = "ReconciliationDisabled";

inline constexpr std::string_view kGeneratorInProgressMessage = "Reconciliation in progress";
inline constexpr std::string_view kGeneratorInitSuspendedMessage =
    "Initialized with reconciliation suspended";
inline constexpr std::string_view kGeneratorDisabledMessage = "Reconciliation is disabled";
inline constexpr std::string_view kExternalArtifactReadyMessage = "Artifact is ready";

enum class CopyStrategy : uint8_t { kOverwrite, kMerge, kExtract };

struct GeneratorSource {
  std::string alias, kind, ns, name;  // ns is filled in
};
struct CopyOperation {
  std::string from, to;  // "@alias/pattern", "@artifact/path"
  std::vector<std::string> exclude;
  CopyStrategy strategy = CopyStrategy::kOverwrite;
  bool optional = false;  // matching nothing is no error
};
struct OutputArtifact {
  std::string name;
  std::string revision, origin_revision;  // aliases without '@', "" = none
  std::vector<CopyOperation> copy;
  std::map<std::string, std::string> labels;  // captured from a path pattern
};
struct GeneratorSpec {
  std::vector<GeneratorSource> sources;
  std::vector<OutputArtifact> artifacts;
  std::string path_pattern;
  std::map<std::string, std::string> labels, annotations;  // commonMetadata

  static GeneratorSpec From(const document::Value& object);
  // Flux's order and words; what fails stalls the object. kPermissionDenied: AccessDenied;
  // kInvalidArgument: ValidationFailed.
  base::Status Validate(const std::string& ns, bool no_cross_namespace_refs) const;
};

struct ObservedSource {
  std::string digest, revision, origin_revision, url;
};
// status.observedSourcesDigest: over digest, revision and URL of each source, by alias.
std::string HashObservedSources(const std::map<std::string, ObservedSource>& sources);

// One entry of status.inventory.
struct GeneratedRef {
  std::string name, ns, digest, filename;
  friend bool operator==(const GeneratedRef&, const GeneratedRef&) = default;
};
std::vector<GeneratedRef> GeneratedInventory(const document::Value& object);
void SetGeneratedInventory(document::Value& object, const std::vector<GeneratedRef>& refs);

bool GeneratorIsDisabled(const document::Value& object);

// Kubernetes' rules, each broken one in its words, joined by "; "; "" = fine.
std::string DnsSubdomainErrors(std::string_view name);
std::string LabelValueErrors(std::string_view value);

}  // namespace sluice::api
