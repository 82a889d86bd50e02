#include "cloud/jwt.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include <memory>

#include "base/encoding.h"
#include "base/owned.h"
#include "base/strings.h"

namespace sluice::cloud {
namespace {

using Key = base::Owned<EVP_PKEY, EVP_PKEY_free>;
using Bio = base::Owned<BIO, BIO_free>;
using Md = base::Owned<EVP_MD_CTX, EVP_MD_CTX_free>;
using Cert = base::Owned<X509, X509_free>;
using P12 = base::Owned<PKCS12, PKCS12_free>;

Bio Over(std::string_view bytes) {
  return Bio(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}
// No prompt on a terminal for an encrypted key.
int NoPassword(char*, int, int, void*) { return 0; }

base::Status BadKey(std::string_view why) {
  return base::InvalidArgument(base::Cat("could not parse private key: ", why));
}

base::Result<std::string> Sign(const base::SecretString& pem, std::string_view data) {
  const Key key(PEM_read_bio_PrivateKey(Over(pem.Reveal()).get(), nullptr, NoPassword, nullptr));
  if (key == nullptr) return BadKey("invalid key: Key must be a PEM encoded PKCS1 or PKCS8 key");
  if (EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA)
    return BadKey("key is not a valid RSA private key");
  const Md ctx(EVP_MD_CTX_new());
  size_t size = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(data.data());
  std::string out;
  if (EVP_DigestSignInit(ctx.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1 ||
      EVP_DigestSign(ctx.get(), nullptr, &size, bytes, data.size()) != 1) {
    return base::Internal("failed to sign the token");
  }
  out.resize(size);
  if (EVP_DigestSign(ctx.get(), reinterpret_cast<unsigned char*>(out.data()), &size, bytes,
                     data.size()) != 1) {
    return base::Internal("failed to sign the token");
  }
  out.resize(size);
  return out;
}

base::Result<std::string> Der(X509* cert) {
  const int size = i2d_X509(cert, nullptr);
  if (size <= 0)
    return base::InvalidArgument("failed to parse client certificates: bad certificate");
  std::string out(static_cast<size_t>(size), '\0');
  auto* at = reinterpret_cast<unsigned char*>(out.data());
  i2d_X509(cert, &at);
  return out;
}

base::Result<base::SecretString> Pem(EVP_PKEY* key) {
  const Bio out(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return base::Internal("failed to write the key");
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return base::SecretString(std::string_view(data, static_cast<size_t>(size)));
}

}  // namespace

base::Result<std::string> SignJwt(std::string_view header, std::string_view claims,
                                  const base::SecretString& key_pem) {
  const std::string text =
      base::Cat(base::Base64UrlEncode(header), ".", base::Base64UrlEncode(claims));
  SLUICE_TRY(const std::string signature, Sign(key_pem, text));
  return base::Cat(text, ".", base::Base64UrlEncode(signature));
}

base::Result<ClientCertificate> ParseClientCertificate(std::string_view bytes,
                                                       const base::SecretString& password) {
  const auto bad = [](std::string_view why) {
    return base::InvalidArgument(base::Cat("failed to parse client certificates: ", why));
  };
  ClientCertificate out;
  if (base::Contains(bytes, "-----BEGIN ")) {
    const Key key(PEM_read_bio_PrivateKey(Over(bytes).get(), nullptr, NoPassword, nullptr));
    if (key == nullptr) return bad("found no private key");
    SLUICE_TRY(out.key_pem, Pem(key.get()));
    const Bio in = Over(bytes);
    while (const Cert cert{PEM_read_bio_X509(in.get(), nullptr, NoPassword, nullptr)}) {
      SLUICE_TRY(std::string der, Der(cert.get()));
      // The key's own comes first, wherever it stood.
      const bool own = X509_check_private_key(cert.get(), key.get()) == 1;
      out.chain_der.insert(own ? out.chain_der.begin() : out.chain_der.end(), std::move(der));
    }
    if (out.chain_der.empty()) return bad("found no certificate");
    return out;
  }
  const P12 p12(d2i_PKCS12_bio(Over(bytes).get(), nullptr));
  EVP_PKEY* key = nullptr;
  X509* cert = nullptr;
  STACK_OF(X509)* more = nullptr;
  if (p12 == nullptr ||
      PKCS12_parse(p12.get(), std::string(password.Reveal()).c_str(), &key, &cert, &more) != 1) {
    return bad("it is neither PEM nor PKCS #12, or the password is wrong");
  }
  const Key own_key(key);
  const Cert own_cert(cert);
  const std::unique_ptr<STACK_OF(X509), void (*)(STACK_OF(X509)*)> rest(
      more, [](STACK_OF(X509) * s) { sk_X509_pop_free(s, X509_free); });
  if (key == nullptr || cert == nullptr) return bad("found no certificate with its key");
  SLUICE_TRY(out.key_pem, Pem(key));
  SLUICE_TRY(out.chain_der.emplace_back(), Der(cert));
  for (int i = 0; rest != nullptr && i < sk_X509_num(rest.get()); ++i) {
    SLUICE_TRY(out.chain_der.emplace_back(), Der(sk_X509_value(rest.get(), i)));
  }
  return out;
}

}  // namespace sluice::cloud
