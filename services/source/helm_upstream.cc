#include "helm_upstream.h"

#include "api/conditions.h"
#include "base/digest.h"
#include "base/strings.h"
#include "scratch_file.h"

namespace sluice::source {
namespace {

using Kind = HelmChartFailure::Kind;

constexpr std::string_view kLoading = "failed to load index: failed to load index";

// As NormalizeHelmUrl, of what may be no URL of a repository at all.
std::string NormalizedDependency(const std::string& url) {
  auto normalised = NormalizeHelmUrl(url);
  if (normalised.ok()) return *std::move(normalised);
  return base::Contains(url, ":") ? url : base::Cat(base::TrimRight(url, "/"), "/");
}

base::Status CheckDependency(const std::string& url) {
  if (url.starts_with(api::kOciUrlPrefix) || url.starts_with("https://") ||
      url.starts_with("http://"))
    return {};
  if (url.starts_with("@"))
    return base::InvalidArgument("aliased repository dependency is not supported: " +
                                 http::RedactUrl(url));
  return base::InvalidArgument("invalid dependency repository URL: " + http::RedactUrl(url));
}

}  // namespace

HelmUpstream::HelmUpstream(const SourceEnv& env, oci::RegistryClient& registries,
                           cloud::RegistryLogins& logins, HelmIndexCache& cache,
                           std::string public_root, const Limits& limits)
    : env_(env),
      registries_(registries),
      cache_(cache),
      access_(env.client, logins),
      verifier_(env.client, env_.clock, std::move(public_root)),
      limits_(limits) {}

std::unique_ptr<HelmCharts> HelmUpstream::OfRepository(const observe::Context& ctx,
                                                       const document::Value& repository,
                                                       HelmChartFailure& failure) {
  const auto fail = [&failure](HelmChartFailure why) {
    failure = std::move(why);
    return nullptr;
  };
  const auto invalid = [&](base::Status why) {
    return fail(HelmChartFailure::Other(api::kUrlInvalidReason,
                                        std::move(why).Wrap("invalid Helm repository URL"),
                                        /*stalls=*/true));
  };
  const auto spec = api::HelmRepositorySpec::From(repository);
  if (!spec.ok()) return fail(HelmChartFailure::Other(api::kFailedReason, spec.status(), true));
  const auto url = NormalizeHelmUrl(spec->url);
  if (!url.ok()) return invalid(url.status());
  auto access =
      access_.Read(ctx.WithTimeout(spec->timeout), kube::KeyOf(repository).ns, *spec, *url);
  if (!access.ok())
    return fail(
        HelmChartFailure::Other(api::kAuthenticationFailedReason, std::move(access).status()));
  if (spec->oci) {
    if (!url->starts_with(api::kOciUrlPrefix)) {
      return fail(HelmChartFailure::Other(
          api::kFailedReason,
          base::InvalidArgument(
              base::Cat("failed to construct Helm client: invalid OCI registry URL: ", *url)),
          true));
    }
    return MakeOciHelmCharts(registries_, verifier_, *std::move(access),
                             limits_.chart.max_chart_bytes);
  }
  const auto artifact = api::ArtifactOf(repository);
  auto table = artifact ? StoredTable(ctx, *artifact, kube::KeyOf(repository))
                        : base::NotFound("no artifact");
  if (!table.ok()) {
    return fail(HelmChartFailure::Of(
        Kind::kPull,
        std::move(table).status().Wrap("failed to get chart version for remote reference: failed "
                                       "to load index: failed to load index")));
  }
  return MakeHttpHelmCharts(env_.http, *std::move(access), *std::move(table),
                            limits_.chart.max_chart_bytes);
}

base::Result<std::unique_ptr<HelmCharts>> HelmUpstream::OfDependency(const observe::Context& ctx,
                                                                     const kube::ObjectKey& chart,
                                                                     const std::string& url) {
  const std::string& ns = chart.ns;
  const std::string normalised = NormalizedDependency(url);
  SLUICE_TRY(CheckDependency(normalised));
  const std::string failed =
      base::Cat("failed to get chart repository for URL '", http::RedactUrl(normalised), "'");
  api::HelmRepositorySpec spec;
  spec.url = normalised;
  std::optional<api::Artifact> artifact;
  for (const auto& object : env_.objects.List(api::kHelmRepositoryKind, ns)) {
    const auto declared = api::HelmRepositorySpec::From(*object);
    if (!declared.ok()) continue;
    const auto its = NormalizeHelmUrl(declared->url);
    if (!its.ok() || *its != normalised) continue;
    spec = *declared;
    artifact = api::ArtifactOf(*object);
    break;
  }
  auto access = access_.Read(ctx.WithTimeout(spec.timeout), ns, spec, normalised);
  if (!access.ok()) return std::move(access).status().Wrap(failed);
  if (normalised.starts_with(api::kOciUrlPrefix)) {
    return MakeOciHelmCharts(registries_, verifier_, *std::move(access),
                             limits_.chart.max_chart_bytes);
  }
  const bool here = artifact && env_.store.Verify(artifact->path, artifact->digest).ok();
  auto table = here ? StoredTable(ctx, *artifact, chart).Wrap(kLoading) : FetchTable(ctx, *access);
  // Flux reads the index when it is asked for a chart of it, and says so then.
  if (!table.ok()) return MakeFailedHelmCharts(std::move(table).status());
  return MakeHttpHelmCharts(env_.http, *std::move(access), *std::move(table),
                            limits_.chart.max_chart_bytes);
}

base::Result<HelmIndexTablePtr> HelmUpstream::StoredTable(const observe::Context& ctx,
                                                          const api::Artifact& artifact,
                                                          const kube::ObjectKey& by) {
  bool hit = false;
  auto table = cache_.Table(ctx, artifact.path, artifact.digest, hit);
  env_.metrics.IndexLookedUp(by, hit);
  return table;
}

base::Result<HelmIndexTablePtr> HelmUpstream::FetchTable(const observe::Context& ctx,
                                                         const HelmAccess& access) {
  constexpr std::string_view kCaching =
      "failed to cache index: failed to cache index to temporary file";
  const std::string fingerprint = "dependency-" + access.Fingerprint();
  SLUICE_TRY(const auto alone, cache_.Enter(ctx, fingerprint));
  const auto note = cache_.Note(fingerprint);
  auto known = note ? cache_.Known(note->digest) : nullptr;
  HelmGet get;
  SLUICE_TRY(get.url, HelmIndexUrl(access.url));
  get.max_bytes = limits_.max_index_bytes;
  get.too_large = base::Cat("index exceeds the maximum index file size of ",
                            std::to_string(limits_.max_index_bytes), " bytes");
  if (known != nullptr) get.known = note->validators;
  SLUICE_TRY(auto file, OpenScratchFile(env_.temp_dir, "helmindex-"));
  HelmIndexSpool spool(std::move(file));
  base::Hasher hasher;
  const auto answer = DownloadHelmFile(ctx, env_.http, access, get, [&](std::string_view piece) {
    hasher.Update(piece);
    return spool.Append(piece);
  });
  if (!answer.ok()) return answer.status().Wrap(kCaching);
  if (answer->unchanged) return known;
  const std::string revision = hasher.Finish().ToString();
  if (auto same = cache_.Known(revision)) {
    known = std::move(same);
  } else {
    auto parsed = ParseTable(ctx, spool, revision);
    if (!parsed.ok()) return std::move(parsed).status().Wrap(kLoading);
    known = *std::move(parsed);
  }
  if (const auto kept = cache_.Keep(fingerprint, {answer->validators, revision, revision, 0});
      !kept.ok()) {
    ctx.log().Error(kept, "failed to note a Helm index");
  }
  return known;
}

base::Result<HelmIndexTablePtr> HelmUpstream::ParseTable(const observe::Context& ctx,
                                                         HelmIndexSpool& spool,
                                                         const std::string& revision) {
  SLUICE_TRY(const auto parsing, cache_.EnterParsing(ctx));
  helm::IndexOptions options;
  options.max_bytes = limits_.max_index_bytes;
  SLUICE_TRY(const auto index, helm::RepositoryIndex::Read(spool, options));
  SLUICE_TRY(cache_.KeepTable(revision, index));
  auto table = cache_.Known(revision);
  if (table == nullptr) return base::DataLoss("the index's table cannot be read");
  return table;
}

}  // namespace sluice::source
