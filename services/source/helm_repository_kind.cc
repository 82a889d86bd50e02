#include "helm_repository_kind.h"

#include <optional>

#include "api/conditions.h"
#include "base/digest.h"
#include "base/strings.h"
#include "base/time.h"
#include "helm/index.h"
#include "scratch_file.h"

namespace sluice::source {
namespace {

StepResult UrlInvalid(SourceStatus& status, base::Status why) {
  return status.Fail(api::kFetchFailed,
                     StepResult::Stalled(api::kUrlInvalidReason,
                                         std::move(why).Wrap("invalid Helm repository URL")));
}

void Announce(const std::string& revision, SourceStatus& status) {
  const std::string news = base::Cat("new index revision '", revision, "'");
  if (status.artifact()) status.SetTrue(api::kArtifactOutdated, api::kNewRevisionReason, news);
  status.Progressive(true, "building artifact: " + news);
}

}  // namespace

struct HelmRepositoryKind::Found {
  std::string fingerprint;
  std::optional<HelmIndexNote> note;  // of the answer before this one
  HelmValidators validators;          // of this one
  std::string revision;
  std::unique_ptr<HelmIndexSpool> spool;  // null: upstream said that it has not changed
  bool lost = false;                      // and what had not changed is here no more
};

HelmRepositoryKind::HelmRepositoryKind(const SourceEnv& env, cloud::RegistryLogins& logins,
                                       HelmIndexCache& cache, uint64_t max_index_bytes)
    : env_(env),
      access_(env.client, logins),
      cache_(cache),
      artifact_(env.store, env.events, env.clock),
      max_index_bytes_(max_index_bytes) {}

const KindTraits& HelmRepositoryKind::traits() const {
  static const KindTraits traits{api::kHelmSourceApiVersion, api::kHelmRepositoryKind,
                                 "helmrepository", "helmrepository", CommonConditions()};
  return traits;
}

base::Result<SpecHead> HelmRepositoryKind::Head(const document::Value& object) const {
  SLUICE_TRY(const auto spec, api::HelmRepositorySpec::From(object));
  return SpecHead{spec.suspend, spec.interval};
}

bool HelmRepositoryKind::Follows(const document::Value& object) const {
  return object["spec"]["type"].AsString() != "oci";
}

StepResult HelmRepositoryKind::Run(const observe::Context& ctx, const kube::ObjectKey& key,
                                   SourceStatus& status, Made& made) {
  const auto spec = api::HelmRepositorySpec::From(status.object());
  if (!spec.ok()) return StepResult::Stalled("InvalidSpec", spec.status());
  HelmAccess access;
  if (auto r = FindAccess(ctx, key, *spec, status, access); r.failed()) return r;
  const auto begun = observe::Context::Clock::now();
  const std::string fingerprint = access.Fingerprint();
  const auto alone = cache_.Enter(ctx, fingerprint);
  if (!alone.ok()) return StepResult::Retry(api::kFailedReason, alone.status());
  Found found;
  found.fingerprint = fingerprint;
  found.note = cache_.Note(fingerprint);
  if (auto r = Fetch(ctx, key, access, status, found); r.failed()) return r;

  StepResult r = StepResult::Unchanged();
  if (status.artifact() && status.artifact()->revision == found.revision) {
    status.Remove(api::kFetchFailed);
    env_.events.RecordLocal(
        status.object(), api::EventSeverity::kTrace, api::kArtifactUpToDateReason,
        base::Cat("artifact up-to-date with remote revision: '", found.revision, "'"));
  } else {
    r = Store(ctx, key, found, status);
    if (found.lost) {  // upstream counts on what went just now: it is asked without a condition
      found.note.reset();
      if (r = Fetch(ctx, key, access, status, found); r.failed()) return r;
      r = Store(ctx, key, found, status);
    }
    if (r.failed()) return r;
  }
  const api::Artifact& artifact = *status.artifact();
  if (found.spool != nullptr || !found.note || found.note->digest != artifact.digest) {
    const HelmIndexNote note{found.validators, found.revision, artifact.digest,
                             static_cast<uint64_t>(artifact.size)};
    if (const auto kept = cache_.Keep(fingerprint, note); !kept.ok())
      ctx.log().Error(kept, "failed to note a Helm index");
  }
  const auto spent =
      std::chrono::duration_cast<std::chrono::microseconds>(observe::Context::Clock::now() - begun);
  ctx.log().Debug("index found", {{"downloaded", found.spool != nullptr},
                                  {"microseconds", static_cast<int64_t>(spent.count())}});
  made.in_storage = "stored artifact: revision '" + artifact.revision + "'";
  made.message = base::Cat("stored fetched index of size ",
                           api::HumanSize(static_cast<uint64_t>(artifact.size)), " from '",
                           http::RedactUrl(spec->url), "'");
  return r;
}

StepResult HelmRepositoryKind::FindAccess(const observe::Context& ctx, const kube::ObjectKey& key,
                                          const api::HelmRepositorySpec& spec, SourceStatus& status,
                                          HelmAccess& out) {
  if (spec.url.starts_with(api::kOciUrlPrefix)) {
    return UrlInvalid(status,
                      base::InvalidArgument(
                          "'oci' URL scheme cannot be used with 'default' HelmRepository type"));
  }
  const auto url = NormalizeHelmUrl(spec.url);
  if (!url.ok()) return UrlInvalid(status, url.status());
  auto access = access_.Read(ctx, key.ns, spec, *url);
  if (!access.ok()) {
    return status.Fail(api::kFetchFailed, StepResult::Retry(api::kAuthenticationFailedReason,
                                                            std::move(access).status()));
  }
  out = *std::move(access);
  return StepResult::Next();
}

StepResult HelmRepositoryKind::Fetch(const observe::Context& ctx, const kube::ObjectKey& key,
                                     const HelmAccess& access, SourceStatus& status, Found& found) {
  const auto fetched = Download(ctx, key, access, found);
  if (fetched.ok()) return StepResult::Next();
  return status.Fail(
      api::kFetchFailed,
      StepResult::Retry(
          api::kFailedReason,
          fetched.Wrap(
              "failed to fetch Helm repository index: failed to cache index to temporary file")));
}

base::Status HelmRepositoryKind::Download(const observe::Context& ctx, const kube::ObjectKey& key,
                                          const HelmAccess& access, Found& found) {
  HelmGet get;
  SLUICE_TRY(get.url, HelmIndexUrl(access.url));
  get.max_bytes = max_index_bytes_;
  get.too_large = base::Cat("index exceeds the maximum index file size of ",
                            std::to_string(max_index_bytes_), " bytes");
  // Only who still has what upstream would not send again may ask so.
  if (found.note && env_.store.PathOf(found.note->digest).ok()) get.known = found.note->validators;
  auto file =
      OpenScratchFile(env_.temp_dir, base::Cat("helmrepository-", key.ns, "-", key.name, "-"));
  if (!file.ok())
    return std::move(file).status().Wrap("failed to create temp file to cache index to");
  auto spool = std::make_unique<HelmIndexSpool>(*std::move(file));
  base::Hasher hasher(env_.store.options().digest_algorithm);
  SLUICE_TRY(const auto answer,
             DownloadHelmFile(ctx, env_.http, access, get, [&](std::string_view piece) {
               hasher.Update(piece);
               return spool->Append(piece);
             }));
  found.validators = answer.validators;
  if (answer.unchanged) {
    found.revision = found.note->revision;
    return {};
  }
  found.revision = hasher.Finish().ToString();
  found.spool = std::move(spool);
  return {};
}

StepResult HelmRepositoryKind::Store(const observe::Context& ctx, const kube::ObjectKey& key,
                                     Found& found, SourceStatus& status) {
  ArtifactRequest request;
  request.directory = {std::string(traits().directory), key.ns, key.name};
  request.file = base::Cat("index-", found.revision.substr(found.revision.find(':') + 1), ".yaml");
  request.revision = found.revision;
  request.failure = "unable to save artifact to storage";
  request.latest = "index.yaml";
  if (found.note && found.note->revision == found.revision) {
    const auto existing = env_.store.PathOf(found.note->digest);
    if (existing.ok()) Announce(found.revision, status);
    auto shared = existing.ok()
                      ? artifact_.Share(ctx, request, *existing, found.note->digest, status)
                      : existing.status();
    if (shared.ok()) {
      status.Remove(api::kFetchFailed);
      return StepResult::Next();
    }
    if (shared.message().starts_with(artifact::kNoArtifactDirectory)) {
      return status.Fail(api::kStorageOperationFailed,
                         StepResult::Retry(api::kDirectoryCreationFailedReason, std::move(shared)));
    }
    found.lost = found.spool == nullptr;
    if (found.lost) return StepResult::Retry(api::kFailedReason, std::move(shared));
  }
  return ParseAndStore(ctx, request, found, status);
}

StepResult HelmRepositoryKind::ParseAndStore(const observe::Context& ctx,
                                             const ArtifactRequest& request, Found& found,
                                             SourceStatus& status) {
  const auto parsing = cache_.EnterParsing(ctx);
  if (!parsing.ok()) return StepResult::Retry(api::kFailedReason, parsing.status());
  auto spill_file = OpenScratchFile(env_.temp_dir, "helmindex-");
  if (!spill_file.ok())
    return StepResult::Retry(api::kDirectoryCreationFailedReason, std::move(spill_file).status());
  HelmIndexSpool spill(*std::move(spill_file));
  helm::IndexOptions options;
  options.max_bytes = max_index_bytes_;
  const auto index = helm::RepositoryIndex::Read(*found.spool, options, &spill);
  if (!index.ok()) {
    return status.Fail(
        api::kFetchFailed,
        StepResult::Retry(
            api::kIndexationFailedReason,
            index.status().Wrap(
                "failed to load Helm repository from index YAML: failed to load index")));
  }
  status.Remove(api::kFetchFailed);
  Announce(found.revision, status);

  const auto algorithm = env_.store.options().digest_algorithm;
  const auto produce =
      [&](const artifact::ByteSink& sink) -> base::Result<artifact::ArchiveSummary> {
    artifact::ArchiveSummary summary;
    base::Hasher hasher(algorithm);
    std::string buffer;
    const auto flush = [&]() -> base::Status {
      hasher.Update(buffer);
      summary.size += buffer.size();
      SLUICE_TRY(sink(buffer));
      buffer.clear();
      return {};
    };
    SLUICE_TRY(index->WriteJson([&](std::string_view bytes) -> base::Status {
      constexpr size_t kPiece = 64 << 10;
      buffer += bytes;
      return buffer.size() < kPiece ? base::OkStatus() : flush();
    }));
    SLUICE_TRY(flush());
    summary.digest = hasher.Finish().ToString();
    return summary;
  };
  artifact::ArchiveSummary summary;
  if (auto r = artifact_.Run(ctx, request, status, produce, summary); r.failed()) return r;
  // Without the table the first chart makes it.
  if (const auto kept = cache_.KeepTable(summary.digest, *index); !kept.ok())
    ctx.log().Error(kept, "failed to keep a Helm index's table");
  return StepResult::Next();
}

}  // namespace sluice::source
