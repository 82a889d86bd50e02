#include "oci_repository_kind.h"

#include <optional>

#include "api/conditions.h"
#include "api/source.h"
#include "base/semver.h"
#include "base/strings.h"
#include "regex/go_regex.h"

namespace sluice::source {
namespace {

StepResult FetchFailed(SourceStatus& status, std::string_view reason, base::Status why) {
  return status.Fail(api::kFetchFailed, StepResult::Retry(reason, std::move(why)));
}

}  // namespace

base::Result<std::string> ChooseTag(const std::vector<std::string>& tags,
                                    const std::string& constraint, const std::string& filter,
                                    bool chart) {
  std::optional<regex::GoRegex> wanted_names;
  if (!filter.empty()) {
    SLUICE_TRY(wanted_names, regex::GoRegex::Compile(filter));
  }
  const auto wanted = base::SemVerConstraint::Parse(constraint);
  if (!wanted.ok()) return wanted.status().Wrap(base::Cat("semver '", constraint, "' parse error"));
  std::optional<base::SemVer> best;
  for (const std::string& tag : tags) {
    if (wanted_names && !wanted_names->Matches(tag)) continue;
    auto version = base::SemVer::ParseTag(chart ? base::ReplaceAll(tag, "_", "+") : tag);
    if (!version.ok() || !wanted->Matches(*version)) continue;
    if (!best || *version > *best) best = *std::move(version);
  }
  if (!best) return base::NotFound("no match found for semver: " + constraint);
  return chart ? base::ReplaceAll(best->original(), "+", "_") : best->original();
}

std::string OciStoredMessage(const api::Artifact& artifact, const std::string& url) {
  std::string out =
      base::Cat("stored artifact with revision '", artifact.revision, "' from '", url, "'");
  const auto source = artifact.metadata.find(std::string(api::kOciSourceAnnotation));
  const auto revision = artifact.metadata.find(std::string(api::kOciRevisionAnnotation));
  const bool known = source != artifact.metadata.end() && revision != artifact.metadata.end() &&
                     !source->second.empty() && !revision->second.empty();
  if (known)
    out += base::Cat(", origin source '", source->second, "', origin revision '", revision->second,
                     "'");
  return out;
}

OciRepositoryKind::OciRepositoryKind(const SourceEnv& env, oci::RegistryClient& registries,
                                     CloudAccess& cloud, std::string public_root)
    : env_(env),
      registries_(registries),
      access_(env.client, env.events, cloud),
      verifier_(env.client, env_.clock, std::move(public_root)),
      layer_(env) {}

const KindTraits& OciRepositoryKind::traits() const {
  static const KindTraits traits{api::kOciRepositoryApiVersion, api::kOciRepositoryKind,
                                 "ocirepository", "ocirepository", CommonConditions()};
  return traits;
}

base::Result<SpecHead> OciRepositoryKind::Head(const document::Value& object) const {
  SLUICE_TRY(const auto spec, api::OciRepositorySpec::From(object));
  return SpecHead{spec.suspend, spec.interval};
}

StepResult OciRepositoryKind::Run(const observe::Context& ctx, const kube::ObjectKey& key,
                                  SourceStatus& status, Made& made) {
  const auto spec = api::OciRepositorySpec::From(status.object());
  if (!spec.ok()) return StepResult::Stalled("InvalidSpec", spec.status());
  // What failed is to be verified anew; what succeeded stands for the artifact of then.
  if (api::ConditionIs(status.object(), api::kSourceVerified, api::kFalse))
    status.Remove(api::kSourceVerified);
  oci::Access access;
  if (auto r = access_.Resolve(ctx.WithTimeout(spec->timeout), key.ns, *spec, status, access);
      r.failed())
    return r;
  const auto repository = OciRepositoryOf(spec->url, spec->insecure);
  if (!repository.ok()) {
    return status.Fail(api::kFetchFailed,
                       StepResult::Stalled(api::kUrlInvalidReason,
                                           repository.status().Wrap(base::Cat(
                                               "URL validation failed for '", spec->url, "'"))));
  }
  const auto remote = registries_.Open(*repository, access);
  oci::Reference ref{*repository, "", false};
  const observe::Context patience = ctx.WithTimeout(spec->timeout);
  if (auto r = ChooseReference(patience, *spec, *remote, status, ref); r.failed()) return r;
  OciRevision revision;
  if (auto r = FindRevision(patience, *remote, ref, status, revision); r.failed()) return r;

  StepResult r = Follow(ctx, key, *spec, *remote, revision, status, made);
  const bool has_it = status.artifact() && status.artifact()->revision == revision.revision;
  if (r.failed() && !has_it) {
    const std::string news =
        base::Cat("new revision '", revision.revision, "' for '", ref.Name(), "'");
    if (status.artifact()) status.SetTrue(api::kArtifactOutdated, api::kNewRevisionReason, news);
    status.Progressive(true, "building artifact: " + news);
  }
  if (r.failed()) return r;
  made.in_storage = "stored artifact for digest '" + revision.revision + "'";
  made.message = OciStoredMessage(*status.artifact(), spec->url);
  return r;
}

StepResult OciRepositoryKind::ChooseReference(const observe::Context& ctx,
                                              const api::OciRepositorySpec& spec,
                                              oci::RemoteRepository& remote, SourceStatus& status,
                                              oci::Reference& out) {
  if (!spec.digest.empty()) {
    out = oci::Reference::Digest(remote.name(), spec.digest);
    return StepResult::Next();
  }
  if (spec.semver.empty()) {
    out = oci::Reference::Tag(remote.name(), spec.tag.empty() ? "latest" : spec.tag);
    return StepResult::Next();
  }
  const auto tags = remote.ListTags(ctx);
  const auto tag = tags.ok() ? ChooseTag(*tags, spec.semver, spec.semver_filter,
                                         spec.layer_media_type == api::kHelmChartLayer)
                             : base::Result<std::string>(tags.status());
  if (!tag.ok()) {
    return FetchFailed(
        status, api::kReadOperationFailedReason,
        tag.status().Wrap(base::Cat("failed to determine the artifact tag for '", spec.url, "'")));
  }
  out = oci::Reference::Tag(remote.name(), *tag);
  return StepResult::Next();
}

StepResult OciRepositoryKind::FindRevision(const observe::Context& ctx,
                                           oci::RemoteRepository& remote, const oci::Reference& ref,
                                           SourceStatus& status, OciRevision& out) {
  const auto failed = [&](const base::Status& why) {
    return FetchFailed(status, api::kOciPullFailedReason,
                       why.Wrap("failed to determine artifact digest"));
  };
  if (ref.is_digest) {
    if (const auto s = oci::CheckHash(ref.identifier); !s.ok()) return failed(s);
    out = {ref.identifier, ref.identifier};
    return StepResult::Next();
  }
  if (const auto head = remote.Head(ctx, ref); head.ok()) {
    out.digest = head->digest;
  } else if (const auto whole = remote.Get(ctx, ref);
             whole.ok()) {  // some registries do not answer HEAD well
    out.digest = whole->digest;
  } else {
    return failed(whole.status());
  }
  out.revision = ref.identifier + "@" + out.digest;
  return StepResult::Next();
}

// A new revision and a new spec are verified; what is stored was.
StepResult OciRepositoryKind::Verify(const observe::Context& ctx, const kube::ObjectKey& key,
                                     const api::OciRepositorySpec& spec,
                                     oci::RemoteRepository& remote, const OciRevision& revision,
                                     bool same, SourceStatus& status) {
  if (!spec.verify) {
    status.Remove(api::kSourceVerified);
    return StepResult::Next();
  }
  const auto verified = api::GetCondition(status.object(), api::kSourceVerified);
  if (same && verified && verified->observed_generation == kube::GenerationOf(status.object()))
    return StepResult::Next();
  const auto verdict = verifier_.Verify(ctx.WithTimeout(spec.timeout), key.ns, *spec.verify,
                                        remote, revision.digest);
  if (!verdict.ok()) {
    const bool keyless = spec.verify->provider == "cosign" && spec.verify->secret.empty();
    return status.FailFalse(
        api::kSourceVerified,
        StepResult::Retry(
            api::kVerificationErrorReason,
            verdict.status().Wrap(base::Cat("failed to verify the signature using provider '",
                                            spec.verify->provider, keyless ? " keyless'" : "'"))));
  }
  if (*verdict == OciVerdict::kVerified) {
    status.SetTrue(api::kSourceVerified, api::kSucceededReason,
                   "verified signature of revision " + revision.revision);
  }
  return StepResult::Next();
}

StepResult OciRepositoryKind::Follow(const observe::Context& ctx, const kube::ObjectKey& key,
                                     const api::OciRepositorySpec& spec,
                                     oci::RemoteRepository& remote, const OciRevision& revision,
                                     SourceStatus& status, Made& made) {
  const bool same = status.artifact() && status.artifact()->revision == revision.revision;
  if (auto r = Verify(ctx, key, spec, remote, revision, same, status); r.failed()) return r;
  if (same && !api::OciContentConfigChanged(status.object())) {
    status.Remove(api::kFetchFailed);
    env_.events.RecordLocal(
        status.object(), api::EventSeverity::kTrace, api::kArtifactUpToDateReason,
        "artifact up-to-date with remote revision: '" + revision.revision + "'");
    return StepResult::Unchanged();
  }
  return layer_.Run(ctx, key, spec, remote, revision, status, made);
}

}  // namespace sluice::source
