// Rendered files → the documents of a release: split, told apart into hooks and manifests, sorted
// by kind. Values; pure; thread-safe. Spec: helm-engine 16.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "helm/version.h"
#include "helm/warning.h"

namespace sluice::helm {

enum class HookEvent : uint8_t {
  kPreInstall,
  kPostInstall,
  kPreDelete,
  kPostDelete,
  kPreUpgrade,
  kPostUpgrade,
  kPreRollback,
  kPostRollback,
  kTest,
};
std::string_view HookEventName(HookEvent event);  // "pre-install"
std::optional<HookEvent> ParseHookEvent(
    std::string_view name);  // any case, trimmed; "test-success" is test

// How the last run of a hook went: RFC 3339 texts as the record has them ("" = never), phase
// "Unknown", "Running", "Succeeded", "Failed".
struct HookRun {
  std::string started_at, completed_at, phase;
};

struct Hook {
  std::string name, kind;
  std::string path;  // of the template
  std::string manifest;
  std::vector<HookEvent> events;
  HookRun last_run;
  int64_t weight = 0;
  std::vector<std::string> delete_policies;  // lower case, unknown ones kept
  std::vector<std::string> output_log_policies;

  bool Has(HookEvent event) const;
  bool HasDeletePolicy(std::string_view policy) const;
};
inline constexpr std::string_view kBeforeHookCreation = "before-hook-creation",
                                  kHookSucceeded = "hook-succeeded", kHookFailed = "hook-failed";

struct ManifestHead {
  std::string api_version, kind, name;
  std::map<std::string, std::string> annotations;
};
// apiVersion, kind, metadata.name and metadata.annotations of the first document of `text`; numbers
// and booleans become text. Errors as sigs.k8s.io/yaml words them: "error converting YAML to JSON:
// yaml: line 3: …".
base::Result<ManifestHead> ParseManifestHead(std::string_view text, HelmVersion version);

struct Manifest {
  std::string name;  // path of the template
  std::string content;
  ManifestHead head;
};

enum class KindOrder : uint8_t { kInstall, kUninstall };
// Whether kind `a` goes before `b`: the known kinds in Helm's order, then the others by name. Kinds
// that rank alike are equal.
bool KindLess(std::string_view a, std::string_view b, KindOrder order, HelmVersion version);
// What to sort by once instead of comparing texts: known kinds 0…, unknown ones all the same, after
// them.
size_t KindRank(std::string_view kind, KindOrder order, HelmVersion version);

// The documents of a stream. v4: white space before each is dropped, what follows it stays; v3:
// both go. Views into `text`.
std::vector<std::string_view> SplitManifests(std::string_view text, HelmVersion version);

struct RenderedFile {
  std::string path;
  std::string content;
};
struct SortedManifests {
  std::vector<Hook> hooks;
  std::vector<Manifest> manifests;
};
// Files may come in any order; partials ("_…") and blank ones are skipped, documents with an
// unknown hook event dropped. Error (kInvalidArgument): "YAML parse error on <path>: …", of the
// first document that does not parse; `partial`, where given, gets what had been read by then,
// unsorted.
base::Result<SortedManifests> SortManifests(std::span<const RenderedFile> files, KindOrder order,
                                            HelmVersion version, SortedManifests* partial = nullptr,
                                            const WarningSink& warn = {});
// Takes the files' texts where it can; after a failure the files are as they were.
base::Result<SortedManifests> SortManifests(std::vector<RenderedFile>&& files, KindOrder order,
                                            HelmVersion version, const WarningSink& warn = {});

// The hooks of one event in the order they run: by weight, then name. Indices into `hooks`.
std::vector<size_t> HooksOf(std::span<const Hook> hooks, HookEvent event);

// helm.sh/resource-policy on uninstall: "keep" (trimmed, any case) is kept; any other value is
// neither kept nor deleted.
enum class ResourcePolicy : uint8_t { kNone, kKeep, kOther };
ResourcePolicy ResourcePolicyOf(const ManifestHead& head);

}  // namespace sluice::helm
