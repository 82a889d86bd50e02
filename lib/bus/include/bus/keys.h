// Keys: the CURVE key pairs of the roles, in a directory: <role>.key (secret, 0600) and <role>.pub,
// one line of Z85 (40 characters) each. A cluster mounts them as a Secret. Stateless; thread-safe.
#pragma once

#include <map>
#include <string>

#include "base/status.h"
#include "bus/bus.h"

namespace sluice::bus {

struct KeyPair {
  std::string public_key, secret_key;  // Z85
};
KeyPair NewKeyPair();

// What `sluice bus keygen DIR` does: a pair for every role into `dir` (created 0700). Files that
// exist are kept unless `force`; a public key that is missing is derived from the secret one.
base::Status GenerateKeys(const std::string& dir, bool force);
// The same as file name → content, for a Secret: "source.key", "source.pub", …
std::map<std::string, std::string> GenerateKeyFiles();

// kPermissionDenied when others may read the file; kInvalidArgument when it holds no key.
base::Result<KeyPair> LoadKeyPair(const std::string& dir, Role role);
base::Result<std::string> LoadPublicKey(const std::string& dir, Role role);

}  // namespace sluice::bus
