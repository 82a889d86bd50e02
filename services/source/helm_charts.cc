#include "helm_charts.h"

#include <algorithm>

#include "base/semver.h"
#include "base/strings.h"
#include "document/json.h"
#include "helm/metadata.h"
#include "helm/oci.h"
#include "helm_download.h"
#include "io/file_tree.h"

namespace sluice::source {
namespace {

constexpr std::string_view kOci = "oci://";

std::string TooLarge(const HelmChartVersion& chart, uint64_t limit) {
  return base::Cat("size of chart '", chart.name, "-", chart.version, ".tgz' exceeds '",
                   std::to_string(limit), "' bytes limit");
}

class HttpHelmCharts final : public HelmCharts {
 public:
  HttpHelmCharts(http::Client& client, HelmAccess access, HelmIndexTablePtr table,
                 uint64_t max_chart_bytes)
      : client_(client),
        access_(std::move(access)),
        table_(std::move(table)),
        max_chart_bytes_(max_chart_bytes) {}

  base::Result<HelmChartVersion> Find(const observe::Context& /*ctx*/, const std::string& chart,
                                      const std::string& version, bool& external) override {
    external = false;
    auto found = table_->view().Choose(chart, version);
    if (!found.ok()) {
      external = found.status().code() == base::StatusCode::kDataLoss;
      return std::move(found).status();
    }
    HelmChartVersion out{std::move(found->name), std::move(found->version), "", ""};
    if (!found->urls.empty()) out.url = found->urls.front();
    return out;
  }

  base::Result<std::string> Download(const observe::Context& ctx,
                                     const HelmChartVersion& chart) override {
    if (chart.url.empty())
      return base::NotFound(base::Cat("chart '", chart.name, "' has no downloadable URLs"));
    HelmGet get;
    SLUICE_TRY(get.url, HelmChartUrl(access_.url, chart.url));
    get.max_bytes = max_chart_bytes_;
    get.too_large = TooLarge(chart, max_chart_bytes_);
    std::string bytes;
    SLUICE_TRY(static_cast<base::Status>(
        DownloadHelmFile(ctx, client_, access_, get, [&bytes](std::string_view piece) {
          bytes += piece;
          return base::OkStatus();
        }).status()));
    return bytes;
  }

  base::Result<OciVerdict> Verify(const observe::Context& /*ctx*/, const ChartTrust& /*trust*/,
                                  HelmChartVersion& /*chart*/) override {
    return base::Unimplemented("not implemented");
  }

 private:
  http::Client& client_;
  const HelmAccess access_;
  const HelmIndexTablePtr table_;
  const uint64_t max_chart_bytes_;
};

class FailedHelmCharts final : public HelmCharts {
 public:
  explicit FailedHelmCharts(base::Status why) : why_(std::move(why)) {}

  base::Result<HelmChartVersion> Find(const observe::Context& /*ctx*/, const std::string& /*chart*/,
                                      const std::string& /*version*/, bool& external) override {
    external = true;
    return why_;
  }
  base::Result<std::string> Download(const observe::Context& /*ctx*/,
                                     const HelmChartVersion& /*chart*/) override {
    return why_;
  }
  base::Result<OciVerdict> Verify(const observe::Context& /*ctx*/, const ChartTrust& /*trust*/,
                                  HelmChartVersion& /*chart*/) override {
    return why_;
  }

 private:
  const base::Status why_;
};

// Chart.yaml as JSON. What it says counts only in the archive.
base::Status CheckChartConfig(std::string_view json) {
  SLUICE_TRY(const document::Value config, document::ParseJson(json, {.max_depth = 64}));
  helm::Metadata metadata;
  return helm::FromValue(config, &metadata);
}

class OciHelmCharts final : public HelmCharts {
 public:
  OciHelmCharts(oci::RegistryClient& registries, const OciVerifier& verifier, HelmAccess access,
                uint64_t max_chart_bytes)
      : registries_(registries),
        verifier_(verifier),
        access_(std::move(access)),
        max_chart_bytes_(max_chart_bytes) {}

  base::Result<HelmChartVersion> Find(const observe::Context& ctx, const std::string& chart,
                                      const std::string& version, bool& external) override {
    external = true;
    const std::string url = UrlOf(chart);
    // A whole version needs no list of tags.
    if (base::SemVer::ParseTag(version).ok())
      return HelmChartVersion{chart, version, base::Cat(url, ":", version), ""};
    auto tags = Tags(ctx, chart, url);
    if (!tags.ok())
      return std::move(tags).status().Wrap(
          base::Cat("could not get tags for ", base::QuoteGo(chart)));
    SLUICE_TRY(const std::string chosen, ChooseOciVersion(*tags, version));
    return HelmChartVersion{chart, chosen, base::Cat(url, ":", chosen), ""};
  }

  base::Result<std::string> Download(const observe::Context& ctx,
                                     const HelmChartVersion& chart) override {
    auto bytes = Pull(ctx.WithTimeout(access_.timeout), chart);
    if (!bytes.ok() && bytes.status().code() == base::StatusCode::kResourceExhausted) return bytes;
    return std::move(bytes).Wrap(base::Cat("failed to get '", chart.url, "'"));
  }

  base::Result<OciVerdict> Verify(const observe::Context& ctx, const ChartTrust& trust,
                                  HelmChartVersion& chart) override {
    const observe::Context limited = ctx.WithTimeout(access_.timeout);
    const std::string failed = base::Cat("failed to verify ", chart.url);
    SLUICE_TRY(const auto remote, Open(chart.name));
    const auto ref = oci::Reference::Tag(remote->name(), helm::TagOfVersion(chart.version));
    SLUICE_TRY(const oci::Descriptor head, remote->Head(limited, ref).Wrap(failed));
    SLUICE_TRY(const OciVerdict verdict,
               verifier_.VerifyChart(limited, trust, *remote, head.digest).Wrap(failed));
    chart.digest = head.digest;
    return verdict;
  }

 private:
  std::string UrlOf(const std::string& chart) const {
    return base::Cat(kOci, io::JoinPath(base::TrimPrefix(access_.url, kOci), chart));
  }

  base::Result<std::shared_ptr<oci::RemoteRepository>> Open(const std::string& chart) const {
    SLUICE_TRY(const auto name,
               oci::Repository::Parse(base::TrimPrefix(UrlOf(chart), kOci), access_.insecure));
    oci::Access access;
    access.auth = access_.registry;
    access.tls = access_.tls;
    return registries_.Open(name, access);
  }

  // As Helm's client reads registries; signatures are looked for as cosign does, by Open.
  base::Result<std::shared_ptr<oci::OrasRepository>> OpenCharts(const std::string& chart) const {
    oci::Access access;
    access.auth = access_.registry;
    access.tls = access_.tls;
    return registries_.OpenOras(std::string(base::TrimPrefix(UrlOf(chart), kOci)), access_.insecure,
                                access);
  }

  base::Result<std::vector<std::string>> Tags(const observe::Context& ctx, const std::string& chart,
                                              const std::string& url) const {
    const auto remote = OpenCharts(chart);
    auto tags = remote.ok() ? (*remote)->Tags(ctx.WithTimeout(access_.timeout))
                            : base::Result<std::vector<std::string>>(remote.status());
    if (!tags.ok())
      return std::move(tags).status().Wrap(
          base::Cat("could not fetch tags for ", base::QuoteGo(url)));
    std::vector<std::string> versions;
    for (const std::string& tag : *tags) {
      // Helm's client knows nothing but versions as SemVer has them.
      if (auto version = base::SemVer::ParseStrict(helm::VersionOfTag(tag)); version.ok())
        versions.push_back(version->ToString());
    }
    if (versions.empty())
      return base::NotFound(base::Cat("unable to locate any tags in provided repository: ", url));
    return versions;
  }

  base::Result<std::string> Pull(const observe::Context& ctx, const HelmChartVersion& chart) const {
    SLUICE_TRY(const auto remote, OpenCharts(chart.name));
    const oci::OrasWanted wanted{
        {helm::kConfigMediaType, helm::kChartLayerMediaType, helm::kLegacyChartLayerMediaType},
        max_chart_bytes_};
    const std::string reference =
        chart.digest.empty() ? helm::TagOfVersion(chart.version) : chart.digest;
    SLUICE_TRY(oci::OrasArtifact artifact, remote->Pull(ctx, reference, wanted));
    constexpr size_t kLeast = 2;  // the manifest and its config; the layer has an error of its own
    if (const size_t found = artifact.manifests + artifact.parts.size(); found < kLeast) {
      return base::FailedPrecondition(base::Cat(
          "manifest does not contain minimum number of descriptors (2), descriptors found: ",
          std::to_string(found)));
    }
    const oci::OrasPart *config = nullptr, *layer = nullptr;
    for (const oci::OrasPart& part : artifact.parts)
      (part.descriptor.media_type == helm::kConfigMediaType ? config : layer) = &part;
    if (config == nullptr)
      return base::FailedPrecondition(
          base::Cat("could not load config with mediatype ", helm::kConfigMediaType));
    if (layer == nullptr) {
      return base::FailedPrecondition(base::Cat("manifest does not contain a layer with mediatype ",
                                                helm::kChartLayerMediaType));
    }
    if (artifact.media_type != oci::kOciManifest &&
        artifact.media_type != oci::kOciIndex) {  // docker's: Helm has thrown it away by now
      return base::NotFound(base::Cat("unable to retrieve blob with digest ", artifact.digest, ": ",
                                      artifact.digest, ": ", artifact.media_type, ": not found"));
    }
    if (!config->bytes || !layer->bytes)
      return base::ResourceExhausted(TooLarge(chart, max_chart_bytes_));
    SLUICE_TRY(CheckChartConfig(*config->bytes));
    return *layer->bytes;
  }

  oci::RegistryClient& registries_;
  const OciVerifier& verifier_;
  const HelmAccess access_;
  const uint64_t max_chart_bytes_;
};

}  // namespace

base::Result<std::string> ChooseOciVersion(const std::vector<std::string>& tags,
                                           const std::string& version) {
  if (!version.empty() && std::ranges::find(tags, version) != tags.end()) return version;
  SLUICE_TRY(const auto wanted, base::SemVerConstraint::Parse(version.empty() ? "*" : version));
  std::optional<base::SemVer> best;
  for (const std::string& tag : tags) {
    auto parsed = base::SemVer::ParseTag(tag);
    if (parsed.ok() && wanted.Matches(*parsed) && (!best || *parsed > *best))
      best = *std::move(parsed);
  }
  if (!best)
    return base::NotFound("could not locate a version matching provided version string " + version);
  return best->original();
}

std::unique_ptr<HelmCharts> MakeHttpHelmCharts(http::Client& client, HelmAccess access,
                                               HelmIndexTablePtr table, uint64_t max_chart_bytes) {
  return std::make_unique<HttpHelmCharts>(client, std::move(access), std::move(table),
                                          max_chart_bytes);
}

std::unique_ptr<HelmCharts> MakeFailedHelmCharts(base::Status why) {
  return std::make_unique<FailedHelmCharts>(std::move(why));
}

std::unique_ptr<HelmCharts> MakeOciHelmCharts(oci::RegistryClient& registries,
                                              const OciVerifier& verifier, HelmAccess access,
                                              uint64_t max_chart_bytes) {
  return std::make_unique<OciHelmCharts>(registries, verifier, std::move(access), max_chart_bytes);
}

}  // namespace sluice::source
