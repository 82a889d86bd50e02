// What Go's crypto/x509 and encoding/asn1 say of certificates and private keys that they refuse,
// word for word. Only the checks: the values themselves are libcrypto's to read. Private to the
// library.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/status.h"

namespace sluice::gotemplate {

// x509.ParseCertificate: "x509: malformed serial number".
base::Status CheckX509(std::string_view der);

// x509.ParsePKCS1PrivateKey, ParseECPrivateKey and ParsePKCS8PrivateKey, and asn1.Unmarshal of
// sprig's DSA key. The numbers of elliptic curves are not looked at.
base::Status CheckPkcs1Key(std::string_view der);
base::Status CheckEcKey(std::string_view der);
base::Status CheckPkcs8Key(std::string_view der);
base::Status CheckDsaKey(std::string_view der);

// The bytes of a scalar of the elliptic curve with this encoded OID, 0 where Go does not know it.
size_t ScalarBytes(std::string_view oid);

}  // namespace sluice::gotemplate
