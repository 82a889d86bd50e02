// X.509 certificates as sprig makes them: the bytes of Go's x509.CreateCertificate, signed by
// libcrypto. Private to the library.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "gotemplate/function.h"
#include "gotemplate/value.h"
#include "private_key.h"

namespace sluice::gotemplate {

struct CertificateRequest {
  std::string_view common_name;
  const List* ips = nullptr;  // texts; null = none
  const List* dns_names = nullptr;
  int64_t days = 0;
  bool is_ca = false;
};

// PEM of both.
struct CertificatePair {
  std::string certificate, key;
};

// Signed by `key` itself, or by `issuer`. The serial number is the environment's randomness, the
// validity begins now.
base::Result<CertificatePair> MakeCertificate(Environment& environment,
                                              const CertificateRequest& request,
                                              const PrivateKey& key,
                                              const CertificatePair* issuer = nullptr);
// A certificate and a key that somebody else made, both base64 of PEM, once they prove to be such.
base::Result<CertificatePair> CheckCertificate(std::string_view certificate_base64,
                                               std::string_view key_base64);

// a sprig.certificate with the fields Cert and Key
Value NewCertificate(Heap& heap, CertificatePair pair);
const CertificatePair* CertificateOf(const Value& value);  // null unless it is one

}  // namespace sluice::gotemplate
