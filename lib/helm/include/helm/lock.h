// Chart.lock: whether it fits Chart.yaml, and what a new one holds. Pure: repositories are asked by
// callback. Spec: helm-engine 23.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/semver.h"
#include "base/status.h"
#include "helm/chart.h"
#include "helm/metadata.h"
#include "helm/version.h"

namespace sluice::helm {

// "sha256:<hex>" over what is wanted and what was found. `locked` null is Go's nil list.
std::string HashRequirements(const std::vector<Dependency>& wanted,
                             const std::optional<std::vector<Dependency>>& locked);
// Helm 2's, for charts of apiVersion v1
std::string HashRequirementsV2(const std::vector<Dependency>& wanted);

// kFailedPrecondition "the lock file (Chart.lock) is out of sync with the dependencies file
// (Chart.yaml). Please update the dependencies …"; ok without a lock.
base::Status CheckLock(const Chart& chart, HelmVersion version);

// Where a dependency comes from, by its `repository`.
enum class RepositoryKind : uint8_t {
  kVendored,  // "": charts/<name>
  kFile,      // file://…, see LocalChartPath
  kOci,       // oci://…
  kAlias,     // @name, alias:name: a configured repository
  kHttp,      // http://, https://
  kOther,
};
RepositoryKind KindOfRepository(std::string_view repository);

// The folder "file://x" means for a chart at `chart_path`; cleaned, which is no check: whoever
// opens it must keep it inside its root.
std::string LocalChartPath(std::string_view repository, std::string_view chart_path);

// Of versions sorted newest first the first that satisfies the constraint; unreadable ones are
// passed over.
std::optional<std::string> NewestMatching(const std::vector<std::string_view>& versions,
                                          const base::SemVerConstraint& constraint);

// The version a dependency gets; nullopt: none matches.
using VersionFinder = std::function<base::Result<std::optional<std::string>>(
    const Dependency&, const base::SemVerConstraint&)>;

// The lock of `wanted`. Vendored ones keep their range; `find` is asked for the rest. `generated`
// is RFC 3339. Errors: `dependency "a" has an invalid version/constraint format: …`, `can't get a
// valid version for 1 subchart(s): "a" (repository "r", version "v"). Make sure …`.
base::Result<Lock> ResolveDependencies(const std::vector<Dependency>& wanted, std::string generated,
                                       HelmVersion version, const VersionFinder& find);

}  // namespace sluice::helm
