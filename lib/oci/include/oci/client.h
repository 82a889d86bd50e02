// RemoteRepository: one repository of a registry, spoken to by the OCI distribution API 1.1 over
// lib/http: manifests, tags, blobs, referrers. RegistryClient keeps what a conversation has taught
// (scheme, challenge, tokens), so that asking again costs one request.
//
// - The registry is pinged once (`GET /v2/`): https first; where plain HTTP is allowed it follows
// after a failure or 300 ms of silence.
// - Credentials go to the registry's own origin, and to its token server if CheckRealm
// (challenge.h) agrees; never along a redirect to another
//   origin. A redirect from a public registry to a private address is refused.
// - Tried again: connections that broke, and 408, 429, 5xx, three times from 1 s on, after a short
// Retry-After if that is asked for; a long one ends the call (http::PatientClient keeps the next
// one from being sent too early).
//
// Errors are go-containerregistry's words, which Flux puts into conditions:
//   GET http://127.0.0.1:5000/v2/none/manifests/latest: MANIFEST_UNKNOWN: manifest unknown;
//   map[Tag:latest]     kNotFound GET https://auth.example.com/token?scope=…: unexpected status
//   code 401 Unauthorized: …                        kUnauthenticated
// Unknown query parameters of a URL are REDACTED in them. Both classes are thread-safe; calls
// block.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "http/client.h"
#include "observe/context.h"
#include "oci/credentials.h"
#include "oci/manifest.h"
#include "oci/oras.h"
#include "oci/reference.h"

namespace sluice::oci {

// How a registry is reached. Equal contents share what was learnt.
struct Access {
  AuthConfig auth;
  std::shared_ptr<const http::TlsOptions> tls;      // null: system roots
  std::shared_ptr<const http::ProxyOptions> proxy;  // null: the process's own
};

struct RawManifest {
  std::string bytes, media_type, digest;
};

// Takes a blob's bytes in order. An error ends the pull and is what it returns.
using BlobSink = std::function<base::Status(std::string_view)>;

class RemoteRepository {
 public:
  virtual ~RemoteRepository() = default;
  virtual const Repository& name() const = 0;

  // The digest that a tag stands for, by HEAD alone. An answer without Docker-Content-Digest is an
  // error.
  virtual base::Result<Descriptor> Head(const observe::Context& ctx, const Reference& ref) = 0;
  // The manifest or index as it is; its digest is computed, and checked if `ref` is a digest. At
  // most kMaxManifestBytes.
  virtual base::Result<RawManifest> Get(const observe::Context& ctx, const Reference& ref) = 0;
  // The manifest of an image or artifact, not yet parsed; of an index the one for linux/amd64.
  virtual base::Result<RawManifest> GetImage(const observe::Context& ctx, const Reference& ref) = 0;
  // Every tag, in the registry's order, page by page. At most 1,000,000.
  virtual base::Result<std::vector<std::string>> ListTags(const observe::Context& ctx) = 0;
  // Streams a blob at constant memory. A connection that breaks is resumed where it stopped. The
  // sink has seen all bytes before their digest is known: what it made of them counts only if this
  // returns ok.
  virtual base::Status PullBlob(const observe::Context& ctx, const Descriptor& blob,
                                const BlobSink& sink) = 0;
  // The same into memory; larger than `max_bytes` is kResourceExhausted.
  virtual base::Result<std::string> ReadBlob(const observe::Context& ctx, const Descriptor& blob,
                                             uint64_t max_bytes) = 0;
  // What refers to `digest`: by the referrers API, or by the tag "sha256-<hex>" where a registry
  // has none. "" = of every artifact type.
  virtual base::Result<std::vector<Descriptor>> Referrers(const observe::Context& ctx,
                                                          const std::string& digest,
                                                          std::string_view artifact_type) = 0;
};

struct RegistryClientOptions {
  std::string user_agent = "flux/v2";
  size_t max_conversations = 4096;  // repository and access pairs remembered
  std::chrono::milliseconds first_retry{1000};
  std::chrono::milliseconds stall_timeout{60000};  // without a byte
};

class RegistryClient {
 public:
  // `client` outlives this and what it opens.
  explicit RegistryClient(http::Client& client, RegistryClientOptions options = {});
  ~RegistryClient();

  std::shared_ptr<RemoteRepository> Open(const Repository& repository, const Access& access);
  // `name`: "host[:port]/path"; `plain_http`: by http, and nothing else. Errors: `invalid
  // reference: invalid repository "X"` and the like.
  base::Result<std::shared_ptr<OrasRepository>> OpenOras(const std::string& name, bool plain_http,
                                                         const Access& access);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::oci
