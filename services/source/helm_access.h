// HelmAccess: how a Helm repository is reached, and HelmAccessReader, which reads it out of a
// HelmRepository's Secrets (source.md §6.1, §9.2). The readers are thread-safe.
#pragma once

#include <memory>
#include <string>

#include "api/helm_source.h"
#include "base/duration.h"
#include "base/secret.h"
#include "cloud/registry_login.h"
#include "http/client.h"
#include "http/url.h"
#include "kube/client.h"
#include "observe/context.h"
#include "oci/client.h"

namespace sluice::source {

// A value.
struct HelmAccess {
  std::string url;      // normalised, with its query, without user info
  http::Origin origin;  // of http(s)
  std::string username;
  base::SecretString password;
  bool pass_credentials = false;                // to other origins, too
  std::shared_ptr<const http::TlsOptions> tls;  // null: system roots
  base::Duration timeout = std::chrono::seconds(60);
  oci::AuthConfig registry;  // of oci://
  bool insecure = false;     // plain HTTP to a registry

  // Equal for what may share a download: the URL and everything that decides what its server
  // answers. One way.
  std::string Fingerprint() const;
};

// "https://h/a" → "https://h/a/"; of oci:// URLs trailing slashes go. Errors in the words of Go's
// url.Parse.
base::Result<std::string> NormalizeHelmUrl(const std::string& url);
// The index of a normalised URL.
base::Result<std::string> HelmIndexUrl(const std::string& url);
// Where a chart of the index is, whose URL may be relative to the repository's. The repository's
// query goes along, but to no other origin.
base::Result<std::string> HelmChartUrl(const std::string& repository, const std::string& reference);

class HelmAccessReader {
 public:
  HelmAccessReader(kube::Client& client, cloud::RegistryLogins& logins)
      : client_(client), logins_(logins) {}  // outlive this

  // `url` is the normalised one. Errors: "failed to get authentication secret 'ns/n': …", "failed
  // to get TLS authentication secret 'ns/n': …", "failed to construct Helm client's TLS config: …",
  // "failed to detect authentication methods: …", and those of registries.
  base::Result<HelmAccess> Read(const observe::Context& ctx, const std::string& ns,
                                const api::HelmRepositorySpec& spec, const std::string& url) const;

 private:
  base::Status ReadRegistry(const observe::Context& ctx, const api::HelmRepositorySpec& spec,
                            const document::Value* secret, HelmAccess& out) const;

  kube::Client& client_;
  cloud::RegistryLogins& logins_;
};

}  // namespace sluice::source
