// Identities: credentials in AWS, Azure and Google Cloud, as Flux's providers mean them (source.md
// §6.3): those of this process, those of a Kubernetes ServiceAccount (an object's own), and what a
// Secret's principal is given in exchange.
//   AWS     environment keys, web identity (IRSA), container credentials (EKS Pod Identity),
//   instance metadata v2 Azure   client secret or certificate, workload identity, managed identity
//   GCP     a key file, the metadata server
// Kept as token_cache.h says. Thread-safe; a call may ask the network and blocks, each request at
// most ten seconds. No secret gets into an error.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/secret.h"
#include "base/status.h"
#include "cloud/environment.h"
#include "cloud/signature_v4.h"
#include "cloud/token_cache.h"
#include "http/client.h"
#include "observe/context.h"

namespace sluice::cloud {

using ProxyPtr = std::shared_ptr<const http::ProxyOptions>;

// A Kubernetes ServiceAccount that stands for an identity in a cloud, by its annotations.
struct ServiceAccount {
  std::string ns, name;
  std::map<std::string, std::string> annotations;
  // A token of it for that audience, from the Kubernetes API.
  std::function<base::Result<base::SecretString>(const observe::Context& ctx,
                                                 const std::string& audience)>
      token;
};

struct Asked {
  ProxyPtr proxy;                                 // never for a metadata server
  std::shared_ptr<const ServiceAccount> account;  // null: the process itself
  bool renew = false;                             // the store refused the last one
  Involved of{};                                  // whose reconcile asks
};

struct AwsAsked : Asked {
  std::string region;        // "" = the process's own
  std::string sts_endpoint;  // "" = AWS's own of the region
};

struct LdapSts {
  std::string endpoint, username;
  base::SecretString password;
  std::shared_ptr<const http::TlsOptions> tls;
  ProxyPtr proxy;
};

// An application at Entra ID.
struct AzurePrincipal {
  std::string tenant_id, client_id, authority_host;  // "" = the public cloud's
  base::SecretString client_secret;
  std::string certificate;  // instead: PEM or PKCS #12
  base::SecretString certificate_password;
  bool send_chain = false;
};

inline constexpr std::string_view kGcpScope = "https://www.googleapis.com/auth/cloud-platform";
inline constexpr std::string_view kGcpReadOnlyStorageScope =
    "https://www.googleapis.com/auth/devstorage.read_only";

class Identities {
 public:
  // `client` and `clock` outlive this.
  Identities(http::Client& client, CloudEnvironment environment, TokenCacheOptions cache = {},
             base::Clock& clock = base::SystemClock());
  ~Identities();

  base::Result<AwsCredentials> Aws(const observe::Context& ctx, const AwsAsked& asked);
  // The same with the end of their life.
  base::Result<Credential> AwsCredential(const observe::Context& ctx, const AwsAsked& asked);
  // `scope`: "https://storage.azure.com/.default".
  base::Result<base::SecretString> Azure(const observe::Context& ctx, const std::string& scope,
                                         const Asked& asked);
  // For cloud-platform and userinfo.email. With the end of its life.
  base::Result<Credential> Gcp(const observe::Context& ctx, const Asked& asked);

  // AssumeRoleWithLDAPIdentity, of MinIO.
  base::Result<AwsCredentials> AwsByLdap(const observe::Context& ctx, const LdapSts& sts,
                                         bool renew);
  base::Result<base::SecretString> AzureByPrincipal(const observe::Context& ctx,
                                                    const AzurePrincipal& principal,
                                                    const std::string& scope, const Asked& asked);
  base::Result<base::SecretString> AzureByManagedIdentity(const observe::Context& ctx,
                                                          const std::string& client_id,
                                                          const std::string& scope, bool renew);
  // `key` is a service account's JSON, or an authorized user's.
  base::Result<base::SecretString> GcpByKey(const observe::Context& ctx,
                                            const base::SecretString& key, std::string_view scope,
                                            const Asked& asked);

  TokenCache& cache() { return cache_; }
  const CloudEnvironment& environment() const { return env_; }

 private:
  base::Result<Credential> AwsOwn(const observe::Context& ctx, const AwsAsked& asked,
                                  const std::string& region);
  base::Result<Credential> AwsWebIdentity(const observe::Context& ctx, const AwsAsked& asked,
                                          const std::string& region, const std::string& role,
                                          const std::string& session,
                                          const base::SecretString& token);
  base::Result<Credential> AwsContainer(const observe::Context& ctx);
  base::Result<Credential> AwsInstance(const observe::Context& ctx);
  base::Result<Credential> AzureOwn(const observe::Context& ctx, const std::string& scope,
                                    const ProxyPtr& proxy);
  base::Result<Credential> AzureAssertion(const observe::Context& ctx,
                                          const AzurePrincipal& principal,
                                          const base::SecretString& assertion,
                                          const std::string& scope, const ProxyPtr& proxy);
  base::Result<Credential> AzureManaged(const observe::Context& ctx, const std::string& client_id,
                                        const std::string& scope);
  base::Result<Credential> GcpKey(const observe::Context& ctx, const base::SecretString& key,
                                  std::string_view scope, const ProxyPtr& proxy);
  base::Result<Credential> GcpMetadata(const observe::Context& ctx);
  base::Result<std::string> GcpMetadataText(const observe::Context& ctx, const std::string& path);
  base::Result<std::string> GcpAudience(const observe::Context& ctx, const ServiceAccount& account,
                                        bool of_exchange);
  base::Result<Credential> GcpAccount(const observe::Context& ctx, const ServiceAccount& account,
                                      const base::SecretString& token, const ProxyPtr& proxy);

  http::Client& client_;
  const CloudEnvironment env_;
  base::Clock& clock_;
  TokenCache cache_;
};

// "invalid STS endpoint: '<e>'. must match …"
base::Status CheckStsEndpoint(const std::string& endpoint);

}  // namespace sluice::cloud
