// Keys and certificates over OpenSSL, as far as signatures of artifacts need them. Values that
// share what they hold; immutable, thread-safe.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/time.h"

namespace sluice::sigstore {

enum class Padding : uint8_t { kPkcs1, kPss };
enum class Hash : uint8_t { kSha256, kSha384, kSha512 };

class PublicKey {
 public:
  // "PUBLIC KEY" or "RSA PUBLIC KEY". Errors: "PEM decoding failed", and OpenSSL's reason.
  static base::Result<PublicKey> FromPem(std::string_view pem);
  static base::Result<PublicKey> FromDer(std::string_view spki);
  static base::Result<PublicKey> OfCertificate(X509* cert);

  // ECDSA (DER), RSA or Ed25519 by the key's type. The hash is Ed25519's own there.
  bool Verify(std::string_view message, std::string_view signature, Hash hash = Hash::kSha256,
              Padding padding = Padding::kPkcs1) const;
  // ECDSA as JOSE and COSE have it: r || s.
  bool VerifyRaw(std::string_view message, std::string_view signature, Hash hash) const;
  bool is_rsa() const;
  bool is_ec() const;
  int bits() const;
  const std::string& spki() const { return spki_; }  // DER
  // SHA-256 of it, raw: how transparency logs are named
  std::string LogId() const;

 private:
  explicit PublicKey(std::shared_ptr<EVP_PKEY> key);
  std::shared_ptr<EVP_PKEY> key_;
  std::string spki_;
};

class Certificate {
 public:
  static base::Result<Certificate> FromDer(std::string_view der);
  // Every CERTIFICATE block. An empty list is an error.
  static base::Result<std::vector<Certificate>> ListFromPem(std::string_view pem);

  X509* get() const { return cert_.get(); }
  const std::string& der() const { return der_; }
  base::Result<PublicKey> Key() const { return PublicKey::OfCertificate(cert_.get()); }
  base::Time not_before() const;
  base::Time not_after() const;
  bool ValidAt(base::Time t) const { return t >= not_before() && t <= not_after(); }
  bool IsSelfIssued() const;
  bool IsAuthority() const;  // may sign others
  // DNS names, e-mail addresses, IP addresses, URIs, Fulcio's other names, in this order.
  std::vector<std::string> AlternativeNames() const;
  // Of an extension, raw; nullopt if absent.
  std::optional<std::string> Extension(const char* oid) const;

 private:
  explicit Certificate(std::shared_ptr<X509> cert);
  std::shared_ptr<X509> cert_;
  std::string der_;
};

enum class Purpose : uint8_t { kAny, kCodeSigning };
// Leaf first, its root last. Error: why there is no chain at that time.
base::Result<std::vector<Certificate>> BuildChain(const Certificate& leaf,
                                                  const std::vector<Certificate>& roots,
                                                  const std::vector<Certificate>& intermediates,
                                                  base::Time at, Purpose purpose);

// True if an embedded SCT of `leaf` is by one of `logs`, at a time the log's key was good.
struct CtLog {
  PublicKey key;
  std::optional<base::Time> from, until;
};
bool HasVerifiedSct(const Certificate& leaf, const Certificate& issuer,
                    const std::vector<CtLog>& logs);

std::string LastOpenSslError();

}  // namespace sluice::sigstore
