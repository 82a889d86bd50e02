// RegistryLogins: credentials for the registries of AWS, Azure and GCP from the identity of this process, as Flux's `provider` means it (source.md §6.3):
//   aws    environment keys, web identity (IRSA), container credentials (EKS Pod Identity), instance metadata v2; then GetAuthorizationToken
//   azure  workload identity, client secret, managed identity; then the registry's own /oauth2/exchange
//   gcp    the metadata server's token
// Kept for 80 % of their life, at most an hour. Thread-safe; a login asks the network and blocks, each request at most ten seconds.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/secret.h"
#include "base/status.h"
#include "http/client.h"
#include "observe/context.h"

namespace sluice::cloud {

// What the environment says; main fills it in. Endpoints are for other clouds and for tests: "" = the provider's own.
struct CloudEnvironment {
  std::string aws_access_key_id, aws_role_arn, aws_role_session_name, aws_web_identity_token_file;
  base::SecretString aws_secret_access_key, aws_session_token;
  std::string aws_container_credentials_uri, aws_container_token_file;
  std::string azure_client_id, azure_tenant_id, azure_federated_token_file, azure_authority_host;
  base::SecretString azure_client_secret;

  std::string aws_sts_endpoint, aws_ecr_endpoint, aws_metadata_endpoint, azure_metadata_endpoint, azure_registry_endpoint, gcp_metadata_endpoint;
};

struct RegistryLogin {
  std::string username;
  base::SecretString password;
};

class RegistryLogins {
 public:
  // `client` and `clock` outlive this.
  RegistryLogins(http::Client& client, CloudEnvironment environment, base::Clock& clock = base::SystemClock());
  ~RegistryLogins();

  // `provider` is "aws", "azure" or "gcp", `registry` a host. Errors: `invalid AWS registry: '<h>'. must match <re>` (and Azure, GCP), and what the
  // identity's services answered, without a secret.
  base::Result<RegistryLogin> Login(const observe::Context& ctx, const std::string& provider, const std::string& registry,
                                    const std::shared_ptr<const http::ProxyOptions>& proxy);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::cloud
