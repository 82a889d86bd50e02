#include "git_auth.h"

#include "api/conditions.h"
#include "base/strings.h"
#include "git/url.h"
#include "secrets.h"

namespace sluice::source {
namespace {

base::Status FillTls(const document::Value& secret, git::RemoteAuth& auth) {
  SLUICE_TRY(TlsMaterial tls, TlsFromSecret(secret, /*legacy=*/false, /*required=*/false));
  if (tls.ca_pem.empty()) {
    SLUICE_TRY(auto former, SecretView(secret).Entry("caFile"));
    tls.ca_pem = std::move(former).value_or("");
  }
  auth.ca_pem = std::move(tls.ca_pem);
  auth.client_cert_pem = std::move(tls.cert_pem);
  auth.client_key_pem = std::move(tls.key_pem);
  return base::OkStatus();
}

}  // namespace

base::Status FillFromSecret(const document::Value& secret, std::string_view url_scheme, git::RemoteAuth& auth) {
  const SecretView view(secret);
  SLUICE_TRY(auto username, view.Entry("username"));
  SLUICE_TRY(auto password, view.Entry("password"));
  SLUICE_TRY(auto bearer, view.Entry("bearerToken"));
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
  SLUICE_TRY(http::ProxyOptions proxy, ProxyFromSecret(secret));
  auth.proxy_url = std::move(proxy.url);
  auth.proxy_username = std::move(proxy.username);
  auth.proxy_password = std::move(proxy.password);
  return base::OkStatus();
}

StepResult GitAuth::Proxy(const observe::Context& ctx, const std::string& ns, const std::string& name, SourceStatus& status,
                          git::RemoteAuth& auth) {
  auto secret = ReadSecret(ctx, client_, ns, name);
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
  auto url = git::ParseUrl(spec.url);
  if (!url.ok()) {
    return status.Fail(api::kFetchFailed,
                       StepResult::Stalled(api::kInvalidUrlReason, std::move(url).status().Wrap(base::Cat(
                                                                       "failed to parse url '", http::RedactUrl(spec.url), "'"))));
  }
  if (spec.secret.empty()) return StepResult::Next();
  auto secret = ReadSecret(ctx, client_, ns, spec.secret);
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
