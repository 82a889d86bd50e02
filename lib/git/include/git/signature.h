// Signatures of commits and tags: cut out of the raw object, told apart, and SSH's checked
// (PROTOCOL.sshsig of OpenSSH). OpenPGP's are checked by lib/pgp. Texts are those of Flux's git
// library, since they reach conditions. Pure but for OpenSSL; thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "git/object_id.h"

namespace sluice::git {

// An object and what signs it.
struct SignedObject {
  ObjectId oid;
  bool tag = false;       // an annotated tag, else a commit
  std::string tag_name;   // as the tag object has it
  std::string payload;    // the object without its signature: the bytes that were signed
  std::string signature;  // armored; "" = not signed
};

// kDataLoss for an object that two readers could read differently (two signatures).
base::Result<SignedObject> SplitCommit(const ObjectId& oid, std::string_view bytes);
base::Result<SignedObject> SplitTag(const ObjectId& oid, std::string_view bytes);

// "openpgp", "ssh", "x509", "empty" or "unknown", by the armor's first line.
std::string_view SignatureType(std::string_view signature);

// Checks an SSH signature (namespace "git") over `payload` against texts in authorized_keys format,
// in their order. ed25519, ecdsa, RSA with SHA-2 and the security-key kinds. Returns the key's
// "SHA256:<base64>" fingerprint, or e.g. "unable to verify payload with any of the given authorized
// keys: no matching key\npublic key does not match".
base::Result<std::string> VerifySshSignature(std::string_view signature, std::string_view payload,
                                             const std::vector<std::string>& authorized_keys);

}  // namespace sluice::git
