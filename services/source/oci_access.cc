#include "oci_access.h"

#include "api/conditions.h"
#include "api/source.h"
#include "base/strings.h"
#include "secrets.h"

namespace sluice::source {
namespace {

StepResult AuthenticationFailed(SourceStatus& status, base::Status why, std::string_view prefix) {
  return status.Fail(api::kFetchFailed, StepResult::Retry(api::kAuthenticationFailedReason,
                                                          std::move(why).Wrap(prefix)));
}

}  // namespace

base::Status AddPullSecret(const document::Value& secret, oci::Keychain& keychain) {
  const SecretView view(secret);
  const std::string_view type = secret["type"].AsString();
  const bool legacy = type == "kubernetes.io/dockercfg";
  if (!legacy && type != "kubernetes.io/dockerconfigjson") return base::OkStatus();
  SLUICE_TRY(const auto config, view.Entry(legacy ? ".dockercfg" : ".dockerconfigjson"));
  if (!config || config->empty()) return base::OkStatus();
  return keychain.AddDockerConfig(*config, legacy);
}

base::Result<oci::Repository> OciRepositoryOf(const std::string& url, bool insecure) {
  if (!url.starts_with(api::kOciUrlPrefix))
    return base::InvalidArgument("URL must be in format 'oci://<domain>/<org>/<repo>'");
  const std::string_view name = std::string_view(url).substr(api::kOciUrlPrefix.size());
  SLUICE_TRY(oci::Repository repository, oci::Repository::Parse(name, insecure));
  const std::string_view path = base::TrimPrefix(name, repository.registry().name());
  if (const size_t colon = path.find(':'); colon != path.npos) {
    const std::string_view rest = path.substr(colon + 1);
    return base::InvalidArgument(
        base::Cat("URL must not contain a tag; remove ':", rest.substr(0, rest.find(':')), "'"));
  }
  return repository;
}

base::Status OciAccess::AddServiceAccount(const observe::Context& ctx, const std::string& ns,
                                          const std::string& name, oci::Keychain& keychain,
                                          bool& named) {
  const std::string shown = base::Cat("'", ns, "/", name, "'");
  const auto account = client_.Get(ctx, {"", "v1", "ServiceAccount"}, {ns, name});
  if (!account.ok()) {
    if (account.status().code() == base::StatusCode::kNotFound)
      return base::NotFound(base::Cat("serviceaccount ", shown, " not found"));
    return account.status().Wrap(base::Cat("failed to get serviceaccount ", shown));
  }
  const document::Value& secrets = (*account)["imagePullSecrets"];
  for (const document::Value& ref : secrets.items()) {
    const auto secret = ReadNamedSecret(ctx, client_, ns, std::string(ref["name"].AsString()));
    if (!secret.ok())
      return secret.status().Wrap(
          base::Cat("failed to get image pull secret for serviceaccount ", shown));
    named = true;
    SLUICE_TRY(AddPullSecret(*secret, keychain));
  }
  return base::OkStatus();
}

base::Result<oci::Keychain> OciAccess::Credentials(const observe::Context& ctx,
                                                   const std::string& ns,
                                                   const api::OciRepositorySpec& spec,
                                                   SourceStatus& status, bool& named) {
  oci::Keychain keychain;
  if (!spec.secret.empty()) {
    const auto secret = ReadSecret(ctx, client_, ns, spec.secret);
    if (!secret.ok()) {
      events_.RecordLocal(status.object(), api::EventSeverity::kTrace,
                          api::kAuthenticationFailedReason,
                          base::Cat("auth secret '", spec.secret, "' not found"));
      return secret.status();
    }
    named = true;
    SLUICE_TRY(AddPullSecret(*secret, keychain));
  }
  if (!spec.service_account.empty())
    SLUICE_TRY(AddServiceAccount(ctx, ns, spec.service_account, keychain, named));
  return keychain;
}

base::Status OciAccess::FillTransport(const observe::Context& ctx, const std::string& ns,
                                      const api::OciRepositorySpec& spec, oci::Access& out) {
  if (spec.cert_secret.empty()) {
    if (!spec.insecure) return base::OkStatus();
    // The one place where a certificate goes unchecked: the object asks for it, and names no other
    // roots.
    auto tls = std::make_shared<http::TlsOptions>();
    tls->insecure_skip_verify = true;
    out.tls = std::move(tls);
    return base::OkStatus();
  }
  SLUICE_TRY(const auto secret, ReadNamedSecret(ctx, client_, ns, spec.cert_secret));
  SLUICE_TRY(out.tls, TlsFromSecret(secret));
  return base::OkStatus();
}

StepResult OciAccess::CloudLogin(const observe::Context& ctx, const std::string& ns,
                                 const api::OciRepositorySpec& spec, SourceStatus& status,
                                 oci::Access& out) {
  if (!spec.service_account.empty() && !cloud_.object_level()) return AccountGateClosed();
  const auto repository = OciRepositoryOf(spec.url, spec.insecure);
  if (!repository.ok()) return StepResult::Next();  // said later, and better
  auto account = cloud_.AccountOf(ctx, ns, spec.service_account);
  auto login = account.ok() ? cloud_.logins().Login(
                                  ctx, spec.provider, repository->registry().name(),
                                  {out.proxy, *account, false, InvolvedOf(status.object())})
                            : base::Result<cloud::RegistryLogin>(std::move(account).status());
  if (!login.ok())
    return AuthenticationFailed(status, std::move(login).status(),
                                base::Cat("failed to get credential from ", spec.provider));
  out.auth.username = std::move(login->username);
  out.auth.password = std::move(login->password);
  return StepResult::Next();
}

StepResult OciAccess::Resolve(const observe::Context& ctx, const std::string& ns,
                              const api::OciRepositorySpec& spec, SourceStatus& status,
                              oci::Access& out) {
  bool named = false;
  const auto keychain = Credentials(ctx, ns, spec, status, named);
  if (!keychain.ok())
    return AuthenticationFailed(status, keychain.status(), "failed to get credential");
  if (!spec.proxy_secret.empty()) {
    auto secret = ReadNamedSecret(ctx, client_, ns, spec.proxy_secret);
    auto proxy = secret.ok() ? ProxyFromSecret(*secret) : secret.status();
    if (!proxy.ok())
      return AuthenticationFailed(status, std::move(proxy).status(), "failed to get proxy address");
    out.proxy = std::make_shared<http::ProxyOptions>(*std::move(proxy));
  }
  const bool by_cloud = !named && spec.provider != "generic";
  if (by_cloud) {
    if (auto r = CloudLogin(ctx, ns, spec, status, out); r.failed()) return r;
  }
  if (auto s = FillTransport(ctx, ns, spec, out); !s.ok()) {
    return AuthenticationFailed(status, std::move(s),
                                base::Cat("failed to generate transport for '", spec.url, "'"));
  }
  const auto repository = OciRepositoryOf(spec.url, spec.insecure);
  if (repository.ok() && !by_cloud) out.auth = keychain->Resolve(repository->Name());
  return StepResult::Next();
}

}  // namespace sluice::source
