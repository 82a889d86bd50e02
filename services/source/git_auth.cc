#include "git_auth.h"

#include <optional>

#include "api/conditions.h"
#include "base/encoding.h"
#include "base/strings.h"
#include "http/url.h"

namespace sluice::source {
namespace {

constexpr size_t kMaxProxyUrl = 2048;

std::string NameOf(const document::Value& secret) { return base::Cat("'", kube::KeyOf(secret).ToString(), "'"); }

// A key's bytes; nullopt if absent.
base::Result<std::optional<std::string>> Entry(const document::Value& secret, std::string_view key) {
  const document::Value* v = secret["data"].Find(key);
  if (v == nullptr) return std::optional<std::string>();
  auto bytes = base::Base64Decode(v->AsString());
  if (!bytes.ok()) return base::InvalidArgument(base::Cat("secret ", NameOf(secret), ": key '", key, "' is not base64"));
  return std::optional<std::string>(*std::move(bytes));
}

base::Status FillTls(const document::Value& secret, git::RemoteAuth& auth) {
  SLUICE_TRY(auto ca, Entry(secret, "ca.crt"));
  if (!ca) {
    SLUICE_TRY(ca, Entry(secret, "caFile"));
  }
  SLUICE_TRY(auto cert, Entry(secret, "tls.crt"));
  SLUICE_TRY(auto key, Entry(secret, "tls.key"));
  if (cert.has_value() != key.has_value()) {
    return base::InvalidArgument(base::Cat("secret ", NameOf(secret), " contains '", cert ? "tls.crt" : "tls.key", "' but missing '",
                                           cert ? "tls.key" : "tls.crt", "'"));
  }
  auth.ca_pem = ca.value_or("");
  if (cert) {
    auth.client_cert_pem = *std::move(cert);
    auth.client_key_pem = base::SecretString(*std::move(key));
  }
  return base::OkStatus();
}

}  // namespace

base::Status FillFromSecret(const document::Value& secret, std::string_view url_scheme, git::RemoteAuth& auth) {
  SLUICE_TRY(auto username, Entry(secret, "username"));
  SLUICE_TRY(auto password, Entry(secret, "password"));
  SLUICE_TRY(auto bearer, Entry(secret, "bearerToken"));
  if (bearer && !bearer->empty()) {
    auth.bearer_token = base::SecretString(*std::move(bearer));
  } else {
    if (password && !password->empty() && username.value_or("").empty()) {
      return base::InvalidArgument(base::Cat("invalid '", url_scheme, "' auth option: 'password' requires 'username' to be set"));
    }
    auth.username = username.value_or("");
    if (password) auth.password = base::SecretString(*std::move(password));
  }
  return FillTls(secret, auth);
}

base::Status FillProxyFromSecret(const document::Value& secret, git::RemoteAuth& auth) {
  SLUICE_TRY(const auto address, Entry(secret, "address"));
  if (!address) return base::InvalidArgument(base::Cat("secret ", NameOf(secret), ": key 'address' not found"));
  if (address->empty()) return base::InvalidArgument(base::Cat("secret ", NameOf(secret), ": proxy address is empty"));
  if (address->size() > kMaxProxyUrl) return base::InvalidArgument("proxy URL exceeds maximum length of 2048 characters");
  const auto cut = base::Cut(*address, "://");
  const std::string_view scheme = cut ? cut->first : std::string_view();
  if (scheme != "http" && scheme != "https" && scheme != "socks5") {
    return base::InvalidArgument(base::Cat("proxy URL must use one of the supported schemes (http, https, socks5), got '", scheme, "'"));
  }
  SLUICE_TRY(auto username, Entry(secret, "username"));
  SLUICE_TRY(auto password, Entry(secret, "password"));
  auth.proxy_url = *address;
  auth.proxy_username = username.value_or("");
  if (password) auth.proxy_password = base::SecretString(*std::move(password));
  return base::OkStatus();
}

base::Result<document::Value> GitAuth::ReadSecret(const observe::Context& ctx, const std::string& ns, const std::string& name) {
  auto secret = client_.Get(ctx, {"", "v1", "Secret"}, {ns, name});
  if (!secret.ok()) return std::move(secret).status().Wrap(base::Cat("failed to get secret '", ns, "/", name, "'"));
  return secret;
}

StepResult GitAuth::Proxy(const observe::Context& ctx, const std::string& ns, const std::string& name, SourceStatus& status,
                          git::RemoteAuth& auth) {
  auto secret = ReadSecret(ctx, ns, name);
  auto failure = secret.ok() ? FillProxyFromSecret(*secret, auth) : secret.status();
  if (failure.ok()) return StepResult::Next();
  return status.Fail(api::kFetchFailed, StepResult::Retry(api::kAuthenticationFailedReason,
                                                          std::move(failure).Wrap("failed to configure proxy options")));
}

StepResult GitAuth::Resolve(const observe::Context& ctx, const std::string& ns, const api::GitRepositorySpec& spec, SourceStatus& status,
                            git::RemoteAuth& auth) {
  if (!spec.proxy_secret.empty()) {
    if (auto r = Proxy(ctx, ns, spec.proxy_secret, status, auth); r.failed()) return r;
  }
  auto url = http::Url::Parse(spec.url);
  if (!url.ok()) {
    return StepResult::Stalled(api::kInvalidUrlReason,
                               std::move(url).status().Wrap(base::Cat("failed to parse url '", http::RedactUrl(spec.url), "'")));
  }
  if (spec.secret.empty()) return StepResult::Next();
  auto secret = ReadSecret(ctx, ns, spec.secret);
  if (!secret.ok()) {  // said twice, as the peer does
    return status.Fail(api::kFetchFailed,
                       StepResult::Retry(api::kAuthenticationFailedReason,
                                         secret.status().Wrap(base::Cat("failed to get secret '", ns, "/", spec.secret, "'"))));
  }
  if ((*secret)["data"].Find("githubAppID") != nullptr) {
    return status.Fail(api::kFetchFailed,
                       StepResult::Retry(api::kInvalidProviderConfigurationReason,
                                         base::InvalidArgument(base::Cat("secretRef '", ns, "/", spec.secret,
                                                                         "' has github app data but provider is not set to github"))));
  }
  if (auto s = FillFromSecret(*secret, url->scheme, auth); !s.ok()) {
    return status.Fail(api::kFetchFailed, StepResult::Retry(api::kAuthenticationFailedReason,
                                                            std::move(s).Wrap("failed to configure authentication options")));
  }
  return StepResult::Next();
}

}  // namespace sluice::source
