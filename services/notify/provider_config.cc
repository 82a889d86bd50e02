#include "provider_config.h"

#include "base/encoding.h"
#include "base/strings.h"
#include "document/yaml.h"
#include "kube/object.h"

namespace sluice::notify {
namespace {

using document::Value;

constexpr size_t kMaxAddress = 2048;

bool Has(const Value& secret, std::string_view key) { return secret["data"].Find(key) != nullptr; }

std::string NameOf(const Value& secret) {
  const auto key = kube::KeyOf(secret);
  return base::Cat("'", key.ns, "/", key.name, "'");
}

base::Status ReadHeaders(const Value& secret, ProviderConfig& config) {
  if (!Has(secret, "headers")) return base::OkStatus();
  auto parsed = document::ParseYamlToValue(SecretEntry(secret, "headers"));
  if (!parsed.ok()) return std::move(parsed).status().Wrap("failed to read headers from secret");
  for (const auto& [name, value] : parsed->members()) {
    if (!value.is_string() || !http::Headers::IsValid(name, value.AsString())) {
      return base::InvalidArgument("failed to read headers from secret: invalid header '" + name +
                                   "'");
    }
    config.headers[name] = value.AsString();
  }
  return base::OkStatus();
}

base::Status ReadMain(const Value& secret, ResolvedProvider& out) {
  ProviderConfig& config = out.config;
  if (Has(secret, "address")) {
    const std::string address(base::TrimSpace(SecretEntry(secret, "address")));
    if (address.size() > kMaxAddress) {
      return base::InvalidArgument(
          "invalid address in secret: address exceeds maximum length of 2048 bytes");
    }
    config.address = address;
  }
  SLUICE_TRY(ReadHeaders(secret, config));
  const bool user = Has(secret, "username"), password = Has(secret, "password");
  if (user != password) {
    // The peer then reads none of the credentials, without a word.
    out.issues.push_back(base::Cat("secret ", NameOf(secret), ": malformed basic auth - has '",
                                   user ? "username" : "password", "' but missing '",
                                   user ? "password" : "username", "'"));
    return base::OkStatus();
  }
  if (user) {
    config.username = SecretEntry(secret, "username");
    config.password = base::SecretString(SecretEntry(secret, "password"));
  }
  config.token = base::SecretString(base::TrimSpace(SecretEntry(secret, "token")));
  return base::OkStatus();
}

base::Result<std::shared_ptr<const http::TlsOptions>> ReadTls(const Value& secret) {
  const auto entry = [&](const char* name, const char* legacy) {
    return Has(secret, name) ? SecretEntry(secret, name) : SecretEntry(secret, legacy);
  };
  const std::string ca = entry("ca.crt", "caFile"), cert = entry("tls.crt", "certFile"),
                    key = entry("tls.key", "keyFile");
  const std::string prefix = base::Cat("failed to get TLS config: secret ", NameOf(secret));
  if (cert.empty() != key.empty()) {
    return base::InvalidArgument(base::Cat(prefix, " contains '",
                                           cert.empty() ? "tls.key" : "tls.crt", "' but missing '",
                                           cert.empty() ? "tls.crt" : "tls.key", "'"));
  }
  if (ca.empty() && cert.empty()) {
    return base::InvalidArgument(prefix +
                                 " must contain either 'ca.crt' or both 'tls.crt' and 'tls.key'");
  }
  auto tls = std::make_shared<http::TlsOptions>();
  tls->ca_pem = ca;
  tls->system_roots = ca.empty();  // ca.crt replaces the system's
  tls->client_cert_pem = cert;
  tls->client_key_pem = base::SecretString(key);
  return std::shared_ptr<const http::TlsOptions>(std::move(tls));
}

base::Result<std::shared_ptr<const http::ProxyOptions>> ReadProxy(const Value& secret) {
  auto proxy = std::make_shared<http::ProxyOptions>();
  proxy->url = base::TrimSpace(SecretEntry(secret, "address"));
  if (proxy->url.empty()) {
    return base::InvalidArgument(
        base::Cat("invalid proxy secret ", NameOf(secret), ": key 'address' is missing"));
  }
  const size_t scheme_end = proxy->url.find("://");
  const std::string scheme = proxy->url.substr(0, scheme_end == std::string::npos ? 0 : scheme_end);
  if ((scheme != "http" && scheme != "https" && scheme != "socks5") ||
      proxy->url.size() > kMaxAddress) {
    return base::InvalidArgument(
        base::Cat("invalid proxy secret ", NameOf(secret), ": unsupported proxy address"));
  }
  proxy->username = SecretEntry(secret, "username");
  proxy->password = base::SecretString(SecretEntry(secret, "password"));
  return std::shared_ptr<const http::ProxyOptions>(std::move(proxy));
}

}  // namespace

std::string SecretEntry(const Value& secret, std::string_view key) {
  return base::Base64Decode(secret["data"][key].AsString()).value_or("");
}

base::Result<ResolvedProvider> ResolveProvider(const api::Provider& provider,
                                               const ProviderSecrets& secrets) {
  ResolvedProvider out;
  ProviderConfig& config = out.config;
  config = {provider.name,
            provider.type,
            provider.channel,
            provider.username,
            provider.address,
            {},
            {},
            {},
            {},
            {},
            provider.timeout};
  std::string proxy = provider.proxy;
  if (secrets.main != nullptr) {
    SLUICE_TRY(ReadMain(*secrets.main, out));
    if (Has(*secrets.main, "proxy")) proxy = base::TrimSpace(SecretEntry(*secrets.main, "proxy"));
  }
  if (secrets.tls != nullptr) {
    SLUICE_TRY(config.tls, ReadTls(*secrets.tls));
  }
  if (secrets.proxy != nullptr) {
    SLUICE_TRY(config.proxy, ReadProxy(*secrets.proxy));
  } else if (!proxy.empty()) {
    config.proxy = std::make_shared<http::ProxyOptions>(http::ProxyOptions{proxy, "", {}});
  }
  return out;
}

}  // namespace sluice::notify
