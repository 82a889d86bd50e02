#include "oci/client.h"

#include <algorithm>
#include <list>
#include <unordered_map>

#include "base/digest.h"
#include "base/strings.h"
#include "blob.h"
#include "conversation.h"
#include "document/json.h"
#include "http/url.h"
#include "observe/mutex.h"
#include "oras_repository.h"
#include "registry_error.h"

namespace sluice::oci {
namespace {

constexpr size_t kMaxTags = 1'000'000, kMaxPages = 10'000, kMaxReferrers = 10'000;
constexpr uint64_t kMaxTagPage = 32 << 20;
constexpr int kMaxIndexDepth = 4;

std::string AcceptedManifests() {
  return base::Join(
      std::vector<std::string_view>{kDockerManifestV1, kDockerManifestV1Signed, kDockerManifest,
                                    kOciManifest, kDockerManifestList, kOciIndex, kOciArtifact},
      ",");
}

bool IsIndex(std::string_view media_type) {
  return media_type == kOciIndex || media_type == kDockerManifestList;
}

// The target of `Link: </v2/…>; rel="next"`; "" if there is none.
base::Result<std::string> NextPage(const Answer& answer) {
  const std::string_view link = answer.headers.Get("Link");
  if (link.empty()) return std::string();
  if (link[0] != '<')
    return base::InvalidArgument(
        base::Cat("failed to parse link header: missing '<' in: ", base::TruncateUtf8(link, 512)));
  const size_t end = link.find('>');
  if (end == link.npos)
    return base::InvalidArgument(
        base::Cat("failed to parse link header: missing '>' in: ", base::TruncateUtf8(link, 512)));
  SLUICE_TRY(const http::Url at, http::Url::Parse(answer.url));
  SLUICE_TRY(const http::Url next, at.Resolve(link.substr(1, end - 1)));
  if (next.origin() != at.origin())
    return base::PermissionDenied("link header leads to another origin");
  return next.ToString();
}

base::Status DigestMismatch(const Reference& ref, const std::string& got) {
  return base::DataLoss(
      base::Cat("manifest digest: ", base::QuoteGo(got), " does not match requested digest: ",
                base::QuoteGo(ref.identifier), " for ", base::QuoteGo(ref.Name())));
}

class RemoteRepositoryImpl final : public RemoteRepository {
 public:
  RemoteRepositoryImpl(std::shared_ptr<Conversation> conversation, const Repository& repository)
      : repository_(repository),
        root_("/v2/" + repository.Path()),
        conversation_(std::move(conversation)) {}

  const Repository& name() const override { return repository_; }

  base::Result<Descriptor> Head(const observe::Context& ctx, const Reference& ref) override {
    Exchange e;
    e.method = "HEAD";
    e.target = ManifestPath(ref.identifier);
    e.headers.Set("Accept", AcceptedManifests());
    SLUICE_TRY(const Answer answer, conversation_->SendOk(ctx, e));
    Descriptor d;
    d.media_type = std::string(answer.headers.Get("Content-Type"));
    d.digest = std::string(answer.headers.Get("Docker-Content-Digest"));
    const std::string where =
        base::Cat("HEAD ", ShownUrl(answer.url), ": response did not include ");
    if (d.media_type.empty()) return base::FailedPrecondition(where + "Content-Type header");
    const auto size = base::ParseInt64(answer.headers.Get("Content-Length"));
    if (!size) return base::FailedPrecondition("GET" + where.substr(4) + "Content-Length header");
    d.size = *size;
    if (d.digest.empty()) return base::FailedPrecondition(where + "Docker-Content-Digest header");
    SLUICE_TRY(CheckHash(d.digest));
    if (ref.is_digest && d.digest != ref.identifier) return DigestMismatch(ref, d.digest);
    return d;
  }

  base::Result<RawManifest> Get(const observe::Context& ctx, const Reference& ref) override {
    return Fetch(ctx, ref, AcceptedManifests());
  }

  base::Result<RawManifest> GetImage(const observe::Context& ctx, const Reference& ref) override {
    SLUICE_TRY(RawManifest raw, Get(ctx, ref));
    std::string shown = ref.Name();
    for (int depth = 0; IsIndex(raw.media_type); ++depth) {
      if (depth >= kMaxIndexDepth)
        return base::ResourceExhausted("indexes are nested too deeply in " + ref.Name());
      SLUICE_TRY(const Index index, ParseIndex(raw.bytes));
      const auto& children = index.manifests;
      const Platform wanted = DefaultPlatform();
      const auto child = std::ranges::find_if(children, [&](const Descriptor& d) {
        return PlatformMatches(d.platform.value_or(DefaultPlatform()), wanted);
      });
      if (child == children.end()) {
        return base::NotFound(base::Cat("no child with platform ", wanted.os, "/",
                                        wanted.architecture, " in index ", shown));
      }
      SLUICE_TRY(CheckHash(child->digest));
      const Reference next = Reference::Digest(repository_, child->digest);
      if (child->data) {
        SLUICE_TRY(VerifyBytes(*child, *child->data));
        raw = {*child->data, child->media_type, child->digest};
      } else {
        SLUICE_TRY(raw, Fetch(ctx, next, child->media_type));
        raw.media_type = child->media_type;
      }
      shown = next.Name();
    }
    if (raw.media_type == kDockerManifestV1 || raw.media_type == kDockerManifestV1Signed) {
      return base::Unimplemented(
          base::Cat("unsupported MediaType: ", base::QuoteGo(raw.media_type),
                    ", see https://github.com/google/go-containerregistry/issues/377"));
    }
    return raw;
  }

  base::Result<std::vector<std::string>> ListTags(const observe::Context& ctx) override {
    std::vector<std::string> tags;
    Exchange e;
    e.target = root_ + "/tags/list?n=1000";
    e.max_bytes = kMaxTagPage;
    for (size_t page = 0; page < kMaxPages; ++page) {
      SLUICE_TRY(const Answer answer, conversation_->SendOk(ctx, e));
      SLUICE_TRY(const document::Value json, document::ParseJson(answer.body, {.max_depth = 16}));
      for (const document::Value& tag : json["tags"].items()) {
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

  base::Status PullBlob(const observe::Context& ctx, const Descriptor& blob,
                        const BlobSink& sink) override {
    SLUICE_TRY(CheckHash(blob.digest));
    if (blob.data) {
      SLUICE_TRY(VerifyBytes(blob, *blob.data));
      return sink(*blob.data);
    }
    return BlobPull(*conversation_, root_ + "/blobs/" + blob.digest, blob, sink,
                    conversation_->host().options().first_retry)
        .Run(ctx);
  }

  base::Result<std::string> ReadBlob(const observe::Context& ctx, const Descriptor& blob,
                                     uint64_t max_bytes) override {
    if (static_cast<uint64_t>(blob.size) > max_bytes) {
      return base::ResourceExhausted(
          base::Cat("blob ", blob.digest, " is larger than ", std::to_string(max_bytes), " bytes"));
    }
    std::string out;
    SLUICE_TRY(PullBlob(ctx, blob, [&out](std::string_view piece) {
      out += piece;
      return base::OkStatus();
    }));
    return out;
  }

  base::Result<std::vector<Descriptor>> Referrers(const observe::Context& ctx,
                                                  const std::string& digest,
                                                  std::string_view artifact_type) override {
    SLUICE_TRY(CheckHash(digest));
    std::vector<Descriptor> all;
    Exchange e;
    e.target = base::Cat(root_, "/referrers/", digest);
    e.headers.Set("Accept", kOciIndex.data());
    for (size_t page = 0; !e.target.empty(); ++page) {
      if (page >= kMaxPages || all.size() > kMaxReferrers)
        return base::ResourceExhausted("too many referrers of " + digest);
      SLUICE_TRY(const Answer answer, conversation_->Send(ctx, e));
      const bool known =
          answer.status == 200 && answer.headers.Get("Content-Type").starts_with(kOciIndex);
      if (!known) {
        const bool expected = answer.status == 200 || answer.status == 404 ||
                              answer.status == 400 || answer.status == 406;
        if (!expected) return RegistryError("GET", answer.url, answer.status, answer.body);
        SLUICE_TRY(all, TaggedReferrers(ctx, digest));
        break;
      }
      SLUICE_TRY(auto some, ParseIndex(answer.body));
      std::ranges::move(some.manifests, std::back_inserter(all));
      SLUICE_TRY(e.target, NextPage(answer));
    }
    if (!artifact_type.empty())
      std::erase_if(all, [&](const Descriptor& d) { return d.artifact_type != artifact_type; });
    return all;
  }

 private:
  std::string ManifestPath(const std::string& identifier) const {
    return base::Cat(root_, "/manifests/", http::PathEscape(identifier));
  }

  base::Result<RawManifest> Fetch(const observe::Context& ctx, const Reference& ref,
                                  const std::string& accept) {
    Exchange e;
    e.target = ManifestPath(ref.identifier);
    e.headers.Set("Accept", accept);
    SLUICE_TRY(Answer answer, conversation_->SendOk(ctx, e));
    if (answer.body.size() > kMaxManifestBytes)
      return base::ResourceExhausted(
          base::Cat("manifest of ", ref.Name(), " is larger than 4 MiB"));
    RawManifest raw;
    raw.bytes = std::move(answer.body);
    raw.media_type = std::string(answer.headers.Get("Content-Type"));
    raw.digest = base::Digest::Sha256(raw.bytes).ToString();
    if (ref.is_digest && raw.digest != ref.identifier) return DigestMismatch(ref, raw.digest);
    return raw;
  }

  base::Result<std::vector<Descriptor>> TaggedReferrers(const observe::Context& ctx,
                                                        const std::string& digest) {
    const auto raw = Fetch(ctx, Reference::Tag(repository_, base::ReplaceAll(digest, ":", "-")),
                           std::string(kOciIndex));
    if (!raw.ok() && raw.status().code() == base::StatusCode::kNotFound)
      return std::vector<Descriptor>();
    if (!raw.ok()) return raw.status();
    SLUICE_TRY(auto index, ParseIndex(raw->bytes));
    return std::move(index.manifests);
  }

  const Repository repository_;
  const std::string root_;
  const std::shared_ptr<Conversation> conversation_;
};

// Everything that tells one way of reaching a registry from another. Hashed, since it holds
// secrets.
std::string Fingerprint(Manner manner, const Repository* repository, const Registry& registry,
                        const Access& access) {
  base::Hasher hasher;
  const auto add = [&hasher](std::string_view part) {
    hasher.Update(std::to_string(part.size()) + ":");
    hasher.Update(part);
  };
  add(manner == Manner::kOras ? "oras" : "");
  add(registry.name());
  add(registry.insecure() ? "insecure" : "");
  if (access.tls) {
    const http::TlsOptions& t = *access.tls;
    for (const std::string_view part :
         {std::string_view(t.ca_pem), std::string_view(t.client_cert_pem),
          t.client_key_pem.Reveal(), std::string_view(t.server_name),
          std::string_view(t.insecure_skip_verify ? "skip" : ""),
          std::string_view(t.system_roots ? "system" : "")}) {
      add(part);
    }
  }
  add("proxy");
  if (access.proxy) {
    add(access.proxy->url);
    add(access.proxy->username);
    add(access.proxy->password.Reveal());
  }
  if (repository != nullptr) {
    add(repository->Path());
    add(access.auth.username);
    add(access.auth.password.Reveal());
    add(access.auth.identity_token.Reveal());
    add(access.auth.registry_token.Reveal());
  }
  return hasher.FinishRaw();
}

}  // namespace

struct RegistryClient::Impl {
  struct Entry {
    std::string key;
    std::shared_ptr<Conversation> conversation;
  };
  Impl(http::Client& c, RegistryClientOptions o) : client(c), options(std::move(o)) {}

  http::Client& client;
  const RegistryClientOptions options;
  observe::Mutex mu;
  std::list<Entry> entries SLUICE_GUARDED_BY(mu);  // last used first
  std::unordered_map<std::string, std::list<Entry>::iterator> by_key SLUICE_GUARDED_BY(mu);
  std::unordered_map<std::string, std::weak_ptr<Host>> hosts SLUICE_GUARDED_BY(mu);

  std::shared_ptr<Host> HostOf(Manner manner, const Repository& repository, const Access& access)
      SLUICE_REQUIRES(mu) {
    std::weak_ptr<Host>& slot = hosts[Fingerprint(manner, nullptr, repository.registry(), access)];
    auto host = slot.lock();
    if (!host) {
      Access without = access;
      without.auth = {};
      host = std::make_shared<Host>(repository.registry(), std::move(without), options, manner);
      slot = host;
    }
    return host;
  }

  std::shared_ptr<Conversation> ConversationOf(Manner manner, const Repository& repository,
                                               const Access& access) {
    std::string key = Fingerprint(manner, &repository, repository.registry(), access);
    const observe::MutexLock lock(mu);
    if (const auto it = by_key.find(key); it != by_key.end()) {
      entries.splice(entries.begin(), entries, it->second);
      return it->second->conversation;
    }
    auto conversation = std::make_shared<Conversation>(client, HostOf(manner, repository, access),
                                                       repository.PullScope(), access.auth);
    entries.push_front({key, conversation});
    by_key.emplace(std::move(key), entries.begin());
    if (entries.size() > options.max_conversations) {
      by_key.erase(entries.back().key);
      entries.pop_back();
      std::erase_if(hosts, [](const auto& h) { return h.second.expired(); });
    }
    return conversation;
  }
};

RegistryClient::RegistryClient(http::Client& client, RegistryClientOptions options)
    : impl_(std::make_unique<Impl>(client, std::move(options))) {}
RegistryClient::~RegistryClient() = default;

std::shared_ptr<RemoteRepository> RegistryClient::Open(const Repository& repository,
                                                       const Access& access) {
  return std::make_shared<RemoteRepositoryImpl>(
      impl_->ConversationOf(Manner::kContainerRegistry, repository, access), repository);
}

base::Result<std::shared_ptr<OrasRepository>> RegistryClient::OpenOras(const std::string& name,
                                                                       bool plain_http,
                                                                       const Access& access) {
  SLUICE_TRY(OrasName parsed, OrasName::Parse(name, plain_http));
  auto conversation = impl_->ConversationOf(Manner::kOras, parsed.repository, access);
  return MakeOrasRepository(std::move(conversation), std::move(parsed));
}

}  // namespace sluice::oci
