#include "secrets.h"

#include "base/encoding.h"
#include "base/strings.h"
#include "kube/object.h"

namespace sluice::source {
namespace {

constexpr size_t kMaxProxyUrl = 2048;

base::Status Bad(const SecretView& secret, std::string_view what) {
  return base::InvalidArgument(base::Cat("secret ", secret.Name(), what));
}

// `name`, or its former name.
base::Result<std::optional<std::string>> EitherEntry(const SecretView& secret,
                                                     std::string_view name, std::string_view former,
                                                     bool legacy) {
  SLUICE_TRY(auto found, secret.Entry(name));
  if (found || !legacy) return found;
  return secret.Entry(former);
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

base::Result<TlsMaterial> TlsFromSecret(const document::Value& secret, bool legacy, bool required) {
  const SecretView view(secret);
  SLUICE_TRY(auto ca, EitherEntry(view, "ca.crt", "caFile", legacy));
  SLUICE_TRY(auto cert, EitherEntry(view, "tls.crt", "certFile", legacy));
  SLUICE_TRY(auto key, EitherEntry(view, "tls.key", "keyFile", legacy));
  if (cert.has_value() != key.has_value()) {
    return Bad(view, base::Cat(" contains '", cert ? "tls.crt" : "tls.key", "' but missing '",
                               cert ? "tls.key" : "tls.crt", "'"));
  }
  if (required && !ca && !cert)
    return Bad(view, " must contain either 'ca.crt' or both 'tls.crt' and 'tls.key'");
  TlsMaterial out;
  out.ca_pem = std::move(ca).value_or("");
  if (cert) {
    out.cert_pem = *std::move(cert);
    out.key_pem = base::SecretString(*std::move(key));
  }
  return out;
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
    return base::InvalidArgument("proxy URL exceeds maximum length of 2048 characters");
  const auto cut = base::Cut(address, "://");
  const std::string_view scheme = cut ? cut->first : std::string_view();
  if (scheme != "http" && scheme != "https" && scheme != "socks5") {
    return base::InvalidArgument(
        base::Cat("proxy URL must use one of the supported schemes (http, https, socks5), got '",
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
