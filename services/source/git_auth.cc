#include "git_auth.h"

#include <optional>

#include "api/conditions.h"
#include "base/strings.h"
#include "git/url.h"
#include "secrets.h"

namespace sluice::source {
namespace {

// Half a key pair is no key pair, and what is wrong with a whole one shows when it is used: as in
// go-git.
base::Status FillTls(const SecretView& view, git::RemoteAuth& auth) {
  SLUICE_TRY(auto ca, view.Entry("ca.crt"));
  if (!ca || ca->empty()) {
    SLUICE_TRY(ca, view.Entry("caFile"));
  }
  SLUICE_TRY(auto cert, view.Entry("tls.crt"));
  SLUICE_TRY(auto key, view.Entry("tls.key"));
  auth.ca_pem = std::move(ca).value_or("");
  if (!cert || !key || cert->empty() || key->empty()) return base::OkStatus();
  auth.client_cert_pem = *std::move(cert);
  auth.client_key_pem = base::SecretString(*std::move(key));
  return base::OkStatus();
}

base::Status InvalidOption(std::string_view transport, std::string_view what) {
  return base::InvalidArgument(base::Cat("invalid '", transport, "' auth option: ", what));
}

base::Status FillSsh(const SecretView& view, git::RemoteAuth& auth) {
  SLUICE_TRY(auto identity, view.Entry("identity"));
  SLUICE_TRY(auto known_hosts, view.Entry("known_hosts"));
  SLUICE_TRY(auto passphrase, view.Entry("password"));
  if (!identity || identity->empty()) return InvalidOption("ssh", "'identity' is required");
  if (!known_hosts || known_hosts->empty())
    return InvalidOption("ssh", "'known_hosts' is required");
  auth.ssh_identity = base::SecretString(*std::move(identity));
  auth.ssh_known_hosts = *std::move(known_hosts);
  if (passphrase) auth.ssh_passphrase = base::SecretString(*std::move(passphrase));
  return base::OkStatus();
}

std::string Unescaped(std::string_view text) {
  return http::QueryUnescape(base::ReplaceAll(text, "+", "%2B")).value_or("");
}

}  // namespace

base::Status FillCredentials(const document::Value& secret, const http::Url& url,
                             git::RemoteAuth& auth) {
  const SecretView view(secret);
  if (url.scheme == "ssh") return FillSsh(view, auth);
  SLUICE_TRY(auto bearer, view.Entry("bearerToken"));
  if (bearer) {
    auth.bearer_token = base::SecretString(*std::move(bearer));
  } else {
    SLUICE_TRY(auto username, view.Entry("username"));
    SLUICE_TRY(auto password, view.Entry("password"));
    auth.username = std::move(username).value_or("");
    if (password) auth.password = base::SecretString(*std::move(password));
  }
  // What the Secret leaves open the URL may say; beside a token that is refused later.
  const auto own = base::Cut(url.userinfo, ":");
  if (auth.bearer_token.empty() && auth.username.empty()) {
    auth.username = Unescaped(own ? own->first : std::string_view(url.userinfo));
  }
  if (auth.bearer_token.empty() && auth.password.empty() && own) {
    auth.password = base::SecretString(Unescaped(own->second));
  }
  if (auth.username.empty() && !auth.password.empty()) {
    return InvalidOption(url.scheme, "'password' requires 'username' to be set");
  }
  return FillTls(view, auth);
}

base::Status FillProxyFromSecret(const document::Value& secret, git::RemoteAuth& auth) {
  SLUICE_TRY(http::ProxyOptions proxy, ProxyFromSecret(secret));
  auth.proxy_url = std::move(proxy.url);
  auth.proxy_username = std::move(proxy.username);
  auth.proxy_password = std::move(proxy.password);
  return base::OkStatus();
}

StepResult GitAuth::Proxy(const observe::Context& ctx, const std::string& ns,
                          const std::string& name, SourceStatus& status, git::RemoteAuth& auth) {
  auto secret = ReadNamedSecret(ctx, client_, ns, name);
  auto failure = secret.ok() ? FillProxyFromSecret(*secret, auth) : secret.status();
  if (failure.ok()) return StepResult::Next();
  return status.Fail(
      api::kFetchFailed,
      StepResult::Retry(api::kAuthenticationFailedReason,
                        std::move(failure).Wrap("failed to configure proxy options")));
}

StepResult GitAuth::Resolve(const observe::Context& ctx, const std::string& ns,
                            const api::GitRepositorySpec& spec, SourceStatus& status,
                            git::RemoteAuth& auth) {
  if (!spec.proxy_secret.empty()) {
    if (auto r = Proxy(ctx, ns, spec.proxy_secret, status, auth); r.failed()) return r;
  }
  auto url = git::ParseUrl(spec.url);
  if (!url.ok()) {
    return status.Fail(
        api::kFetchFailed,
        StepResult::Stalled(api::kUrlInvalidReason,
                            std::move(url).status().Wrap(base::Cat(
                                "failed to parse url '", http::RedactUrl(spec.url), "'"))));
  }
  const auto unusable = [&](base::Status why) {
    return status.Fail(
        api::kFetchFailed,
        StepResult::Retry(api::kAuthenticationFailedReason,
                          std::move(why).Wrap("failed to configure authentication options")));
  };
  if (spec.secret.empty()) {
    if (auto s = FillCredentials({}, *url, auth); !s.ok()) return unusable(std::move(s));
    return Provide(ctx, ns, spec, *url, nullptr, status, auth);
  }
  auto secret = ReadSecret(ctx, client_, ns, spec.secret);
  if (!secret.ok()) {  // said twice, as the peer does
    return status.Fail(
        api::kFetchFailed,
        StepResult::Retry(
            api::kAuthenticationFailedReason,
            secret.status().Wrap(base::Cat("failed to get secret '", ns, "/", spec.secret, "'"))));
  }
  if (url->scheme == "ssh" && auth.ssh_kex_algorithms.empty()) {
    auth.ssh_kex_algorithms = ssh_kex_;
    auth.ssh_hostkey_algorithms = ssh_hostkeys_;
  }
  if (auto s = FillCredentials(*secret, *url, auth); !s.ok()) return unusable(std::move(s));
  if (url->scheme == "ssh" && auth.ssh_passphrase.empty() &&
      git::IsEncryptedSshKey(auth.ssh_identity.Reveal())) {
    return status.Fail(
        api::kFetchFailed,
        StepResult::Retry(
            api::kAuthenticationFailedReason,
            base::InvalidArgument(base::Cat(
                "SSH identity key is encrypted but no 'password' field was provided in the "
                "secret '",
                ns, "/", spec.secret, "'"))));
  }
  return Provide(ctx, ns, spec, *url, &*secret, status, auth);
}

base::Status GitAuth::FromCloud(const observe::Context& ctx, const std::string& ns,
                                const api::GitRepositorySpec& spec, const http::Url& url,
                                const cloud::Involved& of, git::RemoteAuth& auth) {
  if (spec.provider != "azure" && spec.provider != "aws") {
    return base::InvalidArgument(base::Cat("provider '", spec.provider, "' does not support Git"));
  }
  SLUICE_TRY(const auto account, cloud_.AccountOf(ctx, ns, spec.service_account));
  return spec.provider == "azure" ? provider_.Azure(ctx, account, auth, of)
                                  : provider_.Aws(ctx, url, account, auth, of);
}

StepResult GitAuth::Provide(const observe::Context& ctx, const std::string& ns,
                            const api::GitRepositorySpec& spec, const http::Url& url,
                            const document::Value* secret, SourceStatus& status,
                            git::RemoteAuth& auth) {
  const auto misconfigured = [&](StepResult::Kind kind, std::string text) {
    return status.Fail(api::kFetchFailed, {kind,
                                           std::string(api::kInvalidProviderConfigurationReason),
                                           base::InvalidArgument(std::move(text)),
                                           {}});
  };
  constexpr std::string_view kNeedsApp =
      "secretRef with github app data must be specified when provider is set to github";
  if (spec.provider.empty() || spec.provider == "generic") {
    const auto app = secret == nullptr ? base::Result<std::optional<std::string>>(std::nullopt)
                                       : SecretView(*secret).Entry("githubAppID");
    if (!app.ok() || app->value_or("").empty()) return StepResult::Next();
    return misconfigured(StepResult::Kind::kRetry,
                         base::Cat("secretRef ", SecretView(*secret).Name(),
                                   " has github app data but provider is not set to github"));
  }
  base::Status provided;
  if (spec.provider == "github") {
    if (secret == nullptr) return misconfigured(StepResult::Kind::kStalled, std::string(kNeedsApp));
    if (auto s = GithubApp::Check(*secret); s.code() == base::StatusCode::kNotFound) {
      return misconfigured(StepResult::Kind::kRetry, std::string(kNeedsApp));
    } else if (!s.ok()) {
      return misconfigured(StepResult::Kind::kRetry, s.message());
    }
    provided = provider_.Github(ctx, *secret, auth, InvolvedOf(status.object()));
  } else {
    if (!spec.service_account.empty() && !cloud_.object_level())
      return status.Fail(api::kFetchFailed, AccountGateClosed());
    provided = FromCloud(ctx, ns, spec, url, InvolvedOf(status.object()), auth);
  }
  if (provided.ok()) return StepResult::Next();
  return status.Fail(
      api::kFetchFailed,
      StepResult::Retry(api::kAuthenticationFailedReason,
                        std::move(provided).Wrap("failed to configure authentication options")));
}

}  // namespace sluice::source
