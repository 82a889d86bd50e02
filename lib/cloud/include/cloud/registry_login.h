// RegistryLogins: credentials for the registries of AWS, Azure and GCP from an identity there
// (identity.h), as Flux's `provider` means it (source.md §6.3): GetAuthorizationToken at ECR,
// /oauth2/exchange at the Azure registry itself, the token as it is at Google's. Kept for 80 % of
// their life, at most an hour. Thread-safe; a login asks the network and blocks.
#pragma once

#include <memory>
#include <string>

#include "base/secret.h"
#include "base/status.h"
#include "cloud/identity.h"
#include "http/client.h"
#include "observe/context.h"

namespace sluice::cloud {

struct RegistryLogin {
  std::string username;
  base::SecretString password;
};

class RegistryLogins {
 public:
  // All outlive this.
  RegistryLogins(http::Client& client, Identities& identities,
                 base::Clock& clock = base::SystemClock())
      : client_(client), identities_(identities), clock_(clock) {}

  // `provider` is "aws", "azure" or "gcp", `registry` a host. Errors: `invalid AWS registry: '<h>'.
  // must match <re>` (and Azure, GCP), and what the identity's services answered, without a secret.
  base::Result<RegistryLogin> Login(const observe::Context& ctx, const std::string& provider,
                                    const std::string& registry, const Asked& asked);

 private:
  base::Result<Credential> Aws(const observe::Context& ctx, const std::string& registry,
                               const Asked& asked);
  base::Result<Credential> Azure(const observe::Context& ctx, const std::string& registry,
                                 const Asked& asked);
  base::Result<Credential> Gcp(const observe::Context& ctx, const std::string& registry,
                               const Asked& asked);

  http::Client& client_;
  Identities& identities_;
  base::Clock& clock_;
};

}  // namespace sluice::cloud
