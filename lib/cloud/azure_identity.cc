#include "ask.h"
#include "base/digest.h"
#include "base/encoding.h"
#include "base/json_string.h"
#include "base/strings.h"
#include "base/time.h"
#include "cloud/identity.h"
#include "cloud/jwt.h"
#include "http/url.h"

namespace sluice::cloud {
namespace {

using base::Cat;

constexpr const char* kAudience = "api://AzureADTokenExchange";
constexpr const char* kTenantAnnotation = "azure.workload.identity/tenant-id";
constexpr const char* kClientAnnotation = "azure.workload.identity/client-id";
constexpr std::string_view kPublicAuthority = "https://login.microsoftonline.com/";

std::string TokenUrl(const AzurePrincipal& p) {
  const std::string_view authority =
      p.authority_host.empty() ? kPublicAuthority : std::string_view(p.authority_host);
  return Cat(base::TrimSuffix(authority, "/"), "/", http::PathEscape(p.tenant_id),
             "/oauth2/v2.0/token");
}

// What stands for the application: an assertion signed with its certificate's key.
base::Result<base::SecretString> CertificateAssertion(const AzurePrincipal& p, base::Time now) {
  SLUICE_TRY(const ClientCertificate own,
             ParseClientCertificate(p.certificate, p.certificate_password));
  SLUICE_TRY(const auto thumbprint,
             base::Digest::Of(base::DigestAlgorithm::kSha1, own.chain_der.front()));
  std::string header =
      Cat(R"({"alg":"RS256","typ":"JWT","x5t":")",
          base::Base64UrlEncode(base::HexDecode(thumbprint.hex()).value_or("")), "\"");
  if (p.send_chain) {
    std::string chain;
    for (const std::string& der : own.chain_der)
      chain += Cat(chain.empty() ? "\"" : ",\"", base::Base64Encode(der), "\"");
    header += Cat(R"(,"x5c":[)", chain, "]");
  }
  header += "}";
  std::string claims = "{\"aud\":";
  base::AppendJsonString(claims, TokenUrl(p));
  for (const char* name : {"iss", "sub"}) {
    claims += Cat(",\"", name, "\":");
    base::AppendJsonString(claims, p.client_id);
  }
  const int64_t at = base::ToUnixSeconds(now);
  claims += Cat(R"(,"jti":")", base::SystemUuids().NewUuid(), R"(","nbf":)", std::to_string(at),
                R"(,"iat":)", std::to_string(at), R"(,"exp":)", std::to_string(at + 600), "}");
  SLUICE_TRY(std::string token, SignJwt(header, claims, own.key_pem));
  return base::SecretString(std::move(token));
}

}  // namespace

base::Result<Credential> Identities::AzureAssertion(const observe::Context& ctx,
                                                    const AzurePrincipal& principal,
                                                    const base::SecretString& assertion,
                                                    const std::string& scope,
                                                    const ProxyPtr& proxy) {
  std::map<std::string, std::string> form{
      {"client_id", principal.client_id}, {"grant_type", "client_credentials"}, {"scope", scope}};
  if (!principal.client_secret.empty()) {
    form["client_secret"] = std::string(principal.client_secret.Reveal());
  } else {
    form["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    form["client_assertion"] = std::string(assertion.Reveal());
  }
  SLUICE_TRY(const document::Value answer,
             AskJson(ctx, client_, FormPost(TokenUrl(principal), form, proxy)));
  return BearerFrom(answer, clock_.Now());
}

base::Result<Credential> Identities::AzureManaged(const observe::Context& ctx,
                                                  const std::string& client_id,
                                                  const std::string& scope) {
  http::Request r =
      MetadataRequest(Cat(env_.azure_metadata_endpoint.empty() ? "http://169.254.169.254"
                                                               : env_.azure_metadata_endpoint,
                          "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=",
                          http::QueryEscape(base::TrimSuffix(scope, "/.default")),
                          client_id.empty() ? "" : "&client_id=", http::QueryEscape(client_id)));
  r.headers.Set("Metadata", "true");
  SLUICE_TRY(const document::Value answer, AskJson(ctx, client_, std::move(r)));
  return BearerFrom(answer, clock_.Now());
}

base::Result<Credential> Identities::AzureOwn(const observe::Context& ctx, const std::string& scope,
                                              const ProxyPtr& proxy) {
  AzurePrincipal own{env_.azure_tenant_id,
                     env_.azure_client_id,
                     env_.azure_authority_host,
                     env_.azure_client_secret,
                     "",
                     env_.azure_certificate_password,
                     env_.azure_send_certificate_chain};
  const bool named = !own.client_id.empty() && !own.tenant_id.empty();
  if (named && !own.client_secret.empty()) return AzureAssertion(ctx, own, {}, scope, proxy);
  if (named && !env_.azure_certificate_file.empty()) {
    SLUICE_TRY(own.certificate, ReadMounted(env_.azure_certificate_file));
    SLUICE_TRY(const base::SecretString assertion, CertificateAssertion(own, clock_.Now()));
    return AzureAssertion(ctx, own, assertion, scope, proxy);
  }
  if (named && !env_.azure_federated_token_file.empty()) {
    SLUICE_TRY(std::string token, ReadMounted(env_.azure_federated_token_file));
    return AzureAssertion(ctx, own, base::SecretString(std::move(token)), scope, proxy);
  }
  return AzureManaged(ctx, own.client_id, scope);
}

base::Result<base::SecretString> Identities::Azure(const observe::Context& ctx,
                                                   const std::string& scope, const Asked& asked) {
  const std::string proxy = asked.proxy ? asked.proxy->url : "";
  if (asked.account == nullptr) {
    auto made = cache_.Get(
        TokenCache::KeyOf({"azure", scope, proxy}), asked.renew,
        [&] { return AzureOwn(ctx, scope, asked.proxy); }, asked.of);
    if (!made.ok()) return std::move(made).status().Wrap(kOfController);
    return std::move(made->secret);
  }
  const ServiceAccount& account = *asked.account;
  AzurePrincipal principal{Annotation(account, kTenantAnnotation),
                           Annotation(account, kClientAnnotation),
                           env_.azure_authority_host,
                           {},
                           "",
                           {},
                           false};
  for (const auto& [what, key, value] :
       {std::tuple("tenant", kTenantAnnotation, &principal.tenant_id),
        {"client", kClientAnnotation, &principal.client_id}}) {
    if (value->empty()) {
      return OfIdentity(
          account, base::InvalidArgument(Cat(
                       "azure ", what, " ID is not set in the service account annotation ", key)));
    }
  }
  const std::string key =
      TokenCache::KeyOf({"azure", kAudience, principal.tenant_id, principal.client_id, account.ns,
                         account.name, scope, proxy});
  const auto exchange = [&](const base::SecretString& token) {
    return AzureAssertion(ctx, principal, token, scope, asked.proxy);
  };
  SLUICE_TRY(Credential made,
             cache_.Get(
                 key, asked.renew,
                 [&] { return WithAccountToken(ctx, account, kAudience, exchange); }, asked.of));
  return std::move(made.secret);
}

base::Result<base::SecretString> Identities::AzureByPrincipal(const observe::Context& ctx,
                                                              const AzurePrincipal& p,
                                                              const std::string& scope,
                                                              const Asked& asked) {
  const std::string key = TokenCache::KeyOf(
      {"azure-principal", p.tenant_id, p.client_id, p.authority_host, p.client_secret.Reveal(),
       p.certificate, p.certificate_password.Reveal(), scope, asked.proxy ? asked.proxy->url : ""});
  SLUICE_TRY(Credential made, cache_.Get(key, asked.renew, [&]() -> base::Result<Credential> {
    base::SecretString assertion;
    if (p.client_secret.empty()) {
      SLUICE_TRY(assertion, CertificateAssertion(p, clock_.Now()));
    }
    return AzureAssertion(ctx, p, assertion, scope, asked.proxy);
  }));
  return std::move(made.secret);
}

base::Result<base::SecretString> Identities::AzureByManagedIdentity(const observe::Context& ctx,
                                                                    const std::string& client_id,
                                                                    const std::string& scope,
                                                                    bool renew) {
  SLUICE_TRY(Credential made,
             cache_.Get(TokenCache::KeyOf({"azure-managed", client_id, scope}), renew,
                        [&] { return AzureManaged(ctx, client_id, scope); }));
  return std::move(made.secret);
}

}  // namespace sluice::cloud
