// OpenPGP signatures against public keys, in process by librnp: of Git commits and tags, and of
// Helm's provenance files. Verification only: there is no secret key here, nothing is fetched, no
// key outside the ring is trusted.
//
// A signature counts only if it is by a key of the ring whose primary key and signing (sub)key are,
// now, neither expired nor revoked, has not expired itself, and hashes with SHA-256 or better
// (SHA-224 is let through; MD5, SHA-1 and RIPEMD-160 are not), as Go's openpgp has it. Of several
// signatures one is enough.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace sluice::pgp {

struct Signer {
  std::string key_id;                 // of the primary key: 16 hex digits, upper case
  std::string fingerprint;            // of the primary key, upper case
  std::string signing_fingerprint;    // of the key or subkey that signed, upper case
  std::vector<std::string> user_ids;  // the primary one first
  int64_t created = 0;                // of the signature: seconds since the epoch
};

struct ClearSigned {
  // what was signed, its armor undone: dash escapes gone, lines ending in LF, without the newline
  // before the signature
  std::string text;
  Signer signer;
};

struct Limits {
  size_t max_ring_bytes = 16 << 20;
  size_t max_keys = 4096;  // subkeys included
  size_t max_signature_bytes = 1 << 20;
  size_t max_text_bytes = 64 << 20;  // clear-signed
};

// Public keys. Move-only; thread-compatible: one verification at a time.
class Keyring {
 public:
  // Armored (one or more blocks) or binary; secret parts are left out. kInvalidArgument "unexpected
  // EOF" where no key can be read at all, kResourceExhausted past a limit.
  static base::Result<Keyring> Import(std::string_view bytes, const Limits& limits = {});
  Keyring(Keyring&&) noexcept;
  Keyring& operator=(Keyring&&) noexcept;
  ~Keyring();

  size_t size() const;  // primary keys

  // `signature`: armored or binary. kNotFound "no matching key" if no signature is by a key of the
  // ring; kPermissionDenied for one that is and does not hold: "invalid signature", "key expired",
  // "key revoked", "signature expired", "weak hash algorithm SHA1"; kInvalidArgument if it is no
  // signature at all.
  base::Result<Signer> VerifyDetached(std::string_view data, std::string_view signature) const;
  // The same for "-----BEGIN PGP SIGNED MESSAGE-----". Text outside the armor is ignored.
  base::Result<ClearSigned> VerifyClearSigned(std::string_view document) const;

 private:
  struct Impl;
  explicit Keyring(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::pgp
