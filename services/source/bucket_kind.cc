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
constexpr size_t kMaxKeptIgnoreFile = 64 << 10;
constexpr size_t kMaxObjects = 1'000'000;
constexpr uint64_t kMaxListing = 512 << 20;

// What stands behind a failure: the bucket may be missing or shut altogether, and the peer asks for
// that first.
base::Status Explain(const observe::Context& ctx, bucket::Bucket& bucket, const std::string& name,
                     base::Status why, std::string_view prefix) {
  auto exists = bucket.Exists(ctx);
  if (exists.code() == base::StatusCode::kNotFound)
    return base::NotFound(Cat("bucket '", name, "' not found"));
  if (!exists.ok())
    return std::move(exists).Wrap(Cat("failed to confirm existence of '", name, "' bucket"));
  return std::move(why).Wrap(prefix);
}

}  // namespace

BucketKind::BucketKind(const SourceEnv& env, CloudAccess& cloud, http::ClientOptions client)
    : env_(env),
      access_(env.client, cloud),
      artifact_(env.store, env.events, env.clock),
      memory_(env.store, env.temp_dir + "/sluice-source-buckets"),
      client_options_(std::move(client)) {}

const KindTraits& BucketKind::traits() const {
  static const KindTraits traits{api::kBucketApiVersion, api::kBucketKind, "bucket", "bucket",
                                 CommonConditions()};
  return traits;
}

base::Result<SpecHead> BucketKind::Head(const document::Value& object) const {
  SLUICE_TRY(const auto spec, api::BucketSpec::From(object));
  return SpecHead{spec.suspend, spec.interval};
}

void BucketKind::Forget(const kube::ObjectKey& key) {
  memory_.Forget(key);
  const observe::MutexLock lock(mu_);
  ignores_.erase(key);
}

base::Status BucketKind::Sweep() {
  return memory_.Sweep([this](const kube::ObjectKey& key) {
    return env_.objects.Find(api::kBucketKind, key) != nullptr;
  });
}

bucket::Tools BucketKind::ToolsOf() {
  const observe::MutexLock lock(mu_);
  if (client_ == nullptr) {
    auto made = http::Client::Create(client_options_);
    if (!made.ok()) return {env_.http, env_.clock, env_.random};
    client_ = *std::move(made);
  }
  if (env_.hold_offs == nullptr) return {*client_, env_.clock, env_.random};
  if (!patient_) patient_.emplace(*client_, *env_.hold_offs);
  return {*patient_, env_.clock, env_.random};
}

StepResult BucketKind::Run(const observe::Context& ctx, const kube::ObjectKey& key,
                           SourceStatus& status, Made& made) {
  const auto spec = api::BucketSpec::From(status.object());
  if (!spec.ok()) return StepResult::Stalled("InvalidSpec", spec.status());
  std::unique_ptr<bucket::Bucket> bucket;
  if (auto r =
          access_.Open(ctx.WithTimeout(spec->timeout), key.ns, *spec, ToolsOf(), status, bucket);
      r.failed())
    return r;
  const auto failed = [&](base::Status why) {
    return status.Fail(api::kFetchFailed,
                       StepResult::Retry(api::kBucketOperationFailedReason, std::move(why)));
  };
  Pass pass{key, *spec, *bucket};
  if (auto listed = List(ctx.WithTimeout(spec->timeout), pass); !listed.ok())
    return failed(std::move(listed));
  const auto same = [&] {
    return status.artifact() && pass.listing.index.Is(status.artifact()->revision);
  };
  StepResult r = StepResult::Unchanged();
  if (!same()) {
    pass.former = memory_.Recall(key, status.artifact() ? &*status.artifact() : nullptr);
    if (auto got = Fetch(ctx.WithTimeout(spec->timeout), pass); !got.ok())
      return failed(std::move(got));
    const std::string news =
        Cat("new upstream revision '",
            pass.listing.index.Digest(env_.store.options().digest_algorithm), "'");
    if (status.artifact()) status.SetTrue(api::kArtifactOutdated, api::kNewRevisionReason, news);
    status.Progressive(true, "building artifact: " + news);
    status.Remove(api::kFetchFailed);
    // What changed while it was fetched may have changed back.
    if (!same()) r = Store(ctx.WithTimeout(spec->timeout), pass, status, made);
    if (r.failed()) return r;
  }
  status.Remove(api::kFetchFailed);
  const std::string revision = pass.listing.index.Digest(env_.store.options().digest_algorithm);
  if (r.kind == StepResult::Kind::kUnchanged) {
    env_.events.RecordLocal(status.object(), api::EventSeverity::kTrace,
                            api::kArtifactUpToDateReason,
                            "artifact up-to-date with remote revision: '" + revision + "'");
  }
  made.in_storage = "stored artifact: revision '" + revision + "'";
  made.message = Cat("stored artifact with ", std::to_string(pass.listing.index.objects().size()),
                     " fetched files from '", spec->bucket_name, "' bucket");
  return r;
}

// The patterns of the last pass are tried first where the listing shows whether they still are the
// bucket's: then it is all that is asked for.
base::Status BucketKind::List(const observe::Context& ctx, Pass& pass) {
  const api::BucketSpec& spec = pass.spec;
  const std::string where = Cat(spec.provider, "\n", spec.endpoint, "\n", spec.bucket_name);
  std::optional<IgnoreFile> known;
  if (kIgnoreFile.starts_with(spec.prefix)) {
    const observe::MutexLock lock(mu_);
    if (const auto it = ignores_.find(pass.key); it != ignores_.end() && it->second.first == where)
      known = it->second.second;
  }
  const auto etag = [](const IgnoreFile& file) {
    return file.object ? std::optional(file.object->etag) : std::nullopt;
  };
  if (known) {
    std::optional<std::string> seen;
    SLUICE_TRY(ListWith(ctx, pass, *known, seen));
    if (seen == etag(*known)) return base::OkStatus();
  }
  IgnoreFile now;
  auto text = FetchText(ctx, pass.bucket, {std::string(kIgnoreFile), ""}, kMaxIgnoreFile);
  if (text.ok()) {
    now.object = bucket::Object{std::string(kIgnoreFile), std::move(text->etag)};
    now.text = std::move(text->text);
  } else if (text.status().code() != base::StatusCode::kNotFound) {
    return Explain(ctx, pass.bucket, spec.bucket_name, std::move(text).status(),
                   Cat("failed to get Etag for '", kIgnoreFile, "' object"));
  }
  std::optional<std::string> seen;
  SLUICE_TRY(ListWith(ctx, pass, now, seen));
  const observe::MutexLock lock(mu_);
  ignores_.erase(pass.key);
  if (now.text.size() <= kMaxKeptIgnoreFile) ignores_[pass.key] = {where, std::move(now)};
  return base::OkStatus();
}

base::Status BucketKind::ListWith(const observe::Context& ctx, Pass& pass, IgnoreFile ignore_file,
                                  std::optional<std::string>& seen) {
  artifact::IgnoreMatcher ignore;
  ignore.Append(ignore_file.text, "");
  ignore.Append(pass.spec.ignore, "");
  BucketIndex index;
  uint64_t bytes = 0;  // a store may give its objects any names
  auto listed = pass.bucket.List(ctx, pass.spec.prefix, [&](bucket::Object object) -> base::Status {
    if (object.key == kIgnoreFile) seen = object.etag;
    if (object.key.empty() || object.key.ends_with('/') || object.key == kIgnoreFile ||
        ignore.Ignores(object.key, false))
      return base::OkStatus();
    if (index.objects().size() >= kMaxObjects)
      return base::ResourceExhausted(Cat("more than ", std::to_string(kMaxObjects), " objects"));
    bytes += object.key.size() + object.etag.size() + object.version.size();
    if (bytes > kMaxListing) return base::ResourceExhausted("the listing is too large");
    index.Add(std::move(object));
    return base::OkStatus();
  });
  const std::string& name = pass.spec.bucket_name;
  if (!listed.ok()) {
    return Explain(ctx, pass.bucket, name,
                   std::move(listed).Wrap(Cat("listing objects from bucket '", name, "' failed")),
                   Cat("indexation of objects from bucket '", name, "' failed"));
  }
  index.Seal();
  pass.listing = {std::move(index), std::move(ignore_file)};
  return base::OkStatus();
}

base::Status BucketKind::Fetch(const observe::Context& ctx, Pass& pass) {
  BucketIndex& index = pass.listing.index;
  const std::string failed = Cat("fetch from bucket '", pass.spec.bucket_name, "' failed");
  // Keys that make no tree are found before anything is downloaded.
  const auto tree = BucketTree::Make(index, nullptr);
  if (!tree.ok()) return tree.status().Wrap(failed);
  const auto had = artifact::FilesOfIndex(pass.former.index);
  std::vector<size_t> numbers;
  std::vector<const bucket::Object*> wanted;
  for (const BucketTree::File& file : tree->files()) {
    if (std::ranges::binary_search(had, file.id)) continue;
    numbers.push_back(file.object);
    wanted.push_back(&index.objects()[file.object]);
  }
  auto spool =
      BucketSpool::Create(env_.temp_dir, Cat("Bucket-", pass.key.ns, "-", pass.key.name, "-"),
                          std::min(wanted.size(), kMaxParallelFetches));
  if (!spool.ok()) return std::move(spool).status().Wrap(failed);
  pass.spool = std::make_unique<BucketSpool>(*std::move(spool));
  auto results = FetchObjects(ctx, pass.bucket, wanted, *pass.spool);
  if (!results.ok()) return std::move(results).status().Wrap(failed);
  for (size_t i = 0; i < results->size(); ++i) {
    FetchResult& result = (*results)[i];
    if (result.gone) {
      ctx.log().Info(Cat("indexed object '", wanted[i]->key, "' disappeared from '",
                         pass.spec.bucket_name, "' bucket"));
      index.Drop(numbers[i]);
      continue;
    }
    pass.places.emplace(wanted[i]->key, result.place);
    index.Update(numbers[i], std::move(result.etag));
  }
  index.Seal();
  return base::OkStatus();
}

// Of what was downloaded, or, where the former artifact turned out not to hold it after all, from
// the store.
base::Result<std::string> BucketKind::ReadFile(const observe::Context& ctx, const Pass& pass,
                                               const BucketTree::File& file,
                                               uint64_t max_bytes) const {
  if (file.object == SIZE_MAX) return pass.listing.ignore.text;
  const bucket::Object& object = pass.listing.index.objects()[file.object];
  if (const auto place = pass.places.find(object.key); place != pass.places.end())
    return pass.spool->Read(place->second);
  auto fetched = FetchText(ctx, pass.bucket, object, max_bytes);
  if (!fetched.ok())
    return std::move(fetched).status().Wrap(Cat("failed to get '", object.key, "' object"));
  if (fetched->etag != object.etag)
    return base::Unavailable(Cat("object '", object.key, "' changed while it was read"));
  return std::move(fetched->text);
}

StepResult BucketKind::Store(const observe::Context& ctx, const Pass& pass, SourceStatus& status,
                             Made& made) {
  const Listing& listing = pass.listing;
  const std::string revision = listing.index.Digest(env_.store.options().digest_algorithm);
  ArtifactRequest request;
  request.directory = {"bucket", pass.key.ns, pass.key.name};
  request.file = revision.substr(revision.find(':') + 1) + ".tar.gz";
  request.revision = revision;
  request.latest = "latest.tar.gz";
  std::string index;
  const auto produce =
      [&](const artifact::ByteSink& sink) -> base::Result<artifact::ArchiveSummary> {
    SLUICE_TRY(
        BucketTree tree,
        BucketTree::Make(listing.index, listing.ignore.object ? &*listing.ignore.object : nullptr));
    tree.ReadWith([&](const BucketTree::File& file, uint64_t max_bytes) {
      return ReadFile(ctx, pass, file, max_bytes);
    });
    artifact::IncrementalRequest incremental{.tree = tree, .spec_ignore = ""};
    incremental.limits.digest_algorithm = env_.store.options().digest_algorithm;
    incremental.former_index = pass.former.index;
    incremental.former = pass.former.file.get();
    incremental.ignore = false;
    incremental.read_former = true;
    SLUICE_TRY(auto archived, artifact::ArchiveIncrementally(incremental, sink));
    index = std::move(archived.index);
    return std::move(archived.summary);
  };
  artifact::ArchiveSummary summary;
  if (auto r = artifact_.Run(ctx, request, status, produce, summary); r.failed()) return r;
  memory_.Remember(pass.key, *status.artifact(), index);
  api::SetObservedIgnore(status.mutable_object());
  made.paths = std::move(summary.paths);
  return StepResult::Next();
}

}  // namespace sluice::source
