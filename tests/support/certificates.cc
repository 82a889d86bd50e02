#include "test_support/certificates.h"

#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>

#include "base/owned.h"
#include "base/status.h"

namespace sluice::test_support {
namespace {

using Key = base::Owned<EVP_PKEY, EVP_PKEY_free>;
using Cert = base::Owned<X509, X509_free>;
using Bio = base::Owned<BIO, BIO_free_all>;

constexpr long kDay = 86400;

template <class Write>
std::string ToPem(Write write) {
  const Bio bio(BIO_new(BIO_s_mem()));
  write(bio.get());
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<size_t>(size)};
}

Bio FromPem(const std::string& pem) {
  return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}
Key ReadKey(const std::string& pem) {
  Key key(PEM_read_bio_PrivateKey(FromPem(pem).get(), nullptr, nullptr, nullptr));
  SLUICE_CHECK(key != nullptr);
  return key;
}
Cert ReadCert(const std::string& pem) {
  Cert cert(PEM_read_bio_X509(FromPem(pem).get(), nullptr, nullptr, nullptr));
  SLUICE_CHECK(cert != nullptr);
  return cert;
}

void AddExtension(X509* cert, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX ctx;
  X509V3_set_ctx(&ctx, issuer, cert, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &ctx, nid, value.c_str());
  SLUICE_CHECK(extension != nullptr);
  X509_add_ext(cert, extension, -1);
  X509_EXTENSION_free(extension);
}

Cert NewCert(const std::string& name, EVP_PKEY* key) {
  static long serial = 0;
  Cert cert(X509_new());
  X509_set_version(cert.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(cert.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(cert.get()), kDay);
  X509_set_pubkey(cert.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(cert.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  return cert;
}

Certificate ToPems(X509* cert, EVP_PKEY* key) {
  return {ToPem([&](BIO* b) { PEM_write_bio_X509(b, cert); }), ToPem([&](BIO* b) {
            PEM_write_bio_PrivateKey(b, key, nullptr, nullptr, 0, nullptr, nullptr);
          })};
}

}  // namespace

Certificate MakeAuthority(const std::string& name) {
  const Key key(EVP_EC_gen("P-256"));
  const Cert cert = NewCert(name, key.get());
  X509_set_issuer_name(cert.get(), X509_get_subject_name(cert.get()));
  AddExtension(cert.get(), cert.get(), NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(cert.get(), cert.get(), NID_key_usage, "critical,keyCertSign,digitalSignature");
  AddExtension(cert.get(), cert.get(), NID_subject_key_identifier, "hash");
  X509_sign(cert.get(), key.get(), EVP_sha256());
  return ToPems(cert.get(), key.get());
}

Certificate IssueCertificate(const Certificate& authority, const std::string& name,
                             const std::string& alt_names) {
  const Key key(EVP_EC_gen("P-256"));
  const Cert cert = NewCert(name, key.get()), issuer = ReadCert(authority.cert_pem);
  X509_set_issuer_name(cert.get(), X509_get_subject_name(issuer.get()));
  if (!alt_names.empty()) AddExtension(cert.get(), issuer.get(), NID_subject_alt_name, alt_names);
  X509_sign(cert.get(), ReadKey(authority.key_pem).get(), EVP_sha256());
  return ToPems(cert.get(), key.get());
}

std::string SignEs256(const std::string& key_pem, const std::string& text) {
  const Key key = ReadKey(key_pem);
  const base::Owned<EVP_MD_CTX, EVP_MD_CTX_free> ctx(EVP_MD_CTX_new());
  SLUICE_CHECK(EVP_DigestSignInit(ctx.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1);
  unsigned char der[128];
  size_t size = sizeof der;
  SLUICE_CHECK(EVP_DigestSign(ctx.get(), der, &size,
                              reinterpret_cast<const unsigned char*>(text.data()),
                              text.size()) == 1);
  const unsigned char* at = der;
  const base::Owned<ECDSA_SIG, ECDSA_SIG_free> sig(
      d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size)));
  std::string out(64, '\0');
  BN_bn2binpad(ECDSA_SIG_get0_r(sig.get()), reinterpret_cast<unsigned char*>(out.data()), 32);
  BN_bn2binpad(ECDSA_SIG_get0_s(sig.get()), reinterpret_cast<unsigned char*>(out.data()) + 32, 32);
  return out;
}

std::string CertificateDer(const std::string& cert_pem) {
  const Cert cert = ReadCert(cert_pem);
  unsigned char* der = nullptr;
  const int size = i2d_X509(cert.get(), &der);
  std::string out(reinterpret_cast<char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return out;
}

}  // namespace sluice::test_support
