#include "bucket_kind.h"

#include <algorithm>

#include "api/conditions.h"
#include "api/oci_repository.h"
#include "api/source.h"
#include "artifact/incremental.h"
#include "artifact/source_ignore.h"
#include "base/strings.h"
#include "bucket_fetch.h"

namespace sluice::source {
namespace {

using base::Cat;

constexpr std::string_view kIgnoreFile = ".sourceignore";
constexpr uint64_t kMaxIgnoreFile = 1 << 20;
constexpr size_t kMaxObjects = 1'000'000;

const ConditionTraits& Conditions() {
  static constexpr std::array kOwned{api::kStorageOperationFailed, api::kFetchFailed, api::kArtifactOutdated, api::kArtifactInStorage};
  static constexpr std::array<api::SummarySource, 6> kSummary{{{api::kStorageOperationFailed, true},
                                                               {api::kFetchFailed, true},
                                                               {api::kArtifactOutdated, true},
                                                               {api::kArtifactInStorage, false},
                                                               {api::kStalled, true},
                                                               {api::kReconciling, true}}};
  static constexpr std::array kFailures{api::kFetchFailed, api::kStorageOperationFailed};
  static constexpr ConditionTraits traits{kOwned, kSummary, kFailures};
  return traits;
}

// What stands behind a failure: the bucket may be missing or shut altogether, and the peer asks for that first.
base::Status Explain(const observe::Context& ctx, bucket::Bucket& bucket, const std::string& name, base::Status why, std::string_view prefix) {
  auto exists = bucket.Exists(ctx);
  if (exists.code() == base::StatusCode::kNotFound) return base::NotFound(Cat("bucket '", name, "' not found"));
  if (!exists.ok()) return std::move(exists).Wrap(Cat("failed to confirm existence of '", name, "' bucket"));
  return std::move(why).Wrap(prefix);
}

}  // namespace

BucketKind::BucketKind(const SourceEnv& env, CloudAccess& cloud) : env_(env), access_(env.client, cloud), artifact_(env.store, env.clock) {}

const KindTraits& BucketKind::traits() const {
  static const KindTraits traits{api::kBucketApiVersion, api::kBucketKind, "bucket", "bucket", Conditions()};
  return traits;
}

base::Result<SpecHead> BucketKind::Head(const document::Value& object) const {
  SLUICE_TRY(const auto spec, api::BucketSpec::From(object));
  return SpecHead{spec.suspend, spec.interval};
}

StepResult BucketKind::Run(const observe::Context& ctx, const kube::ObjectKey& key, SourceStatus& status, Made& made) {
  const auto spec = api::BucketSpec::From(status.object());
  if (!spec.ok()) return StepResult::Stalled("InvalidSpec", spec.status());
  const bucket::Tools tools{env_.http, env_.clock, env_.random};
  std::unique_ptr<bucket::Bucket> bucket;
  if (auto r = access_.Open(ctx.WithTimeout(spec->timeout), key.ns, *spec, tools, status, bucket); r.failed()) return r;
  const auto failed = [&](base::Status why) {
    return status.Fail(api::kFetchFailed, StepResult::Retry(api::kBucketOperationFailedReason, std::move(why)));
  };
  Listing listing;
  if (auto listed = List(ctx.WithTimeout(spec->timeout), *spec, *bucket, listing); !listed.ok()) return failed(std::move(listed));
  const bool same = status.artifact() && listing.index.Is(status.artifact()->revision);
  StepResult r = StepResult::Unchanged();
  if (!same) {
    Download download;
    if (auto got = Fetch(ctx.WithTimeout(spec->timeout), key, *spec, *bucket, listing, download); !got.ok()) return failed(std::move(got));
    const std::string news = Cat("new upstream revision '", listing.index.Digest(env_.store.options().digest_algorithm), "'");
    if (status.artifact()) status.SetTrue(api::kArtifactOutdated, api::kNewRevisionReason, news);
    status.Progressive(true, "building artifact: " + news);
    status.Remove(api::kFetchFailed);
    // What changed while it was fetched may have changed back.
    const bool now_same = status.artifact() && listing.index.Is(status.artifact()->revision);
    if (!now_same) r = Store(ctx, key, listing, download, status, made);
    if (r.failed()) return r;
  }
  status.Remove(api::kFetchFailed);
  const std::string revision = listing.index.Digest(env_.store.options().digest_algorithm);
  if (r.kind == StepResult::Kind::kUnchanged) {
    env_.events.RecordLocal(status.object(), api::EventSeverity::kTrace, api::kArtifactUpToDateReason,
                            "artifact up-to-date with remote revision: '" + revision + "'");
  }
  made.in_storage = "stored artifact: revision '" + revision + "'";
  made.message = Cat("stored artifact with ", std::to_string(listing.index.objects().size()), " fetched files from '", spec->bucket_name, "' bucket");
  return r;
}

base::Status BucketKind::List(const observe::Context& ctx, const api::BucketSpec& spec, bucket::Bucket& bucket, Listing& out) {
  auto text = FetchText(ctx, bucket, {std::string(kIgnoreFile), ""}, kMaxIgnoreFile);
  if (text.ok()) {
    out.ignore_file = bucket::Object{std::string(kIgnoreFile), std::move(text->etag)};
    out.ignore_text = std::move(text->text);
  } else if (text.status().code() != base::StatusCode::kNotFound) {
    return Explain(ctx, bucket, spec.bucket_name, std::move(text).status(), Cat("failed to get Etag for '", kIgnoreFile, "' object"));
  }
  artifact::IgnoreMatcher ignore;
  ignore.Append(out.ignore_text, "");
  ignore.Append(spec.ignore, "");
  auto listed = bucket.List(ctx, spec.prefix, [&](bucket::Object object) -> base::Status {
    if (object.key.empty() || object.key.ends_with('/') || object.key == kIgnoreFile || ignore.Ignores(object.key, false)) return base::OkStatus();
    if (out.index.objects().size() >= kMaxObjects) return base::ResourceExhausted(Cat("more than ", std::to_string(kMaxObjects), " objects"));
    out.index.Add(std::move(object));
    return base::OkStatus();
  });
  if (!listed.ok()) {
    return Explain(ctx, bucket, spec.bucket_name, std::move(listed).Wrap(Cat("listing objects from bucket '", spec.bucket_name, "' failed")),
                   Cat("indexation of objects from bucket '", spec.bucket_name, "' failed"));
  }
  out.index.Seal();
  return base::OkStatus();
}

base::Status BucketKind::Fetch(const observe::Context& ctx, const kube::ObjectKey& key, const api::BucketSpec& spec, bucket::Bucket& bucket,
                               Listing& listing, Download& out) {
  const std::string failed = Cat("fetch from bucket '", spec.bucket_name, "' failed");
  // Keys that make no tree are found before anything is downloaded.
  if (auto tree = BucketTree::Make(listing.index, nullptr); !tree.ok()) return std::move(tree).status().Wrap(failed);
  std::vector<const bucket::Object*> wanted;
  for (const bucket::Object& object : listing.index.objects()) wanted.push_back(&object);
  auto spool = BucketSpool::Create(env_.temp_dir, Cat("Bucket-", key.ns, "-", key.name, "-"), std::min(wanted.size(), kMaxParallelFetches));
  if (!spool.ok()) return std::move(spool).status().Wrap(failed);
  out.spool = std::make_unique<BucketSpool>(*std::move(spool));
  auto results = FetchObjects(ctx, bucket, wanted, *out.spool);
  if (!results.ok()) return std::move(results).status().Wrap(failed);
  for (size_t i = 0; i < results->size(); ++i) {
    FetchResult& result = (*results)[i];
    if (result.gone) {
      ctx.log().Info(Cat("indexed object '", wanted[i]->key, "' disappeared from '", spec.bucket_name, "' bucket"));
      listing.index.Drop(i);
      continue;
    }
    listing.index.Update(i, std::move(result.etag));
    out.places.emplace(wanted[i]->key, result.place);
  }
  listing.index.Seal();
  return base::OkStatus();
}

StepResult BucketKind::Store(const observe::Context& ctx, const kube::ObjectKey& key, const Listing& listing, const Download& download,
                             SourceStatus& status, Made& made) {
  const std::string revision = listing.index.Digest(env_.store.options().digest_algorithm);
  ArtifactRequest request;
  request.directory = {"bucket", key.ns, key.name};
  request.file = revision.substr(revision.find(':') + 1) + ".tar.gz";
  request.revision = revision;
  request.latest = "latest.tar.gz";
  const auto produce = [&](const artifact::ByteSink& sink) -> base::Result<artifact::ArchiveSummary> {
    SLUICE_TRY(BucketTree tree, BucketTree::Make(listing.index, listing.ignore_file ? &*listing.ignore_file : nullptr));
    tree.ReadWith([&](const BucketTree::File& file, uint64_t) -> base::Result<std::string> {
      if (file.object == SIZE_MAX) return listing.ignore_text;
      const auto place = download.places.find(listing.index.objects()[file.object].key);
      if (place == download.places.end()) return base::Internal("an object was not downloaded");
      return download.spool->Read(place->second);
    });
    artifact::ArchiveLimits limits;
    limits.digest_algorithm = env_.store.options().digest_algorithm;
    SLUICE_TRY(auto archived, artifact::ArchiveIncrementally({.tree = tree, .spec_ignore = "", .limits = limits, .ignore = false}, sink));
    return std::move(archived.summary);
  };
  artifact::ArchiveSummary summary;
  if (auto r = artifact_.Run(ctx, request, status, produce, summary); r.failed()) return r;
  api::SetObservedIgnore(status.mutable_object());
  made.paths = std::move(summary.paths);
  return StepResult::Next();
}

}  // namespace sluice::source
