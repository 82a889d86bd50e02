#include "oras_repository.h"

#include <algorithm>
#include <array>

#include "base/digest.h"
#include "base/strings.h"
#include "document/go_kind.h"
#include "document/json.h"
#include "http/url.h"
#include "oras_words.h"
#include "registry_error.h"

namespace sluice::oci {
namespace {

using base::Cat;

constexpr size_t kMaxTags = 1'000'000, kMaxPages = 10'000, kMaxManifests = 64;
constexpr uint64_t kMaxTagPage = 32 << 20;
constexpr int64_t kMaxDescriptorSize = 32 << 20;  // oras-go's own
constexpr int kMaxDepth = 4;
constexpr uint64_t kMaxKept = 8;  // blobs of the largest size
constexpr size_t kShownBytes = 512;
constexpr std::string_view kAccept =
    "application/vnd.docker.distribution.manifest.v2+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, "
    "application/vnd.oci.artifact.manifest.v1+json";
constexpr std::string_view kFetchReference = "failed to perform \"FetchReference\" on source";
constexpr std::string_view kSuccessors = "failed to perform \"Successors\" on source";
constexpr std::string_view kFindSuccessors = "failed to perform \"FindSuccessors\" on source";
constexpr std::string_view kFetch = "failed to perform \"Fetch\" on source";
constexpr std::string_view kPush = "failed to perform \"Push\" on destination";

bool IsIndex(std::string_view type) { return type == kOciIndex || type == kDockerManifestList; }
bool IsManifest(std::string_view type) {
  return IsIndex(type) || type == kOciManifest || type == kDockerManifest || type == kOciArtifact;
}
// Layers that a registry need not have.
bool IsForeign(std::string_view type) {
  static constexpr std::array<std::string_view, 4> kForeign{
      "application/vnd.oci.image.layer.nondistributable.v1.tar",
      "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
      "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
      "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"};
  return std::ranges::find(kForeign, type) != kForeign.end();
}

bool IsAlnum(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// [a-z0-9]+(?:(?:[._]|__|[-]*)[a-z0-9]+)*
bool IsPathComponent(std::string_view text) {
  if (text.empty() || !IsAlnum(text.front()) || !IsAlnum(text.back())) return false;
  for (size_t i = 0; i < text.size();) {
    if (IsAlnum(text[i])) {
      ++i;
      continue;
    }
    size_t end = i;
    while (end < text.size() && !IsAlnum(text[end])) ++end;
    const std::string_view between = text.substr(i, end - i);
    if (between != "." && between != "_" && between != "__" &&
        between.find_first_not_of('-') != between.npos)
      return false;
    i = end;
  }
  return true;
}

base::Status InvalidReference(std::string_view what, std::string_view text) {
  return base::InvalidArgument(Cat("invalid reference: invalid ", what, " ",
                                   base::QuoteGo(base::TruncateUtf8(text, kShownBytes))));
}

std::string Where(const Answer& answer) { return Cat("GET ", base::QuoteGo(ShownUrl(answer.url))); }

// "text/html; charset=utf-8" → "text/html".
base::Result<std::string> MediaTypeOf(const Answer& answer, std::string_view what) {
  const std::string_view value = answer.headers.Get("Content-Type");
  const std::string type = base::ToLower(base::Trim(value.substr(0, value.find(';')), " \t"));
  if (!type.empty()) return type;
  return base::FailedPrecondition(
      Cat(Where(answer), ": invalid response ", what, " mime: no media type"));
}

base::Status CheckDigestHeader(const Answer& answer, const std::string& want) {
  const std::string header(
      base::TruncateUtf8(answer.headers.Get("Docker-Content-Digest"), kShownBytes));
  if (header.empty()) return base::OkStatus();
  if (!CheckOrasDigest(header).ok())
    return base::DataLoss(
        Cat(Where(answer), ": invalid response header: `Docker-Content-Digest: ", header, "`"));
  if (header == want) return base::OkStatus();
  return base::DataLoss(
      Cat(Where(answer), ": invalid response; digest mismatch in Docker-Content-Digest: received ",
          base::QuoteGo(header), " when expecting ", base::QuoteGo(want)));
}

base::Status CheckLength(const Answer& answer, int64_t want) {
  const auto length = base::ParseInt64(answer.headers.Get("Content-Length"));
  if (!length || *length == want) return base::OkStatus();
  return base::DataLoss(Cat(Where(answer), ": mismatch Content-Length"));
}

// Whatever stands there is asked for, but within reason.
base::Status CheckDigestSize(const Descriptor& d) {
  constexpr size_t kMost = 1024;
  return d.digest.size() <= kMost ? base::OkStatus()
                                  : base::InvalidArgument("invalid checksum digest format");
}

// The bytes a descriptor promises.
base::Status CheckContent(const Descriptor& d, std::string_view bytes) {
  if (d.size < 0) return base::InvalidArgument("invalid descriptor size");
  if (auto s = CheckOrasDigest(d.digest); !s.ok()) {
    return std::move(s).Wrap(Cat("read failed: failed to validate ", d.digest));
  }
  if (static_cast<int64_t>(bytes.size()) < d.size) {
    return base::DataLoss(Cat("read failed: expected content size of ", std::to_string(d.size),
                              ", got ", std::to_string(bytes.size()), ", for digest ", d.digest,
                              ": unexpected EOF"));
  }
  if (static_cast<int64_t>(bytes.size()) > d.size) return base::DataLoss("trailing data");
  return CheckOrasBytes(d.digest, bytes);
}

base::Result<std::string> NextPage(const Answer& answer) {
  const std::string_view link = answer.headers.Get("Link");
  if (link.empty()) return std::string();
  const std::string shown = base::QuoteGo(base::TruncateUtf8(link, kShownBytes));
  if (link[0] != '<')
    return base::InvalidArgument(Cat("invalid next link ", shown, ": missing '<'"));
  const size_t end = link.find('>');
  if (end == link.npos)
    return base::InvalidArgument(Cat("invalid next link ", shown, ": missing '>'"));
  SLUICE_TRY(const http::Url at, http::Url::Parse(answer.url));
  SLUICE_TRY(const http::Url next, at.Resolve(link.substr(1, end - 1)));
  // Unlike oras-go: with the credentials of this registry no other is asked.
  if (next.origin() != at.origin())
    return base::PermissionDenied(Cat("next link ", shown, " leads to another origin"));
  return next.ToString();
}

base::Status OrasTypeError(std::string_view where, const document::Value& got,
                           std::string_view want) {
  return base::Unavailable(Cat(where, ": failed to decode response: json: cannot unmarshal ",
                               document::GoKind(got), " into Go struct field .tags of type ",
                               want));
}

class OrasRepositoryImpl final : public OrasRepository {
 public:
  OrasRepositoryImpl(std::shared_ptr<Conversation> conversation, OrasName name)
      : conversation_(std::move(conversation)),
        name_(std::move(name)),
        root_("/v2/" + name_.repository.Path()) {}

  base::Result<std::vector<std::string>> Tags(const observe::Context& ctx) override {
    std::vector<std::string> tags;
    Exchange e;
    e.target = root_ + "/tags/list";
    e.max_bytes = kMaxTagPage;
    for (size_t page = 0; page < kMaxPages; ++page) {
      SLUICE_TRY(const Answer answer, conversation_->SendOk(ctx, e));
      const auto json = document::ParseJson(answer.body, {.max_depth = 16});
      if (!json.ok()) return OrasDecodeError(Where(answer), answer.body, json.status());
      const document::Value& list = (*json)["tags"];
      if (!list.is_array() && !list.is_null())
        return OrasTypeError(Where(answer), list, "[]string");
      for (const document::Value& tag : list.items()) {
        if (!tag.is_string()) return OrasTypeError(Where(answer), tag, "string");
        if (tag.AsString().size() > kMaxTag) continue;  // no such tag can be asked for
        if (tags.size() >= kMaxTags)
          return base::ResourceExhausted("repository has more than 1000000 tags");
        tags.emplace_back(tag.AsString());
      }
      SLUICE_TRY(e.target, NextPage(answer));
      if (e.target.empty()) return tags;
    }
    return base::ResourceExhausted("the list of tags has more than 10000 pages");
  }

  base::Result<OrasArtifact> Pull(const observe::Context& ctx, const std::string& reference,
                                  const OrasWanted& wanted) override {
    if (!IsSha256Digest(reference)) SLUICE_TRY(CheckOrasTag(reference));
    auto root = FetchReference(ctx, reference);
    if (!root.ok()) return std::move(root).status().Wrap(kFetchReference);
    Pulling pulling{wanted};
    OrasArtifact& out = pulling.out;
    out.digest = root->descriptor.digest;
    out.media_type = root->descriptor.media_type;
    SLUICE_TRY(Walk(ctx, *root, 0, pulling));
    return std::move(out);
  }

 private:
  struct Pulling {
    const OrasWanted& wanted;
    size_t seen = 0;     // manifests
    uint64_t bytes = 0;  // of blobs that are kept
    OrasArtifact out{};
  };

  base::Result<OrasPart> FetchReference(const observe::Context& ctx, const std::string& reference) {
    const bool by_digest = IsSha256Digest(reference);
    Exchange e;
    e.target = Cat(root_, "/manifests/", http::PathEscape(reference));
    e.headers.Set("Accept", std::string(kAccept));
    SLUICE_TRY(Answer answer, conversation_->Send(ctx, e));
    if (answer.status == 404)
      return base::NotFound(Cat(name_.shown, by_digest ? "@" : ":", reference, ": not found"));
    SLUICE_TRY(CheckStatus(answer));
    OrasPart out;
    SLUICE_TRY(out.descriptor.media_type, MediaTypeOf(answer, "`Content-Type` header;"));
    const std::string digest = base::Digest::Sha256(answer.body).ToString();
    const std::string header(
        base::TruncateUtf8(answer.headers.Get("Docker-Content-Digest"), kShownBytes));
    if (!header.empty()) {
      if (auto s = CheckOrasDigest(header); !s.ok()) {
        return base::DataLoss(
            Cat(Where(answer), ": invalid response header value: `Docker-Content-Digest: ", header,
                "`; ", s.message()));
      }
    }
    out.descriptor.digest = header.empty() ? digest : header;
    if (by_digest && out.descriptor.digest != reference) {
      return base::DataLoss(Cat(
          Where(answer), ": invalid response; digest mismatch in Docker-Content-Digest: received ",
          base::QuoteGo(out.descriptor.digest), " when expecting ", base::QuoteGo(reference)));
    }
    out.descriptor.size = static_cast<int64_t>(answer.body.size());
    out.bytes = std::move(answer.body);
    return out;
  }

  // A manifest below the root.
  base::Result<OrasPart> FetchManifest(const observe::Context& ctx, const Descriptor& d) {
    Exchange e;
    SLUICE_TRY(CheckDigestSize(d));
    e.target = Cat(root_, "/manifests/", http::PathEscape(d.digest));
    e.headers.Set("Accept", d.media_type);
    SLUICE_TRY(Answer answer, conversation_->Send(ctx, e));
    if (answer.status == 404) return base::NotFound(Cat(d.digest, ": not found"));
    SLUICE_TRY(CheckStatus(answer));
    SLUICE_TRY(const std::string type, MediaTypeOf(answer, "Content-Type:"));
    if (type != d.media_type) {
      return base::FailedPrecondition(Cat(Where(answer), ": mismatch response Content-Type ",
                                          base::QuoteGo(type), ": expect ",
                                          base::QuoteGo(d.media_type)));
    }
    SLUICE_TRY(CheckLength(answer, d.size));
    SLUICE_TRY(CheckDigestHeader(answer, d.digest));
    return OrasPart{d, std::move(answer.body)};
  }

  base::Status Walk(const observe::Context& ctx, const OrasPart& node, int depth,
                    Pulling& pulling) {
    const Descriptor& d = node.descriptor;
    const std::string_view failed = depth == 0 ? kSuccessors : kFindSuccessors;
    if (!IsManifest(d.media_type)) return base::OkStatus();
    if (depth >= kMaxDepth || ++pulling.seen > kMaxManifests)
      return base::ResourceExhausted("too many manifests in " + name_.shown);
    if (node.bytes->size() > kMaxManifestBytes) {
      return base::ResourceExhausted(
                 "read failed: content size exceeds push limit 4194304: size exceeds limit")
          .Wrap(failed);
    }
    SLUICE_TRY(CheckContent(d, *node.bytes).Wrap(failed));
    if (d.media_type == kOciManifest || d.media_type == kOciIndex) ++pulling.out.manifests;
    if (IsIndex(d.media_type)) {
      auto index = ParseIndex(*node.bytes, ManifestWords::kOras);
      if (!index.ok()) return std::move(index).status().Wrap(failed);
      if (index->subject && d.media_type == kOciIndex) {  // docker's knows none
        SLUICE_TRY(WalkTo(ctx, *index->subject, depth, pulling));
      }
      for (const Descriptor& child : index->manifests) {
        SLUICE_TRY(WalkTo(ctx, child, depth, pulling));
      }
      return base::OkStatus();
    }
    auto manifest = ParseManifest(*node.bytes, ManifestWords::kOras);
    if (!manifest.ok()) return std::move(manifest).status().Wrap(failed);
    if (manifest->subject && d.media_type != kDockerManifest) {
      SLUICE_TRY(WalkTo(ctx, *manifest->subject, depth, pulling));
    }
    if (d.media_type != kOciArtifact) SLUICE_TRY(AddBlob(ctx, manifest->config, pulling));
    for (const Descriptor& layer : manifest->layers) SLUICE_TRY(AddBlob(ctx, layer, pulling));
    return base::OkStatus();
  }

  base::Status WalkTo(const observe::Context& ctx, const Descriptor& d, int depth,
                      Pulling& pulling) {
    if (!IsManifest(d.media_type)) return base::OkStatus();
    auto next = FetchManifest(ctx, d);
    if (!next.ok()) return std::move(next).status().Wrap(kFindSuccessors);
    return Walk(ctx, *next, depth + 1, pulling);
  }

  base::Status AddBlob(const observe::Context& ctx, const Descriptor& d, Pulling& pulling) {
    const OrasWanted& wanted = pulling.wanted;
    if (IsForeign(d.media_type) ||
        std::ranges::find(wanted.media_types, d.media_type) == wanted.media_types.end())
      return base::OkStatus();
    OrasPart part{d, std::nullopt};
    if (d.size > kMaxDescriptorSize)
      return base::ResourceExhausted("invalid descriptor size").Wrap(kPush);
    if (d.size < 0 || static_cast<uint64_t>(d.size) <= wanted.max_blob_bytes) {
      // Many manifests may name many, or one many times; all of them lie in memory.
      pulling.bytes += static_cast<uint64_t>(std::max<int64_t>(d.size, 0));
      if (pulling.bytes > kMaxKept * wanted.max_blob_bytes) {
        return base::ResourceExhausted("the artifact's blobs are too large together").Wrap(kPush);
      }
      SLUICE_TRY(part.bytes, FetchBlob(ctx, d));
    }
    pulling.out.parts.push_back(std::move(part));
    return base::OkStatus();
  }

  base::Result<std::string> FetchBlob(const observe::Context& ctx, const Descriptor& d) {
    Exchange e;
    SLUICE_TRY(CheckDigestSize(d));
    e.target = Cat(root_, "/blobs/", http::PathEscape(d.digest));
    e.max_bytes = static_cast<uint64_t>(std::max<int64_t>(d.size, 0)) + kMaxErrorBody;
    e.download = true;
    std::string bytes;
    std::optional<base::Status> refused;  // by the head: the bytes are not looked at
    e.sink.on_head = [&](const http::ResponseHead& head) {
      Answer answer;
      static_cast<http::ResponseHead&>(answer) = head;
      if (head.status != 200) refused = OrasError("GET", head.url, head.status, "");
      if (!refused) refused = CheckLength(answer, d.size);
      if (refused->ok()) refused = CheckDigestHeader(answer, d.digest);
      return *refused;
    };
    e.sink.on_body = [&](std::string_view piece) {
      bytes += piece;
      return base::OkStatus();
    };
    const auto answer = conversation_->Send(ctx, e);
    if (refused && !refused->ok()) return refused->Wrap(kFetch);
    if (!answer.ok() && refused) return Broken(d, bytes, answer.status());
    if (!answer.ok()) return answer.status().Wrap(kFetch);
    if (answer->status == 404) return base::NotFound(Cat(d.digest, ": not found")).Wrap(kFetch);
    SLUICE_TRY(CheckStatus(*answer).Wrap(kFetch));
    SLUICE_TRY(CheckContent(d, bytes).Wrap(kPush));
    return bytes;
  }

  // The connection ended among the blob's bytes.
  static base::Status Broken(const Descriptor& d, const std::string& bytes,
                             const base::Status& why) {
    if (!IsBrokenConnection(why))
      return base::Status(why.code(), Cat("read failed: ", why.message())).Wrap(kPush);
    return base::Status(why.code(), CheckContent(d, bytes).message()).Wrap(kPush);
  }

  static base::Status CheckStatus(const Answer& answer) {
    return answer.status == 200 ? base::OkStatus()
                                : OrasError("GET", answer.url, answer.status, answer.body);
  }

  const std::shared_ptr<Conversation> conversation_;
  const OrasName name_;
  const std::string root_;
};

}  // namespace

base::Result<OrasName> OrasName::Parse(const std::string& text, bool plain_http) {
  const auto parts = base::Cut(text, "/");
  if (!parts) return base::InvalidArgument("invalid reference: missing registry or repository");
  const std::string host(parts->first), path(parts->second);
  const auto registry =
      Registry::Parse(host == "docker.io" ? "registry-1.docker.io" : host, plain_http);
  if (host.empty() || !registry.ok()) return InvalidReference("registry", host);
  const std::string_view name = std::string_view(path).substr(0, path.find_first_of("@:"));
  for (const std::string_view component : base::Split(name, "/")) {
    if (!IsPathComponent(component)) return InvalidReference("repository", name);
  }
  if (const size_t at = path.find('@'); at != path.npos) {
    const std::string digest = path.substr(at + 1);
    const auto bad = CheckOrasDigest(digest);
    return bad.ok() ? base::InvalidArgument("invalid reference")
                    : base::InvalidArgument(
                          Cat(InvalidReference("digest", digest).message(), ": ", bad.message()));
  }
  if (name.size() < path.size())
    return InvalidReference("tag", std::string_view(path).substr(name.size() + 1));
  return OrasName{Repository::Of(*registry, path), text};
}

// ^[\w][\w.-]{0,127}$
base::Status CheckOrasTag(std::string_view tag) {
  const auto word = [](char c) { return IsAlnum(c) || (c >= 'A' && c <= 'Z') || c == '_'; };
  const bool good =
      !tag.empty() && tag.size() <= 128 && word(tag.front()) &&
      std::ranges::all_of(tag, [&](char c) { return word(c) || c == '.' || c == '-'; });
  return good ? base::OkStatus() : InvalidReference("tag", tag);
}

std::shared_ptr<OrasRepository> MakeOrasRepository(std::shared_ptr<Conversation> conversation,
                                                   OrasName name) {
  return std::make_shared<OrasRepositoryImpl>(std::move(conversation), std::move(name));
}

}  // namespace sluice::oci
