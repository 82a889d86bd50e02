#include "helm_chart_kind.h"

#include <array>

#include "api/bucket.h"
#include "api/conditions.h"
#include "api/meta.h"
#include "artifact/unpack.h"
#include "base/digest.h"
#include "base/strings.h"
#include "git_include_step.h"
#include "helm/loader.h"
#include "helm_dependencies.h"
#include "scratch_file.h"

namespace sluice::source {
namespace {

using base::Cat;
using Kind = HelmChartFailure::Kind;

constexpr uint64_t kMaxUnpacked = uint64_t{16} << 30;
constexpr std::string_view kVersionUnchangedReason = "ChartVersionUnchanged";
constexpr std::string_view kUnreachable = "failed to get chart version for remote reference";

const ConditionTraits& Conditions() {
  static constexpr std::array kOwned{
      api::kStorageOperationFailed, api::kFetchFailed,       api::kBuildFailed,
      api::kArtifactOutdated,       api::kArtifactInStorage, api::kSourceVerified};
  static constexpr std::array<api::SummarySource, 8> kSummary{{{api::kStorageOperationFailed, true},
                                                               {api::kFetchFailed, true},
                                                               {api::kBuildFailed, true},
                                                               {api::kArtifactOutdated, true},
                                                               {api::kArtifactInStorage, false},
                                                               {api::kSourceVerified, false},
                                                               {api::kStalled, true},
                                                               {api::kReconciling, true}}};
  static constexpr std::array kFailures{api::kBuildFailed, api::kFetchFailed,
                                        api::kStorageOperationFailed};
  static constexpr ConditionTraits traits{kOwned, kSummary, kFailures};
  return traits;
}

bool IsKnownKind(std::string_view kind) {
  return kind == api::kHelmRepositoryKind || kind == api::kGitRepositoryKind ||
         kind == api::kBucketKind;
}

// Names of charts in registries may have slashes.
std::string FileName(const HelmChartBuild& build) {
  return Cat(std::string_view(build.name).substr(build.name.rfind('/') + 1), "-", build.version,
             ".tgz");
}

std::vector<std::string> SourceOf(const document::Value& object) {
  const document::Value& ref = object["spec"]["sourceRef"];
  return {SourceKey(ref["kind"].AsString(), kube::KeyOf(object).ns, ref["name"].AsString())};
}

base::Status Validate(helm::Metadata metadata) { return metadata.Validate(helm::HelmVersion::kV4); }

bool IsRegistry(const document::Value& source) {
  return source["spec"]["type"].AsString() == "oci";
}

bool StrategyNeedsSource(const api::HelmChartSpec& spec) {
  return spec.by_revision &&
         (spec.source_kind == api::kGitRepositoryKind || spec.source_kind == api::kBucketKind);
}

}  // namespace

std::string HelmVersionMetadata(const api::HelmChartSpec& spec, const std::string& source_revision,
                                int64_t generation) {
  constexpr size_t kShort = 12;
  std::string out;
  if (StrategyNeedsSource(spec)) {
    const size_t colon = source_revision.rfind(':');
    const size_t slash = source_revision.rfind('/');  // of former versions: "main/<hex>"
    const size_t from = colon != std::string::npos   ? colon + 1
                        : slash != std::string::npos ? slash + 1
                                                     : 0;
    out = source_revision.substr(from, kShort);
  }
  if (spec.composes_values()) out += Cat(out.empty() ? "" : ".", std::to_string(generation));
  return out;
}

// ^([-a-z0-9]+/?\.?)+$
base::Status CheckRemoteChartName(const std::string& name) {
  if (name.empty()) return base::InvalidArgument("no name set for remote chart reference");
  const auto letter = [](char c) {
    return c == '-' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  };
  bool good = true;
  for (size_t i = 0; i < name.size() && good;) {
    good = letter(name[i]);
    while (i < name.size() && letter(name[i])) ++i;
    if (i < name.size() && name[i] == '/') ++i;
    if (i < name.size() && name[i] == '.') ++i;
  }
  if (good) return {};
  return base::InvalidArgument(Cat("invalid chart name '", name,
                                   "': a valid name must be lower case letters and numbers and MAY "
                                   "be separated with dashes (-), slashes (/) or "
                                   "periods (.)"));
}

HelmChartKind::HelmChartKind(const SourceEnv& env, HelmUpstream& upstream)
    : env_(env), upstream_(upstream), artifact_(env.store, env.events, env.clock) {}

const KindTraits& HelmChartKind::traits() const {
  static const KindTraits traits{api::kHelmSourceApiVersion,
                                 api::kHelmChartKind,
                                 "helmchart",
                                 "helmchart",
                                 Conditions(),
                                 SourceOf};
  return traits;
}

base::Result<SpecHead> HelmChartKind::Head(const document::Value& object) const {
  SLUICE_TRY(const auto spec, api::HelmChartSpec::From(object));
  return SpecHead{spec.suspend, spec.interval};
}

void HelmChartKind::Forget(const kube::ObjectKey& key) {
  const observe::MutexLock lock(mu_);
  made_of_.erase(key);
}

StepResult HelmChartKind::Run(const observe::Context& ctx, const kube::ObjectKey& key,
                              SourceStatus& status, Made& made) {
  const auto spec = api::HelmChartSpec::From(status.object());
  if (!spec.ok()) return StepResult::Stalled("InvalidSpec", spec.status());
  // What failed is to be verified anew.
  if (api::ConditionIs(status.object(), api::kSourceVerified, api::kFalse))
    status.Remove(api::kSourceVerified);
  Pass pass{ctx, key, *spec, status, nullptr, std::nullopt};
  if (auto r = FindSource(pass); r.failed()) return r;
  HelmChartBuild build;
  Failure failure;
  if (spec->source_kind == api::kHelmRepositoryKind) {
    failure = BuildRemote(pass, build);
    if (failure) failure = TellAuthentication(*std::move(failure));
  } else {
    failure = BuildLocal(pass, build);
  }
  if (!spec->verify) status.Remove(api::kSourceVerified);
  if (failure) return ObserveFailure(*failure, status);
  status.Remove(api::kFetchFailed);
  status.Remove(api::kBuildFailed);
  if (build.verified)
    status.SetTrue(api::kSourceVerified, api::kSucceededReason,
                   "verified signature of version " + build.version);
  if (build.resolved_dependencies > 0) {
    env_.events.RecordLocal(
        status.object(), api::EventSeverity::kTrace, api::kResolvedDependenciesReason,
        Cat("resolved ", std::to_string(build.resolved_dependencies), " chart dependencies"));
  }
  const StepResult r = Store(pass, build);
  if (r.failed()) return r;
  if (pass.artifact) {
    const observe::MutexLock lock(mu_);
    made_of_[key] = pass.artifact->digest;
  }
  made.reason = build.Reason();
  made.message = build.Summary();
  made.in_storage = made.message;
  return r;
}

StepResult HelmChartKind::FindSource(Pass& pass) {
  const api::HelmChartSpec& spec = pass.spec;
  const auto unavailable = [&](std::string text) {
    return base::NotFound(Cat("failed to get source: ", text));
  };
  if (!IsKnownKind(spec.source_kind)) {
    const base::Status why =
        unavailable(Cat("unsupported source kind '", spec.source_kind,
                        "', must be one of: [HelmRepository GitRepository Bucket]"));
    pass.status.SetTrue(api::kFetchFailed, api::kSourceUnavailableReason, why.message());
    return StepResult::Stalled(api::kUnsupportedSourceKindReason, why);
  }
  pass.source = env_.objects.Find(spec.source_kind, {pass.key.ns, spec.source_name});
  if (pass.source == nullptr) {
    return pass.status.Fail(
        api::kFetchFailed,
        StepResult::Retry(api::kSourceUnavailableReason,
                          unavailable(Cat(spec.source_kind, ".source.toolkit.fluxcd.io \"",
                                          spec.source_name, "\" not found"))));
  }
  pass.artifact = api::ArtifactOf(*pass.source);
  const bool stored =
      pass.artifact && env_.store.Verify(pass.artifact->path, pass.artifact->digest).ok();
  const bool registry = spec.source_kind == api::kHelmRepositoryKind && IsRegistry(*pass.source);
  if (!stored && !registry) {
    return pass.status.Fail(
        api::kFetchFailed,
        StepResult::Waiting(api::kNoSourceArtifactReason,
                            base::NotFound(Cat("no artifact available for ", spec.source_kind,
                                               " source '", spec.source_name, "'")),
                            env_.requeue_dependency));
  }
  if (pass.artifact)
    pass.status.mutable_object().Mutable("status").Set("observedSourceArtifactRevision",
                                                       pass.artifact->revision);
  return StepResult::Next();
}

bool HelmChartKind::IsStored(const Pass& pass, HelmChartBuild& build, bool packaged) const {
  const document::Value& object = pass.status.object();
  const auto& artifact = pass.status.artifact();
  if (!artifact || kube::GenerationOf(object) != api::ObservedGeneration(object)) return false;
  if (object["status"]["observedChartName"].AsString() != build.name ||
      artifact->revision != build.version)
    return false;
  build.cached = true;
  build.packaged = packaged;
  const document::Value& observed = object["status"]["observedValuesFiles"];
  if (pass.spec.composes_values()) build.values_files = pass.spec.values_files;
  if (!observed.empty()) {
    build.values_files.clear();
    for (const auto& file : observed.items()) build.values_files.emplace_back(file.AsString());
  }
  return true;
}

HelmChartKind::Failure HelmChartKind::BuildRemote(const Pass& pass, HelmChartBuild& build) {
  HelmChartFailure unreachable;
  const auto charts = upstream_.OfRepository(pass.ctx, *pass.source, unreachable);
  if (charts == nullptr) {
    // A registry's HelmRepository has no status that could say it.
    if (IsRegistry(*pass.source)) {
      env_.events.RecordLocal(*pass.source, api::EventSeverity::kError, unreachable.reason,
                              unreachable.status.message());
    }
    return unreachable;
  }
  ChartTrust trust;
  if (auto failure = FindTrust(pass, trust)) return failure;
  if (auto s = CheckRemoteChartName(pass.spec.chart); !s.ok()) {
    return HelmChartFailure::Of(Kind::kReference, std::move(s));
  }
  bool external = false;
  auto chart = charts->Find(pass.ctx, pass.spec.chart, pass.spec.version, external);
  if (!chart.ok()) {
    return HelmChartFailure::Of(external ? Kind::kPull : Kind::kReference,
                                std::move(chart).status().Wrap(kUnreachable));
  }
  if (pass.spec.verify) {
    auto verdict = charts->Verify(pass.ctx, trust, *chart);
    if (!verdict.ok()) {
      return HelmChartFailure::Of(Kind::kVerification, std::move(verdict).status());
    }
    build.verified = *verdict == OciVerdict::kVerified;
  }
  build.name = chart->name;
  build.version = chart->version;
  const bool packaged = pass.spec.composes_values();
  if (packaged) {
    auto version = WithVersionMetadata(
        build.version,
        HelmVersionMetadata(pass.spec, "", kube::GenerationOf(pass.status.object())));
    if (!version.ok()) return HelmChartFailure::Of(Kind::kMetadata, std::move(version).status());
    build.version = *std::move(version);
  }
  if (IsStored(pass, build, packaged)) return std::nullopt;
  auto bytes = charts->Download(pass.ctx, *chart);
  if (!bytes.ok()) {
    const bool too_large = bytes.status().code() == base::StatusCode::kResourceExhausted;
    return HelmChartFailure::Of(Kind::kPull,
                                std::move(bytes).status().Wrap(
                                    too_large ? "failed to load chart metadata from written chart"
                                              : "failed to download chart for remote reference"));
  }
  if (packaged) return Repackage(pass, *std::move(bytes), build);
  const auto metadata =
      helm::ReadArchiveMetadata(FileName(build), *bytes, upstream_.limits().chart.metadata());
  if (!metadata.ok())
    return HelmChartFailure::Of(
        Kind::kPull, metadata.status().Wrap("failed to load chart metadata from written chart"));
  if (auto s = Validate(*metadata); !s.ok())
    return HelmChartFailure::Of(Kind::kPull,
                                std::move(s).Wrap("failed to validate metadata of written chart"));
  build.bytes = *std::move(bytes);
  return std::nullopt;
}

HelmChartKind::Failure HelmChartKind::Repackage(const Pass& pass, std::string bytes,
                                                HelmChartBuild& build) {
  helm::LoadOptions options;
  options.max_file_bytes = upstream_.limits().chart.max_file_bytes;
  auto chart = helm::LoadArchive(std::move(bytes), options);
  if (!chart.ok())
    return HelmChartFailure::Of(Kind::kPackage,
                                std::move(chart).status().Wrap("failed to load downloaded chart"));
  (*chart)->metadata.version = build.version;
  auto composed =
      ComposeChartValues(**chart, pass.spec.values_files, pass.spec.ignore_missing_values_files);
  if (!composed.ok())
    return HelmChartFailure::Of(Kind::kValues,
                                std::move(composed).status().Wrap("failed to merge chart values"));
  const auto changed = OverwriteValues(**chart, composed->values);
  if (!changed.ok()) return HelmChartFailure::Of(Kind::kValues, changed.status());
  if (*changed) build.values_files = std::move(composed->files);
  auto packaged = PackageHelmChart(**chart);
  if (!packaged.ok()) return HelmChartFailure::Of(Kind::kPackage, std::move(packaged).status());
  build.bytes = *std::move(packaged);
  build.packaged = true;
  return std::nullopt;
}

// Read before anything is asked of the registry; a chart of an index has nobody who could verify
// it.
HelmChartKind::Failure HelmChartKind::FindTrust(const Pass& pass, ChartTrust& out) {
  if (!pass.spec.verify || !IsRegistry(*pass.source)) return std::nullopt;
  const api::OciVerification& verify = *pass.spec.verify;
  auto trust = upstream_.verifier().TrustOfChart(pass.ctx, pass.key.ns, pass.key.name, verify);
  if (trust.ok()) {
    out = *std::move(trust);
    return std::nullopt;
  }
  const bool keyless = verify.provider == "cosign" && verify.secret.empty();
  base::Status why =
      std::move(trust).status().Wrap(Cat("failed to verify the signature using provider '",
                                         verify.provider, keyless ? " keyless'" : "'"));
  pass.status.SetFalse(api::kSourceVerified, api::kVerificationErrorReason, why.message());
  return HelmChartFailure::Other(api::kVerificationErrorReason, std::move(why));
}

bool HelmChartKind::IsUntouched(const Pass& pass, HelmChartBuild& build) {
  const document::Value& object = pass.status.object();
  const auto& artifact = pass.status.artifact();
  {
    const observe::MutexLock lock(mu_);
    const auto it = made_of_.find(pass.key);
    if (it == made_of_.end() || it->second != pass.artifact->digest) return false;
  }
  const bool settled = api::ConditionIs(object, api::kArtifactInStorage, api::kTrue) &&
                       !pass.status.Has(api::kFetchFailed) && !pass.status.Has(api::kBuildFailed) &&
                       !pass.status.Has(api::kStorageOperationFailed);
  if (!settled || !artifact) return false;
  build.name = object["status"]["observedChartName"].AsString();
  build.version = artifact->revision;
  const auto stored = api::GetCondition(object, api::kArtifactInStorage);
  return IsStored(pass, build, stored->reason == api::kChartPackageSucceededReason);
}

HelmChartKind::Failure HelmChartKind::BuildLocal(const Pass& pass, HelmChartBuild& build) {
  if (IsUntouched(pass, build)) return std::nullopt;
  const auto no_room = [](base::Status why) {
    return HelmChartFailure::Other(
        api::kDirectoryCreationFailedReason,
        std::move(why).Wrap("failed to create temporary working directory"));
  };
  auto spooled =
      OpenScratchFile(env_.temp_dir, Cat("helmchart-", pass.key.ns, "-", pass.key.name, "-"));
  if (!spooled.ok()) return no_room(std::move(spooled).status());
  const auto file = env_.store.OpenForRead(pass.artifact->path);
  if (!file.ok())
    return HelmChartFailure::Other(api::kReadOperationFailedReason,
                                   file.status().Wrap("failed to open source artifact"));
  artifact::UnpackLimits limits;
  limits.max_bytes = kMaxUnpacked;
  artifact::TarGzSpool spool(*std::move(spooled), limits);
  std::string piece(64 << 10, '\0');
  const auto unpacked = [&]() -> base::Result<std::shared_ptr<const io::FileTree>> {
    for (uint64_t at = 0;;) {
      SLUICE_TRY(pass.ctx.Check());
      SLUICE_TRY(const size_t n, (*file)->ReadAt(at, std::span<char>(piece.data(), piece.size())));
      if (n == 0) return spool.Finish();
      SLUICE_TRY(spool.Write(std::string_view(piece).substr(0, n)));
      at += n;
    }
  }();
  if (!unpacked.ok())
    return HelmChartFailure::Other(api::kFailedReason,
                                   unpacked.status().Wrap("artifact untar error"));
  return BuildFromTree(pass, **unpacked, build);
}

HelmChartKind::Failure HelmChartKind::BuildFromTree(const Pass& pass, const io::FileTree& tree,
                                                    HelmChartBuild& build) {
  const auto reference = [](base::Status why) {
    return HelmChartFailure::Of(Kind::kReference, std::move(why));
  };
  if (pass.spec.chart.empty())
    return reference(base::InvalidArgument("no path set for local chart reference"));
  if (pass.spec.chart.starts_with('/'))
    return reference(
        base::InvalidArgument("local chart reference path is expected to be relative"));
  const std::string path = PathBelowRoot(pass.spec.chart);
  // As Flux shows where it unpacks to.
  const std::string display = Cat(env_.temp_dir, "/helmchart-", pass.key.ns, "-", pass.key.name,
                                  "/source", path.empty() ? "" : "/", path);
  const auto info = tree.Stat(path);
  if (!info.ok())
    return reference(base::NotFound(Cat("stat ", display, ": no such file or directory")));
  const bool directory = info->kind == io::FileKind::kDirectory;
  const HelmChartLimits& limits = upstream_.limits().chart;
  const auto metadata = [&]() -> base::Result<helm::Metadata> {
    if (directory) return helm::ReadDirectoryMetadata(tree, path, display, limits.metadata());
    SLUICE_TRY(std::string bytes, tree.ReadFile(path));
    return helm::ReadArchiveMetadata(std::string_view(path).substr(path.rfind('/') + 1),
                                     std::move(bytes), limits.metadata());
  }();
  if (!metadata.ok()) return reference(metadata.status());
  if (auto s = Validate(*metadata); !s.ok()) return reference(std::move(s));
  build.name = metadata->name;
  build.version = metadata->version;
  const std::string suffix = HelmVersionMetadata(pass.spec, pass.artifact->revision,
                                                 kube::GenerationOf(pass.status.object()));
  if (!suffix.empty()) {
    auto version = WithVersionMetadata(build.version, suffix);
    if (!version.ok()) return HelmChartFailure::Of(Kind::kMetadata, std::move(version).status());
    build.version = *std::move(version);
  }
  const bool packaged = directory || !suffix.empty();
  if (IsStored(pass, build, packaged)) {
    TellVersionUnchanged(pass, build);
    return std::nullopt;
  }
  if (packaged) return PackageFromTree(pass, tree, path, directory, build);
  auto bytes = tree.ReadFile(path);
  if (!bytes.ok()) return HelmChartFailure::Of(Kind::kPull, std::move(bytes).status());
  build.bytes = *std::move(bytes);
  return std::nullopt;
}

// What people look for when their change does not arrive.
void HelmChartKind::TellVersionUnchanged(const Pass& pass, const HelmChartBuild& build) {
  const std::string_view before =
      pass.status.before()["status"]["observedSourceArtifactRevision"].AsString();
  if (pass.spec.by_revision || before.empty() || before == pass.artifact->revision) return;
  env_.events.RecordLocal(
      pass.status.object(), api::EventSeverity::kTrace, kVersionUnchangedReason,
      Cat("source revision '", pass.artifact->revision, "' leaves the chart's version at '",
          build.version, "': it is not packaged again (spec.reconcileStrategy: Revision would)"));
}

HelmChartKind::Failure HelmChartKind::PackageFromTree(const Pass& pass, const io::FileTree& tree,
                                                      const std::string& path, bool directory,
                                                      HelmChartBuild& build) {
  std::optional<ComposedValues> composed;
  if (pass.spec.composes_values()) {
    auto merged =
        ComposeTreeValues(tree, pass.spec.values_files, pass.spec.ignore_missing_values_files);
    if (!merged.ok()) return HelmChartFailure::Of(Kind::kValues, std::move(merged).status());
    composed = *std::move(merged);
  }
  auto chart = LoadFromSource(tree, path, upstream_.limits().chart);
  if (!chart.ok()) return HelmChartFailure::Of(Kind::kPackage, std::move(chart).status());
  (*chart)->metadata.version = build.version;
  if (composed) {
    const auto changed = OverwriteValues(**chart, composed->values);
    if (!changed.ok()) return HelmChartFailure::Of(Kind::kValues, changed.status());
    if (*changed) build.values_files = std::move(composed->files);
  }
  if (directory) {
    const auto added = AddHelmDependencies(pass.ctx, {tree, pass.key, path}, upstream_, **chart);
    if (!added.ok()) return HelmChartFailure::Of(Kind::kDependencies, added.status());
    build.resolved_dependencies = *added;
  }
  auto bytes = PackageHelmChart(**chart);
  if (!bytes.ok()) return HelmChartFailure::Of(Kind::kPackage, std::move(bytes).status());
  build.bytes = *std::move(bytes);
  build.packaged = true;
  return std::nullopt;
}

StepResult HelmChartKind::Store(const Pass& pass, HelmChartBuild& build) {
  SourceStatus& status = pass.status;
  if (build.cached) {
    env_.events.RecordLocal(status.object(), api::EventSeverity::kTrace,
                            api::kArtifactUpToDateReason,
                            Cat("artifact up-to-date with remote revision: '", build.version, "'"));
    return StepResult::Unchanged();
  }
  const document::Value& object = status.object();
  const bool news = object["status"]["observedChartName"].AsString() != build.name ||
                    !status.artifact() || status.artifact()->revision != build.version;
  if (news) {
    if (status.artifact())
      status.SetTrue(api::kArtifactOutdated, api::kNewChartReason, build.Summary());
    status.Progressive(true, "building artifact: " + build.Summary());
  }
  ArtifactRequest request;
  request.directory = {std::string(traits().directory), pass.key.ns, pass.key.name};
  request.file = FileName(build);
  request.revision = build.version;
  request.failure = "unable to copy Helm chart to storage";
  request.latest = "latest.tar.gz";
  const auto produce =
      [&](const artifact::ByteSink& sink) -> base::Result<artifact::ArchiveSummary> {
    SLUICE_TRY(const auto digest,
               base::Digest::Of(env_.store.options().digest_algorithm, build.bytes));
    SLUICE_TRY(sink(build.bytes));
    artifact::ArchiveSummary summary;
    summary.digest = digest.ToString();
    summary.size = build.bytes.size();
    return summary;
  };
  artifact::ArchiveSummary summary;
  if (auto r = artifact_.Run(pass.ctx, request, status, produce, summary); r.failed()) return r;
  document::Value& state = status.mutable_object().Mutable("status");
  state.Set("observedChartName", build.name);
  if (pass.spec.ignore_missing_values_files && !build.values_files.empty()) {
    document::Value files = document::Value::Array();
    for (const std::string& file : build.values_files) files.Append(file);
    state.Set("observedValuesFiles", std::move(files));
  } else {
    state.Erase("observedValuesFiles");
  }
  return StepResult::Next();
}

}  // namespace sluice::source
