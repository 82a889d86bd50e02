#include "helm_access.h"

#include <optional>

#include "base/digest.h"
#include "base/strings.h"
#include "io/file_tree.h"
#include "oci_access.h"
#include "secrets.h"

namespace sluice::source {
namespace {

constexpr std::string_view kOci = "oci://";

base::Result<document::Value> NamedSecret(const observe::Context& ctx, kube::Client& client,
                                          const std::string& ns, const std::string& name,
                                          std::string_view what) {
  auto secret = client.Get(ctx, {"", "v1", "Secret"}, {ns, name});
  if (!secret.ok())
    return std::move(secret).status().Wrap(
        base::Cat("failed to get ", what, " '", ns, "/", name, "'"));
  return secret;
}

// "host[:port]" of an oci:// URL.
std::string RegistryHost(std::string_view url) {
  const std::string_view rest = base::TrimPrefix(url, kOci);
  return std::string(rest.substr(0, rest.find('/')));
}

// Of a Secret with a user and password, or with a docker config.
base::Status ReadRegistrySecret(const document::Value& secret, HelmAccess& out) {
  const SecretView view(secret);
  const std::string host = RegistryHost(out.url);
  const std::string_view name = secret["metadata"]["name"].AsString();
  if (secret["type"].AsString() == "kubernetes.io/dockerconfigjson") {
    oci::Keychain keychain;
    SLUICE_TRY(AddPullSecret(secret, keychain)
                   .Wrap(base::Cat("unable to load Docker config from Secret '", name, "'")));
    const std::string repository(base::TrimPrefix(out.url, kOci));
    out.registry = keychain.Resolve(repository);
    if (out.registry.anonymous()) {
      return base::NotFound(
          base::Cat("no auth config for '", host, "' in the docker-registry Secret '", name, "'"));
    }
    return {};
  }
  SLUICE_TRY(const auto username, view.Entry("username"));
  SLUICE_TRY(auto password, view.Entry("password"));
  const bool no_user = !username || username->empty(), no_password = !password || password->empty();
  if (no_user != no_password) {
    return base::InvalidArgument(
        base::Cat("invalid '", name, "' secret data: required fields 'username' and 'password'"));
  }
  if (no_user) return {};
  out.registry.username = *username;
  out.registry.password = base::SecretString(*std::move(password));
  return {};
}

}  // namespace

std::string HelmAccess::Fingerprint() const {
  base::Hasher hasher;
  const auto add = [&hasher](std::string_view part) {
    hasher.Update(std::to_string(part.size()) + ":");
    hasher.Update(part);
  };
  add(url);
  add(username);
  add(password.Reveal());
  add(pass_credentials ? "all" : "");
  if (tls != nullptr) {
    add(tls->ca_pem);
    add(tls->client_cert_pem);
    add(tls->client_key_pem.Reveal());
  }
  return hasher.Finish().hex();
}

base::Result<std::string> NormalizeHelmUrl(const std::string& url) {
  if (url.starts_with(kOci)) return std::string(base::TrimRight(url, "/"));
  SLUICE_TRY(http::Url parsed, http::Url::Parse(url));
  parsed.path = base::Cat(base::TrimRight(parsed.path, "/"), "/");
  return parsed.ToString();
}

base::Result<std::string> HelmIndexUrl(const std::string& url) {
  SLUICE_TRY(http::Url parsed, http::Url::Parse(url));
  parsed.path = io::CleanPath(base::Cat("/", parsed.path, "/index.yaml"));
  return parsed.ToString();
}

base::Result<std::string> HelmChartUrl(const std::string& repository,
                                       const std::string& reference) {
  const size_t colon = reference.find(':');
  const bool absolute =
      colon != std::string::npos && colon > 0 && reference.find_first_of("/?#") > colon;
  if (absolute) return reference;
  SLUICE_TRY(http::Url base, http::Url::Parse(repository));
  base.path = base::Cat(base::TrimSuffix(base.path, "/"), "/");
  SLUICE_TRY(http::Url found, base.Resolve(reference));
  if (found.origin() == base.origin()) found.query = base.query;
  return found.ToString();
}

base::Status HelmAccessReader::ReadRegistry(const observe::Context& ctx,
                                            const api::HelmRepositorySpec& spec,
                                            const document::Value* secret, HelmAccess& out) const {
  if (secret != nullptr)
    return ReadRegistrySecret(*secret, out).Wrap("failed to configure OCI registry authentication");
  if (spec.provider == "generic" || spec.provider.empty()) return {};
  auto login = logins_.Login(ctx, spec.provider, RegistryHost(out.url), {});
  if (!login.ok())
    return std::move(login).status().Wrap(
        base::Cat("failed to get credential from '", spec.provider, "'"));
  out.registry.username = std::move(login->username);
  out.registry.password = std::move(login->password);
  return {};
}

base::Result<HelmAccess> HelmAccessReader::Read(const observe::Context& ctx, const std::string& ns,
                                                const api::HelmRepositorySpec& spec,
                                                const std::string& url) const {
  HelmAccess out;
  out.url = url;
  out.timeout = spec.timeout;
  out.pass_credentials = spec.pass_credentials;
  out.insecure = spec.insecure;
  const bool oci = url.starts_with(kOci);
  if (!oci) {
    SLUICE_TRY(const http::Url parsed, http::Url::Parse(spec.url));
    out.origin = parsed.origin();
    if (!parsed.userinfo.empty()) {  // what a Secret says wins
      const auto parts =
          base::Cut(parsed.userinfo, ":")
              .value_or(std::pair{std::string_view(parsed.userinfo), std::string_view()});
      SLUICE_TRY(out.username, http::QueryUnescape(base::ReplaceAll(parts.first, "+", "%2B")));
      SLUICE_TRY(std::string password,
                 http::QueryUnescape(base::ReplaceAll(parts.second, "+", "%2B")));
      out.password = base::SecretString(std::move(password));
    }
  }
  if (!spec.cert_secret.empty()) {
    SLUICE_TRY(const auto secret,
               NamedSecret(ctx, client_, ns, spec.cert_secret, "TLS authentication secret"));
    SLUICE_TRY(out.tls, TlsFromSecret(secret).Wrap("failed to construct Helm client's TLS config"));
  }
  std::optional<document::Value> secret;
  if (!spec.secret.empty()) {
    SLUICE_TRY(secret, NamedSecret(ctx, client_, ns, spec.secret, "authentication secret"));
    constexpr std::string_view kWords = "failed to detect authentication methods";
    auto basic = BasicAuthFromSecret(*secret);
    if (!basic.ok()) return std::move(basic).status().Wrap(kWords);
    if (*basic && !(*basic)->username.empty() && !(*basic)->password.empty()) {
      out.username = (*basic)->username;
      out.password = (*basic)->password;
    }
    auto tls = TlsFromSecret(*secret);
    // Half of it is none, as in Flux.
    if (!tls.ok() && tls.status().code() != base::StatusCode::kFailedPrecondition) {
      return std::move(tls).status().Wrap(kWords);
    }
    if (tls.ok() && out.tls == nullptr) {
      out.tls = *std::move(tls);
      ctx.log().Info(
          "warning: specifying TLS authentication data via `.spec.secretRef` is deprecated, please "
          "use `.spec.certSecretRef` instead");
    }
  }
  if (oci) SLUICE_TRY(ReadRegistry(ctx, spec, secret ? &*secret : nullptr, out));
  return out;
}

}  // namespace sluice::source
