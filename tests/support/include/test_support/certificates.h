// Certificates made for a test: an authority, and what it issues. P-256 keys; valid for a day. PEM
// texts.
#pragma once

#include <string>

namespace sluice::test_support {

struct Certificate {
  std::string cert_pem, key_pem;
};

Certificate MakeAuthority(const std::string& name);
// `alt_names` as OpenSSL has them: "DNS:localhost,IP:127.0.0.1"; empty for a client's.
Certificate IssueCertificate(const Certificate& authority, const std::string& name,
                             const std::string& alt_names);
// Of a P-256 key, as JWS has it (r || s).
std::string SignEs256(const std::string& key_pem, const std::string& text);
std::string CertificateDer(const std::string& cert_pem);

}  // namespace sluice::test_support
