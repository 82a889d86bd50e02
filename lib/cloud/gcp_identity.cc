#include "ask.h"
#include "base/json_string.h"
#include "base/strings.h"
#include "base/time.h"
#include "cloud/identity.h"
#include "cloud/jwt.h"
#include "document/json.h"
#include "http/url.h"
#include "regex/go_regex.h"

namespace sluice::cloud {
namespace {

using base::Cat;
using document::Value;

constexpr const char* kEmailAnnotation = "iam.gke.io/gcp-service-account";
constexpr const char* kProviderAnnotation = "gcp.auth.fluxcd.io/workload-identity-provider";
constexpr std::string_view kEmailPattern =
    R"(^[a-zA-Z0-9-]{1,100}@[a-zA-Z0-9-]{1,100}\.iam\.gserviceaccount\.com$)";
constexpr std::string_view kProviderPattern =
    R"(^projects/\d{1,30}/locations/global/workloadIdentityPools/[^/]{1,100}/providers/[^/]{1,100}$)";
constexpr std::string_view kEmailScope = "https://www.googleapis.com/auth/userinfo.email";
constexpr const char* kGoogleToken = "https://oauth2.googleapis.com/token";

base::Status CheckAnnotation(const ServiceAccount& account, const char* key,
                             std::string_view pattern) {
  const std::string value = Annotation(account, key);
  if (value.empty()) return base::OkStatus();
  const auto re = regex::GoRegex::Compile(pattern);
  if (re.ok() && re->Matches(value)) return base::OkStatus();
  return base::InvalidArgument(
      Cat("invalid ", key, " annotation: '", value, "'. must match ", pattern));
}

std::string Quoted(std::string_view text) {
  std::string out;
  base::AppendJsonString(out, text);
  return out;
}

}  // namespace

base::Result<std::string> Identities::GcpMetadataText(const observe::Context& ctx,
                                                      const std::string& path) {
  http::Request r =
      MetadataRequest(Cat(env_.gcp_metadata_endpoint.empty() ? "http://metadata.google.internal"
                                                             : env_.gcp_metadata_endpoint,
                          "/computeMetadata/v1/", path));
  r.headers.Set("Metadata-Flavor", "Google");
  return Ask(ctx, client_, std::move(r));
}

base::Result<Credential> Identities::GcpMetadata(const observe::Context& ctx) {
  SLUICE_TRY(const std::string text,
             GcpMetadataText(ctx, Cat("instance/service-accounts/default/token?scopes=",
                                      http::QueryEscape(Cat(kGcpScope, ",", kEmailScope)))));
  const auto json = document::ParseJson(text, {.max_depth = 16});
  if (!json.ok()) return base::FailedPrecondition("the metadata server's answer is not JSON");
  return BearerFrom(*json, clock_.Now());
}

// A key in a Secret may not name a file or another address to be read from here: of the kinds of
// keys those two are taken that hold all themselves.
base::Result<Credential> Identities::GcpKey(const observe::Context& ctx,
                                            const base::SecretString& key, std::string_view scope,
                                            const ProxyPtr& proxy) {
  const auto json = document::ParseJson(key.Reveal(), {.max_depth = 16});
  if (!json.ok() || !json->is_object())
    return base::InvalidArgument("the credentials are no JSON object");
  const std::string_view type = (*json)["type"].AsString();
  if (type == "authorized_user") {
    SLUICE_TRY(
        const Value answer,
        AskJson(ctx, client_,
                FormPost(
                    env_.gcp_sts_endpoint.empty() ? kGoogleToken : env_.gcp_sts_endpoint + "/token",
                    {{"grant_type", "refresh_token"},
                     {"client_id", std::string((*json)["client_id"].AsString())},
                     {"client_secret", std::string((*json)["client_secret"].AsString())},
                     {"refresh_token", std::string((*json)["refresh_token"].AsString())}},
                    proxy)));
    return BearerFrom(answer, clock_.Now());
  }
  if (type != "service_account")
    return base::InvalidArgument(
        Cat("credentials of type '", base::TruncateUtf8(type, 64), "' are not supported"));
  const std::string url((*json)["token_uri"].AsString(kGoogleToken));
  const int64_t now = base::ToUnixSeconds(clock_.Now());
  const std::string header = Cat(R"({"alg":"RS256","typ":"JWT","kid":)",
                                 Quoted((*json)["private_key_id"].AsString()), "}");
  const std::string claims =
      Cat(R"({"iss":)", Quoted((*json)["client_email"].AsString()), R"(,"scope":)", Quoted(scope),
          R"(,"aud":)", Quoted(url), R"(,"exp":)", std::to_string(now + 3600), R"(,"iat":)",
          std::to_string(now), "}");
  SLUICE_TRY(const std::string assertion,
             SignJwt(header, claims, base::SecretString((*json)["private_key"].AsString())));
  SLUICE_TRY(const Value answer,
             AskJson(ctx, client_,
                     FormPost(url,
                              {{"grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"},
                               {"assertion", assertion}},
                              proxy)));
  return BearerFrom(answer, clock_.Now());
}

base::Result<base::SecretString> Identities::GcpByKey(const observe::Context& ctx,
                                                      const base::SecretString& key,
                                                      std::string_view scope, const Asked& asked) {
  const std::string name =
      TokenCache::KeyOf({"gcp-key", key.Reveal(), scope, asked.proxy ? asked.proxy->url : ""});
  SLUICE_TRY(Credential made,
             cache_.Get(name, asked.renew, [&] { return GcpKey(ctx, key, scope, asked.proxy); }));
  return std::move(made.secret);
}

// Of the Kubernetes token, or of its exchange. Outside GKE both are the provider's.
base::Result<std::string> Identities::GcpAudience(const observe::Context& ctx,
                                                  const ServiceAccount& account, bool of_exchange) {
  SLUICE_TRY(CheckAnnotation(account, kProviderAnnotation, kProviderPattern));
  if (const std::string provider = Annotation(account, kProviderAnnotation); !provider.empty())
    return Cat("//iam.googleapis.com/", provider);
  std::string found[3];
  constexpr std::pair<const char*, const char*> kAsked[] = {
      {"project ID", "project/project-id"},
      {"location", "instance/attributes/cluster-location"},
      {"name", "instance/attributes/cluster-name"}};
  for (size_t i = 0; i < (of_exchange ? 3u : 1u); ++i) {
    auto text = GcpMetadataText(ctx, kAsked[i].second);
    const std::string what =
        Cat("failed to get GKE cluster ", kAsked[i].first, " from the metadata service");
    if (!text.ok()) return std::move(text).status().Wrap(what);
    found[i] = base::TrimSpace(*text);
    if (found[i].empty()) return base::FailedPrecondition(what + ": empty value");
  }
  const std::string pool = found[0] + ".svc.id.goog";
  if (!of_exchange) return pool;
  return Cat("identitynamespace:", pool, ":https://container.googleapis.com/v1/projects/", found[0],
             "/locations/", found[1], "/clusters/", found[2]);
}

base::Result<Credential> Identities::GcpAccount(const observe::Context& ctx,
                                                const ServiceAccount& account,
                                                const base::SecretString& token,
                                                const ProxyPtr& proxy) {
  SLUICE_TRY(const std::string audience, GcpAudience(ctx, account, /*of_exchange=*/true));
  const std::string email = Annotation(account, kEmailAnnotation);
  const std::string sts =
      env_.gcp_sts_endpoint.empty() ? "https://sts.googleapis.com" : env_.gcp_sts_endpoint;
  SLUICE_TRY(
      const Value answer,
      AskJson(ctx, client_,
              FormPost(sts + "/v1/token",
                       {{"audience", audience},
                        {"grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"},
                        {"requested_token_type", "urn:ietf:params:oauth:token-type:access_token"},
                        {"scope",
                         email.empty() ? Cat(kGcpScope, " ", kEmailScope) : std::string(kGcpScope)},
                        {"subject_token", std::string(token.Reveal())},
                        {"subject_token_type", "urn:ietf:params:oauth:token-type:jwt"}},
                       proxy)));
  SLUICE_TRY(Credential federated, BearerFrom(answer, clock_.Now()));
  if (email.empty()) return federated;
  http::Request r;
  r.method = "POST";
  r.url = Cat(env_.gcp_iam_endpoint.empty() ? "https://iamcredentials.googleapis.com"
                                            : env_.gcp_iam_endpoint,
              "/v1/projects/-/serviceAccounts/", email, ":generateAccessToken");
  r.headers.Set("Content-Type", "application/json");
  r.proxy = proxy;
  r.credentials =
      std::make_shared<http::Credentials>(http::Credentials{"", {}, federated.secret, {}});
  r.body =
      Cat(R"({"lifetime":"3600s","scope":[)", Quoted(kGcpScope), ",", Quoted(kEmailScope), "]}");
  SLUICE_TRY(const Value own, AskJson(ctx, client_, std::move(r)));
  const std::string_view text = own["accessToken"].AsString();
  if (text.empty())
    return base::Unauthenticated("no access token in the answer about the service account");
  return Credential{
      "",
      base::SecretString(text),
      {},
      base::ParseRfc3339(own["expireTime"].AsString()).value_or(clock_.Now() + kShortLife)};
}

base::Result<Credential> Identities::Gcp(const observe::Context& ctx, const Asked& asked) {
  const std::string proxy = asked.proxy ? asked.proxy->url : "";
  if (asked.account == nullptr) {
    return cache_
        .Get(
            TokenCache::KeyOf({"gcp", proxy}), asked.renew,
            [&]() -> base::Result<Credential> {
              if (env_.gcp_credentials_file.empty()) return GcpMetadata(ctx);
              SLUICE_TRY(std::string key, ReadMounted(env_.gcp_credentials_file));
              return GcpKey(ctx, base::SecretString(std::move(key)),
                            Cat(kGcpScope, " ", kEmailScope), asked.proxy);
            },
            asked.of)
        .Wrap(kOfController);
  }
  const ServiceAccount& account = *asked.account;
  auto audience = GcpAudience(ctx, account, /*of_exchange=*/false);
  if (!audience.ok()) return std::move(audience).status().Wrap("failed to get provider audience");
  if (auto email = CheckAnnotation(account, kEmailAnnotation, kEmailPattern); !email.ok())
    return OfIdentity(account, std::move(email));
  const std::string key = TokenCache::KeyOf(
      {"gcp", *audience, Annotation(account, kEmailAnnotation), account.ns, account.name, proxy});
  const auto exchange = [&](const base::SecretString& token) {
    return GcpAccount(ctx, account, token, asked.proxy);
  };
  return cache_.Get(
      key, asked.renew, [&] { return WithAccountToken(ctx, account, *audience, exchange); },
      asked.of);
}

}  // namespace sluice::cloud
