#include "helm_dependencies.h"

#include <algorithm>
#include <map>

#include "base/semver.h"
#include "base/strings.h"
#include "git_include_step.h"
#include "helm/loader.h"
#include "http/url.h"

namespace sluice::source {
namespace {

using base::Cat;
using base::Result;
using base::Status;
using helm::Dependency;

constexpr size_t kMaxDependencies = 500;

std::vector<Dependency> Missing(const helm::Chart& chart) {
  const std::vector<Dependency> none;
  const auto& wanted = chart.lock ? (chart.lock->dependencies ? *chart.lock->dependencies : none)
                                  : chart.metadata.dependencies;
  std::vector<Dependency> out;
  if (wanted.size() == chart.dependencies().size()) return out;
  for (const Dependency& d : wanted) {
    const bool there = std::ranges::any_of(
        chart.dependencies(), [&](const auto& c) { return c->name() == d.effective_name(); });
    const bool twice = std::ranges::any_of(
        out, [&](const Dependency& o) { return o.effective_name() == d.effective_name(); });
    if (!there && !twice) out.push_back(d);
    if (out.size() > kMaxDependencies) break;  // too many already: each is compared with all
  }
  return out;
}

bool IsLocal(const Dependency& d) {
  return d.repository.empty() || d.repository.starts_with("file://");
}

// Where in the source a local one is; it cannot lead out of it.
std::string LocalPath(const Dependency& d, const std::string& chart_path) {
  const std::string below = d.repository.empty()
                                ? Cat("charts/", d.name)
                                : d.repository.substr(std::string_view("file://").size());
  return PathBelowRoot(Cat(chart_path, "/", below.substr(0, below.find_first_of("?#"))));
}

Result<std::unique_ptr<helm::Chart>> LoadLocal(const Dependency& d, const HelmChartFolder& folder,
                                               const HelmChartLimits& limits) {
  const std::string path = LocalPath(d, folder.path);
  if (!folder.tree.Stat(path).ok()) {
    return base::NotFound(Cat("no chart found at '", path.empty() ? "" : "/", path,
                              "' (reference '", d.repository, "')"));
  }
  const auto wanted = base::SemVerConstraint::Parse(d.version);
  if (!wanted.ok())
    return wanted.status().Wrap(Cat("invalid version/constraint format '", d.version, "'"));
  auto chart = LoadFromSource(folder.tree, path, limits);
  if (!chart.ok())
    return std::move(chart).status().Wrap(
        Cat("failed to load chart from '/", path, "' (reference '", d.repository, "')"));
  SLUICE_TRY(const auto version, base::SemVer::Parse((*chart)->metadata.version));
  if (!wanted->Matches(version))
    return base::FailedPrecondition(
        Cat("can't get a valid version for constraint '", d.version, "'"));
  return chart;
}

Result<std::unique_ptr<helm::Chart>> LoadRemote(const observe::Context& ctx, const Dependency& d,
                                                HelmCharts& charts, const HelmChartLimits& limits) {
  bool external = false;
  const auto found = charts.Find(ctx, d.name, d.version, external);
  if (!found.ok()) {
    return found.status().Wrap(Cat("failed to get chart '", d.name, "' version '", d.version,
                                   "' from '", http::RedactUrl(d.repository), "'"));
  }
  auto bytes = charts.Download(ctx, *found);
  if (!bytes.ok())
    return std::move(bytes).status().Wrap(
        Cat("chart download of version '", found->version, "' failed"));
  helm::LoadOptions options;
  options.max_file_bytes = limits.max_file_bytes;
  return helm::LoadArchive(*std::move(bytes), options)
      .Wrap(Cat("failed to load downloaded archive of version '", found->version, "'"));
}

}  // namespace

Result<size_t> AddHelmDependencies(const observe::Context& ctx, const HelmChartFolder& folder,
                                   HelmUpstream& upstream, helm::Chart& chart) {
  const auto missing = Missing(chart);
  if (missing.size() > kMaxDependencies)
    return base::ResourceExhausted("the chart has too many dependencies");
  std::map<std::string, std::unique_ptr<HelmCharts>> repositories;
  const auto remote = [&](const Dependency& d) -> Result<std::unique_ptr<helm::Chart>> {
    auto& charts = repositories[d.repository];
    if (charts == nullptr) {
      SLUICE_TRY(charts, upstream.OfDependency(ctx, folder.chart, d.repository));
    }
    return LoadRemote(ctx, d, *charts, upstream.limits().chart);
  };
  for (const Dependency& d : missing) {
    SLUICE_TRY(ctx.Check());
    auto child = IsLocal(d) ? LoadLocal(d, folder, upstream.limits().chart) : remote(d);
    if (!child.ok())
      return std::move(child).status().Wrap(Cat("failed to add ", IsLocal(d) ? "local" : "remote",
                                                " dependency '", d.effective_name(), "'"));
    if (!d.alias.empty()) (*child)->metadata.name = d.alias;
    chart.AddDependency(*std::move(child));
  }
  return missing.size();
}

}  // namespace sluice::source
