// JSON Web Tokens signed with an RSA key (RS256): GitHub Apps, Google service accounts,
// certificates at Entra ID. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "base/status.h"

namespace sluice::cloud {

// header.claims.signature; both JSON texts are final. "could not parse private key: …"
base::Result<std::string> SignJwt(std::string_view header, std::string_view claims,
                                  const base::SecretString& key_pem);

// A certificate with its key, from PEM or PKCS #12.
struct ClientCertificate {
  base::SecretString key_pem;
  std::vector<std::string> chain_der;  // the key's own first
};
// "failed to parse client certificates: …"
base::Result<ClientCertificate> ParseClientCertificate(std::string_view bytes,
                                                       const base::SecretString& password);

}  // namespace sluice::cloud
