// The source kinds (source.toolkit.fluxcd.io): typed view of GitRepository with its defaults, and the conditions, reasons and texts that
// clients read. The API versions v1, v1beta2 and v1beta1 hold the same fields; gitImplementation and accessFrom of the betas are ignored.
// Values and pure functions; thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/duration.h"
#include "base/status.h"
#include "document/value.h"

namespace sluice::api {

inline constexpr std::string_view kGitRepositoryKind = "GitRepository";
inline constexpr std::string_view kGitRepositoryApiVersion = "source.toolkit.fluxcd.io/v1";
inline constexpr std::string_view kSourceController = "source-controller";  // lease, events, field manager

// Condition types of the source kinds, beside the shared ones.
inline constexpr std::string_view kArtifactInStorage = "ArtifactInStorage";
inline constexpr std::string_view kArtifactOutdated = "ArtifactOutdated";
inline constexpr std::string_view kFetchFailed = "FetchFailed";
inline constexpr std::string_view kStorageOperationFailed = "StorageOperationFailed";
inline constexpr std::string_view kIncludeUnavailable = "IncludeUnavailable";
inline constexpr std::string_view kSourceVerified = "SourceVerified";

// Reasons, also of events.
inline constexpr std::string_view kNewRevisionReason = "NewRevision";
inline constexpr std::string_view kNewArtifactReason = "NewArtifact";
inline constexpr std::string_view kArtifactUpToDateReason = "ArtifactUpToDate";
inline constexpr std::string_view kArtifactVerificationFailedReason = "ArtifactVerificationFailed";
inline constexpr std::string_view kGitOperationSucceededReason = "GitOperationSucceeded";
inline constexpr std::string_view kGitOperationFailedReason = "GitOperationFailed";
inline constexpr std::string_view kEmptyGitRepositoryReason = "EmptyGitRepository";
inline constexpr std::string_view kInvalidProviderConfigurationReason = "InvalidProviderConfiguration";
inline constexpr std::string_view kArchiveOperationFailedReason = "ArchiveOperationFailed";
inline constexpr std::string_view kSourceIgnoreErrorReason = "SourceIgnoreError";
inline constexpr std::string_view kPatchOperationFailedReason = "PatchOperationFailed";
inline constexpr std::string_view kGarbageCollectionSucceededReason = "GarbageCollectionSucceeded";
inline constexpr std::string_view kGarbageCollectionFailedReason = "GarbageCollectionFailed";
// Ours: the object asks for what this version does not do.
inline constexpr std::string_view kUnsupportedFeatureReason = "UnsupportedFeature";

// Texts.
inline constexpr std::string_view kReconciliationInProgressMessage = "reconciliation in progress";
inline constexpr std::string_view kBuildingArtifactMessage = "building artifact";
inline constexpr std::string_view kArtifactDisappearedMessage = "building artifact: disappeared from storage";
inline constexpr std::string_view kCheckoutFailedPrefix = "failed to checkout and determine revision";

// Metadata keys of events.
inline constexpr std::string_view kSourceRevisionKey = "source.toolkit.fluxcd.io/revision";
inline constexpr std::string_view kSourceDigestKey = "source.toolkit.fluxcd.io/digest";

struct GitRepositorySpec {
  std::string url, secret, proxy_secret, provider, service_account;  // names, "" = none
  std::string branch, tag, semver, ref_name, commit;
  base::Duration interval{}, timeout = std::chrono::seconds(60);
  std::optional<std::string> ignore;  // "" is not absent: it shows in observedIgnore
  bool suspend = false;
  // What the object asks for and this version does not do: `spec.include is not supported yet`; "" if nothing.
  std::string unsupported;

  // kInvalidArgument for a duration that is none.
  static base::Result<GitRepositorySpec> From(const document::Value& object);
};

// `status.observedIgnore` equals `spec.ignore`, both possibly absent.
bool IgnoreUnchanged(const document::Value& object);
void SetObservedIgnore(document::Value& object);

}  // namespace sluice::api
