// Private keys as sprig makes, reads and writes them. Private to the library. Thread-compatible.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "libcrypto.h"

namespace sluice::gotemplate {

class PrivateKey {
 public:
  enum class Kind : uint8_t { kRsa, kEcdsa, kEd25519, kDsa, kX25519 };

  // From libcrypto's own generator. `bits` is RSA's.
  static base::Result<PrivateKey> Generate(Kind kind, int bits = 0);
  // "no PEM data in input", "parsing RSA private key from PEM: …".
  static base::Result<PrivateKey> FromPem(std::string_view pem);
  // Whether Go would take it: the same failures, but no key.
  static base::Status CheckPem(std::string_view pem);

  Kind kind() const { return kind_; }
  EVP_PKEY* get() const { return key_.get(); }
  const LibCrypto& ssl() const { return *ssl_; }
  base::Result<std::string> ToPem() const;          // PKCS#1, SEC 1 or PKCS#8 by kind
  base::Result<std::string> PublicKeyInfo() const;  // SubjectPublicKeyInfo, DER
  // The signature of `bytes` with the hash that Go takes for the key, and DER of the
  // AlgorithmIdentifier that names both.
  base::Result<std::string> Sign(std::string_view bytes) const;
  base::Result<std::string> AlgorithmIdentifier() const;

 private:
  PrivateKey(const LibCrypto* ssl, Kind kind, EVP_PKEY* key)
      : ssl_(ssl), kind_(kind), key_(key, ssl->EVP_PKEY_free) {}
  const EVP_MD* Hash() const;
  const LibCrypto* ssl_;
  Kind kind_;
  Owned<EVP_PKEY> key_;
};

}  // namespace sluice::gotemplate
