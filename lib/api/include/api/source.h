// The source kinds (source.toolkit.fluxcd.io): typed view of GitRepository with its defaults, and
// the conditions, reasons and texts that clients read. The API versions v1, v1beta2 and v1beta1
// hold the same fields; gitImplementation and accessFrom of the betas are ignored. Values and pure
// functions; thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/artifact.h"
#include "base/duration.h"
#include "base/status.h"
#include "document/value.h"

namespace sluice::api {

inline constexpr std::string_view kGitRepositoryKind = "GitRepository";
inline constexpr std::string_view kGitRepositoryApiVersion = "source.toolkit.fluxcd.io/v1";
// lease, events, field manager
inline constexpr std::string_view kSourceController = "source-controller";

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
inline constexpr std::string_view kInvalidProviderConfigurationReason =
    "InvalidProviderConfiguration";
inline constexpr std::string_view kArchiveOperationFailedReason = "ArchiveOperationFailed";
inline constexpr std::string_view kSourceIgnoreErrorReason = "SourceIgnoreError";
inline constexpr std::string_view kGarbageCollectionSucceededReason = "GarbageCollectionSucceeded";
inline constexpr std::string_view kGarbageCollectionFailedReason = "GarbageCollectionFailed";
inline constexpr std::string_view kVerificationErrorReason = "VerificationError";
inline constexpr std::string_view kInvalidVerificationModeReason = "InvalidVerificationMode";
inline constexpr std::string_view kInvalidGitObjectReason = "InvalidGitObject";
inline constexpr std::string_view kInvalidTagSignatureReason = "InvalidTagSignature";
inline constexpr std::string_view kInvalidCommitSignatureReason = "InvalidCommitSignature";
inline constexpr std::string_view kNotFoundReason = "NotFound";
inline constexpr std::string_view kNoArtifactReason = "NoArtifact";
inline constexpr std::string_view kIllegalPathReason = "IllegalPath";
inline constexpr std::string_view kCopyFailureReason = "CopyFailure";

// Texts.
inline constexpr std::string_view kReconciliationInProgressMessage = "reconciliation in progress";
inline constexpr std::string_view kBuildingArtifactMessage = "building artifact";
inline constexpr std::string_view kArtifactDisappearedMessage =
    "building artifact: disappeared from storage";
inline constexpr std::string_view kCheckoutFailedPrefix =
    "failed to checkout and determine revision";

// Metadata keys of events.
inline constexpr std::string_view kSourceRevisionKey = "source.toolkit.fluxcd.io/revision";
inline constexpr std::string_view kSourceDigestKey = "source.toolkit.fluxcd.io/digest";

enum class GitVerifyMode : uint8_t { kNone, kHead, kTag, kTagAndHead };
std::string_view GitVerifyModeName(GitVerifyMode mode);  // "HEAD", "Tag", "TagAndHEAD"; "" for none

struct GitInclude {
  std::string repository, from_path, to_path;  // as written: to_path "" means the repository's name
  const std::string& ToPath() const { return to_path.empty() ? repository : to_path; }
};

struct GitRepositorySpec {
  std::string url, secret, proxy_secret, provider, service_account;  // names, "" = none
  std::string branch, tag, semver, ref_name, commit;
  base::Duration interval{}, timeout = std::chrono::seconds(60);
  std::optional<std::string> ignore;  // "" is not absent: it shows in observedIgnore
  bool suspend = false, recurse_submodules = false;
  GitVerifyMode verify = GitVerifyMode::kNone;
  std::string verify_secret;
  std::vector<GitInclude> include;
  std::vector<std::string> sparse_checkout;  // as written

  // kInvalidArgument for a duration that is none.
  static base::Result<GitRepositorySpec> From(const document::Value& object);
};

// `status.observedIgnore` equals `spec.ignore`, both possibly absent.
bool IgnoreUnchanged(const document::Value& object);
void SetObservedIgnore(document::Value& object);

// Whether what shapes a GitRepository's artifact beside its revision is as it was when the artifact
// was made (source.md §7.5): ignore patterns, submodules, sparse paths, includes, of which
// `included` are the artifacts now (in spec.include's order), and a verification that is due.
bool GitContentUnchanged(const document::Value& object, const std::vector<Artifact>& included);
// The included artifacts differ from those in the status, whatever the order.
bool IncludesDiffer(const document::Value& object, const std::vector<Artifact>& included);
void SetObservedGitContent(document::Value& object, const std::vector<Artifact>& included);

}  // namespace sluice::api
