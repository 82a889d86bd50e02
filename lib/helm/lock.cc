#include "helm/lock.h"

#include <utility>

#include "base/digest.h"
#include "base/strings.h"
#include "document/json.h"
#include "io/file_tree.h"

namespace sluice::helm {
namespace {

using base::Cat;
using base::Result;
using base::Status;
using document::Value;

Value ToList(const std::vector<Dependency>& dependencies) {
  Value list = Value::Array();
  for (const Dependency& d : dependencies) list.Append(ToValue(d));
  return list;
}

std::string Hash(const Value& value) {
  return base::Digest::Sha256(document::ToJson(value, {.sort_keys = false})).ToString();
}

// Go's nil list where Chart.yaml names none.
Value Wanted(const std::vector<Dependency>& wanted, bool empty_list) {
  return wanted.empty() && !empty_list ? Value() : ToList(wanted);
}

std::string HashBoth(Value wanted, const std::optional<std::vector<Dependency>>& locked) {
  return Hash(Value::Array({std::move(wanted), locked ? ToList(*locked) : Value()}));
}

std::string Shown(const Dependency& d) {
  return Cat(base::QuoteGo(d.name), " (repository ", base::QuoteGo(d.repository), ", version ",
             base::QuoteGo(d.version), ")");
}

}  // namespace

std::string HashRequirements(const std::vector<Dependency>& wanted,
                             const std::optional<std::vector<Dependency>>& locked) {
  return HashBoth(Wanted(wanted, false), locked);
}

std::string HashRequirementsV2(const std::vector<Dependency>& wanted) {
  return Hash(Value::Object({{"dependencies", Wanted(wanted, false)}}));
}

Status CheckLock(const Chart& chart, HelmVersion version) {
  if (!chart.lock) return {};
  const Metadata& m = chart.metadata;
  if (HashBoth(Wanted(m.dependencies, m.empty_dependencies), chart.lock->dependencies) ==
      chart.lock->digest)
    return {};
  const bool v1 = m.api_version == "v1";
  if (v1 && HashRequirementsV2(m.dependencies) == chart.lock->digest) return {};
  const std::string_view files =
      v1 ? "(requirements.lock) is out of sync with the dependencies file (requirements.yaml)"
         : "(Chart.lock) is out of sync with the dependencies file (Chart.yaml)";
  const std::string_view how =
      !v1 && version == HelmVersion::kV4 ? " with 'helm dependency update'" : "";
  return base::FailedPrecondition(
      Cat("the lock file ", files, ". Please update the dependencies", how));
}

RepositoryKind KindOfRepository(std::string_view repository) {
  if (repository.empty()) return RepositoryKind::kVendored;
  if (repository.starts_with("file://")) return RepositoryKind::kFile;
  if (repository.starts_with("oci://")) return RepositoryKind::kOci;
  if (repository.starts_with("@") || repository.starts_with("alias:"))
    return RepositoryKind::kAlias;
  if (repository.starts_with("http://") || repository.starts_with("https://"))
    return RepositoryKind::kHttp;
  return RepositoryKind::kOther;
}

std::string LocalChartPath(std::string_view repository, std::string_view chart_path) {
  const std::string_view path = base::TrimPrefix(repository, "file://");
  return path.starts_with('/') ? io::CleanPath(path) : io::JoinPath(chart_path, path);
}

std::optional<std::string> NewestMatching(const std::vector<std::string_view>& versions,
                                          const base::SemVerConstraint& constraint) {
  for (const std::string_view version : versions) {
    const auto parsed = base::SemVer::Parse(version);
    if (parsed.ok() && constraint.Matches(*parsed)) return std::string(version);
  }
  return std::nullopt;
}

Result<Lock> ResolveDependencies(const std::vector<Dependency>& wanted, std::string generated,
                                 HelmVersion version, const VersionFinder& find) {
  Lock lock;
  lock.generated = std::move(generated);
  lock.dependencies.emplace();
  std::vector<std::string> missing;
  const auto words =
      version == HelmVersion::kV3 ? base::SemVerWords::kPlain : base::SemVerWords::kQuoted;
  for (const Dependency& d : wanted) {
    auto constraint = base::SemVerConstraint::Parse(d.version, words);
    if (!constraint.ok()) {
      return std::move(constraint)
          .status()
          .Wrap(Cat("dependency ", base::QuoteGo(d.name),
                    " has an invalid version/constraint format"));
    }
    Dependency locked{.name = d.name, .version = d.version, .repository = d.repository};
    if (KindOfRepository(d.repository) != RepositoryKind::kVendored) {
      SLUICE_TRY(const std::optional<std::string> found, find(d, *constraint));
      if (found)
        locked.version = *found;
      else
        missing.push_back(Shown(d));
    }
    lock.dependencies->push_back(std::move(locked));
  }
  if (!missing.empty()) {
    return base::NotFound(Cat("can't get a valid version for ", std::to_string(missing.size()),
                              " subchart(s): ", base::Join(missing, ", "),
                              ". Make sure a matching chart version exists in the repo, or change "
                              "the version constraint in Chart.yaml"));
  }
  lock.digest = HashRequirements(wanted, lock.dependencies);
  return lock;
}

}  // namespace sluice::helm
