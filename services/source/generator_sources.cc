#include "generator_sources.h"

#include <algorithm>
#include <array>

#include "api/artifact.h"
#include "api/source.h"
#include "artifact/unpack.h"
#include "base/digest.h"
#include "base/strings.h"
#include "http/body_stream.h"

namespace sluice::source {
namespace {

using base::Cat;
using base::Result;
using base::Status;

constexpr std::array<std::string_view, 5> kKinds = {"Bucket", "GitRepository", "OCIRepository",
                                                    "HelmChart", api::kExternalArtifactKind};
constexpr uint64_t kMaxUnpacked = uint64_t{16} << 30;
constexpr size_t kPiece = 256 << 10;

Status NotGood(const std::string& digest) {
  return base::DataLoss(Cat("failed to verify archive: computed digest doesn't match provided '",
                            digest, "' (check whether file size exceeds max download size)"));
}

}  // namespace

bool GeneratorSources::Supports(std::string_view kind) {
  return std::ranges::find(kKinds, kind) != kKinds.end();
}

Result<std::map<std::string, api::ObservedSource>> GeneratorSources::Observe(
    const api::GeneratorSpec& spec) const {
  std::map<std::string, api::ObservedSource> out;
  for (const api::GeneratorSource& s : spec.sources) {
    if (!Supports(s.kind))
      return base::InvalidArgument(Cat("source `", s.name, "` kind '", s.kind, "' not supported"));
    const kube::ObjectPtr object = find_(s.kind, {s.ns, s.name});
    if (object == nullptr)
      return base::NotFound(
          Cat(s.kind, ".source.toolkit.fluxcd.io ", base::QuoteGo(s.name), " not found"));
    const auto artifact = api::ArtifactOf(*object);
    if (!artifact)
      return base::FailedPrecondition(
          Cat("source '", s.kind, "/", s.ns, "/", s.name, "' is not ready"));
    const auto origin = artifact->metadata.find(std::string(api::kOriginRevisionKey));
    out[s.alias] = {artifact->digest, artifact->revision,
                    origin == artifact->metadata.end() ? "" : origin->second, artifact->url};
  }
  return out;
}

Result<SourceTrees> GeneratorSources::Fetch(
    const observe::Context& ctx, const std::map<std::string, api::ObservedSource>& sources,
    const io::RootedFs& spool) const {
  SourceTrees out;
  // the same source under two names
  std::map<std::string, std::shared_ptr<const io::FileTree>> by_digest;
  for (const auto& [alias, source] : sources) {
    auto& tree = by_digest[source.digest];
    if (tree == nullptr) {
      SLUICE_TRY(auto file, spool.OpenReadWrite("source"));
      SLUICE_TRY(spool.Remove("source"));
      SLUICE_TRY(tree, FetchOne(ctx, source, std::move(file)));
    }
    out[alias] = tree;
  }
  return out;
}

Result<std::shared_ptr<const io::FileTree>> GeneratorSources::FetchOne(
    const observe::Context& ctx, const api::ObservedSource& source, io::UniqueFd file) const {
  artifact::UnpackLimits limits;
  limits.max_bytes = kMaxUnpacked;
  artifact::TarGzSpool spool(std::move(file), limits);
  const archive::ByteSink sink = [&spool](std::string_view bytes) { return spool.Write(bytes); };
  SLUICE_TRY(const bool stored, ReadStored(ctx, source.digest, sink));
  if (!stored) SLUICE_TRY(Download(ctx, source, sink));
  return spool.Finish();
}

// False: our store does not have it.
Result<bool> GeneratorSources::ReadStored(const observe::Context& ctx, const std::string& digest,
                                          const archive::ByteSink& sink) const {
  const auto path = store_.PathOf(digest);
  if (!path.ok()) return false;
  const auto file = store_.OpenForRead(*path);
  if (!file.ok()) return false;
  std::string piece(kPiece, '\0');
  for (uint64_t at = 0; at < (*file)->size();) {
    SLUICE_TRY(ctx.Check());
    SLUICE_TRY(const size_t n, (*file)->ReadAt(at, piece));
    if (n == 0) return base::DataLoss("unexpected EOF");
    SLUICE_TRY(sink(std::string_view(piece).substr(0, n)));
    at += n;
  }
  return true;
}

Status GeneratorSources::Download(const observe::Context& ctx, const api::ObservedSource& source,
                                  const archive::ByteSink& sink) const {
  SLUICE_TRY(
      const base::Digest want,
      base::Digest::Parse(source.digest).Wrap(Cat("failed to parse digest '", source.digest, "'")));
  if (want.algorithm() == base::DigestAlgorithm::kBlake3)
    return base::Unimplemented("blake3 digests are not supported");
  http::Request request;
  request.url = source.url;
  if (const auto parts = base::Cut(source.url, "://"); parts && !localhost_.empty()) {
    const size_t slash = parts->second.find('/');
    request.url = Cat(parts->first, "://", localhost_,
                      slash == std::string_view::npos ? "" : parts->second.substr(slash));
  }
  request.accept_gzip = false;
  request.max_response_bytes = kMaxUnpacked;
  const std::string failed = Cat("failed to download archive from ", request.url);
  base::Hasher hasher(want.algorithm());
  http::BodySink body;
  body.on_body = [&](std::string_view bytes) {
    hasher.Update(bytes);
    return sink(bytes);
  };
  std::string error_body;
  const auto head = http::StreamBody(ctx, http_, std::move(request), body, error_body);
  if (!head.ok()) return head.status().Wrap(failed);
  if (head->status == 404) return base::NotFound("file not found");
  if (head->status != 200)
    return base::Unavailable(Cat(failed, " (status: ", std::to_string(head->status), ")"));
  return hasher.Finish() == want ? base::OkStatus() : NotGood(source.digest);
}

}  // namespace sluice::source
