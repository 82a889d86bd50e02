// Credentials of registries as docker and Kubernetes keep them: docker config JSON, and the pull
// Secrets that hold it. Values; pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "base/status.h"

namespace sluice::oci {

// What authenticates at one registry; all empty: anonymous.
struct AuthConfig {
  std::string username;
  base::SecretString password;
  base::SecretString identity_token;  // an OAuth refresh token
  base::SecretString registry_token;  // sent as it is

  bool anonymous() const {
    return username.empty() && password.empty() && identity_token.empty() && registry_token.empty();
  }
};

// Credentials by registry and path prefix, as the kubelet matches them: the longest pattern first,
// host parts may be globs ("*.example.com"), the port must be equal, the path a prefix. Of equal
// patterns the one added first counts.
class Keychain {
 public:
  // `{"auths": {"host": {"auth": "…"}}}`; the form before it, a bare map, is `legacy`. Errors name
  // no value.
  base::Status AddDockerConfig(std::string_view json, bool legacy = false);
  // `name` is a repository's name with its registry, or a registry's. Anonymous where nothing
  // matches.
  AuthConfig Resolve(std::string_view name) const;
  bool empty() const { return entries_.empty(); }

 private:
  std::map<std::string, AuthConfig, std::greater<>> entries_;  // pattern → credentials
};

}  // namespace sluice::oci
