#include "secrets.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/encoding.h"
#include "base/owned.h"
#include "base/strings.h"
#include "kube/object.h"

namespace sluice::source {
namespace {

constexpr size_t kMaxProxyUrl = 2048;

base::Status Bad(const SecretView& secret, std::string_view what) {
  return base::InvalidArgument(base::Cat("secret ", secret.Name(), what));
}

// `name`, or its former name; "" = neither.
base::Result<std::string> EitherEntry(const SecretView& secret, std::string_view name,
                                      std::string_view former) {
  SLUICE_TRY(auto found, secret.Entry(name));
  if (!found) {
    SLUICE_TRY(found, secret.Entry(former));
  }
  return std::move(found).value_or("");
}

struct TlsMaterial {
  std::string ca_pem, cert_pem;
  base::SecretString key_pem;
};

using BioPtr = base::Owned<BIO, BIO_free>;
using Certificate = base::Owned<X509, X509_free>;
using Key = base::Owned<EVP_PKEY, EVP_PKEY_free>;

BioPtr BioOf(std::string_view pem) {
  return BioPtr(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

Certificate FirstCertificate(std::string_view pem) {
  const BioPtr bio = BioOf(pem);
  Certificate cert(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  return cert;
}

base::Status CheckKeyPair(const TlsMaterial& material) {
  constexpr std::string_view kPrefix = "failed to parse TLS certificate and key";
  const auto cert = FirstCertificate(material.cert_pem);
  if (cert == nullptr)
    return base::InvalidArgument(
        base::Cat(kPrefix, ": tls: failed to find any PEM data in certificate input"));
  const BioPtr bio = BioOf(material.key_pem.Reveal());
  // An empty passphrase rather than a question on the terminal.
  const Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, const_cast<char*>("")));
  const bool fits = key != nullptr && X509_check_private_key(cert.get(), key.get()) == 1;
  ERR_clear_error();
  if (key == nullptr)
    return base::InvalidArgument(
        base::Cat(kPrefix, ": tls: failed to find any PEM data in key input"));
  return fits ? base::OkStatus()
              : base::InvalidArgument(
                    base::Cat(kPrefix, ": tls: private key does not match public key"));
}

}  // namespace

base::Result<document::Value> ReadSecret(const observe::Context& ctx, kube::Client& client,
                                         const std::string& ns, const std::string& name) {
  auto secret = client.Get(ctx, {"", "v1", "Secret"}, {ns, name});
  if (!secret.ok())
    return std::move(secret).status().Wrap(base::Cat("failed to get secret '", ns, "/", name, "'"));
  return secret;
}

base::Result<document::Value> ReadNamedSecret(const observe::Context& ctx, kube::Client& client,
                                              const std::string& ns, const std::string& name) {
  auto secret = ReadSecret(ctx, client, ns, name);
  if (!secret.ok() && secret.status().code() == base::StatusCode::kNotFound) {
    return base::NotFound(base::Cat("secret '", ns, "/", name, "' not found"));
  }
  return secret;
}

std::string SecretView::Name() const {
  return base::Cat("'", kube::KeyOf(secret_).ToString(), "'");
}

bool SecretView::Has(std::string_view key) const { return secret_["data"].Find(key) != nullptr; }

base::Result<std::optional<std::string>> SecretView::Entry(std::string_view key) const {
  const document::Value* v = secret_["data"].Find(key);
  if (v == nullptr) return std::optional<std::string>();
  auto bytes = base::Base64Decode(v->AsString());
  if (!bytes.ok()) return Bad(*this, base::Cat(": key '", key, "' is not base64"));
  return std::optional<std::string>(*std::move(bytes));
}

base::Result<std::string> SecretView::Require(std::string_view key) const {
  SLUICE_TRY(auto found, Entry(key));
  if (!found) return Bad(*this, base::Cat(": key '", key, "' not found"));
  return *std::move(found);
}

base::Result<std::map<std::string, std::string>> SecretView::All() const {
  std::map<std::string, std::string> out;
  const document::Value& data = secret_["data"];
  for (const auto& [key, value] : data.members()) {
    SLUICE_TRY(auto bytes, Entry(key));
    if (bytes) out.emplace(key, *std::move(bytes));
  }
  return out;
}

base::Result<std::shared_ptr<const http::TlsOptions>> TlsFromSecret(const document::Value& secret) {
  const SecretView view(secret);
  const auto incomplete = [&view](std::string_view what) {
    return base::FailedPrecondition(base::Cat("secret ", view.Name(), what));
  };
  TlsMaterial material;
  SLUICE_TRY(material.ca_pem, EitherEntry(view, "ca.crt", "caFile"));
  SLUICE_TRY(material.cert_pem, EitherEntry(view, "tls.crt", "certFile"));
  SLUICE_TRY(std::string key, EitherEntry(view, "tls.key", "keyFile"));
  material.key_pem = base::SecretString(std::move(key));
  const bool has_cert = !material.cert_pem.empty();
  if (has_cert && material.key_pem.empty()) {
    return incomplete(" contains 'tls.crt' but missing 'tls.key'");
  }
  if (!has_cert && !material.key_pem.empty()) {
    return incomplete(" contains 'tls.key' but missing 'tls.crt'");
  }
  if (!has_cert && material.ca_pem.empty()) {
    return incomplete(" must contain either 'ca.crt' or both 'tls.crt' and 'tls.key'");
  }
  if (has_cert) SLUICE_TRY(CheckKeyPair(material));
  if (!material.ca_pem.empty() && FirstCertificate(material.ca_pem) == nullptr) {
    return base::InvalidArgument("failed to parse CA certificate");
  }
  auto tls = std::make_shared<http::TlsOptions>();
  tls->ca_pem = std::move(material.ca_pem);
  tls->client_cert_pem = std::move(material.cert_pem);
  tls->client_key_pem = std::move(material.key_pem);
  return std::shared_ptr<const http::TlsOptions>(std::move(tls));
}

base::Result<std::optional<BasicAuth>> BasicAuthFromSecret(const document::Value& secret) {
  const SecretView view(secret);
  SLUICE_TRY(auto username, view.Entry("username"));
  SLUICE_TRY(auto password, view.Entry("password"));
  if (username.has_value() != password.has_value()) {
    return Bad(view, base::Cat(": malformed basic auth - has '", username ? "username" : "password",
                               "' but missing '", username ? "password" : "username", "'"));
  }
  if (!username) return std::optional<BasicAuth>();
  return std::optional<BasicAuth>(
      BasicAuth{*std::move(username), base::SecretString(*std::move(password))});
}

base::Result<http::ProxyOptions> ProxyFromSecret(const document::Value& secret) {
  const SecretView view(secret);
  SLUICE_TRY(const std::string address, view.Require("address"));
  if (address.empty()) return Bad(view, ": proxy address is empty");
  if (address.size() > kMaxProxyUrl)
    return Bad(view, ": proxy URL exceeds maximum length of 2048 characters");
  const auto cut = base::Cut(address, "://");
  const std::string_view scheme = cut ? cut->first : std::string_view();
  if (scheme != "http" && scheme != "https" && scheme != "socks5") {
    return Bad(view,
               base::Cat(": proxy URL must use one of the supported schemes (http, https, socks5), "
                         "got '",
                         scheme, "'"));
  }
  http::ProxyOptions out;
  SLUICE_TRY(auto username, view.Entry("username"));
  SLUICE_TRY(auto password, view.Entry("password"));
  out.url = address;
  out.username = std::move(username).value_or("");
  if (password) out.password = base::SecretString(*std::move(password));
  return out;
}

}  // namespace sluice::source
