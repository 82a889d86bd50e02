#include "cloud/registry_login.h"

#include <algorithm>
#include <array>

#include "ask.h"
#include "base/encoding.h"
#include "base/strings.h"
#include "document/json.h"
#include "regex/go_regex.h"

namespace sluice::cloud {
namespace {

using base::Cat;
using document::Value;

constexpr std::string_view kAwsPattern =
    R"(([0-9+]*).dkr[.-]ecr(?:-fips)?\.([^/.]*)\.(amazonaws\.com[.cn]*|amazonaws\.eu|sc2s\.sgov\.gov|c2s\.ic\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov|on\.aws))";
constexpr std::array<std::string_view, 8> kAwsDomains{
    "amazonaws.com", "amazonaws.com.cn", "amazonaws.eu",   "sc2s.sgov.gov",
    "c2s.ic.gov",    "cloud.adc-e.uk",   "csp.hci.ic.gov", "on.aws"};
constexpr std::string_view kAzurePattern =
    R"(^.+\.(azurecr\.io|azurecr\.cn|azurecr\.de|azurecr\.us)$)";
constexpr std::string_view kGcpPattern =
    R"(^(((.+\.)?gcr\.io)|(.+-docker\.pkg\.dev)|(docker\.s3nsregistry\.fr))$)";
constexpr std::string_view kPublicEcr = "public.ecr.aws",
                           kAzureUser = "00000000-0000-0000-0000-000000000000";
constexpr std::string_view kNoAccess = "failed to get access token for artifact registry";
constexpr std::string_view kNoLogin = "failed to create artifact registry credentials";

base::Status CheckHost(std::string_view cloud, std::string_view registry,
                       std::string_view pattern) {
  const auto re = regex::GoRegex::Compile(pattern);
  if (re.ok() && re->Matches(registry)) return base::OkStatus();
  return base::InvalidArgument(
      Cat("invalid ", cloud, " registry: '", registry, "'. must match ", pattern));
}

// "AWS:password" in base64.
base::Result<Credential> FromEcrToken(const Value& data, base::Time now) {
  if (data.empty()) return base::Unauthenticated("no authorization data returned");
  const Value& one = data.is_array() ? data.items().front() : data;
  auto text = base::Base64Decode(one["authorizationToken"].AsString());
  if (!text.ok()) return std::move(text).status().Wrap("failed to parse authorization token");
  const auto cut = base::Cut(*text, ":");
  if (!cut) return base::Unauthenticated("invalid authorization token format");
  const double until = one["expiresAt"].AsDouble();
  Credential out{
      std::string(cut->first),
      base::SecretString(cut->second),
      {},
      until > 0 ? base::FromUnixSeconds(static_cast<int64_t>(until)) : now + std::chrono::hours(1)};
  base::ZeroAndClear(*text);
  return out;
}

// The end of a token's life, from its claims.
base::Time ExpiryOf(std::string_view jwt, base::Time otherwise) {
  const auto parts = base::Split(jwt, ".");
  if (parts.size() != 3) return otherwise;
  const auto claims = base::Base64UrlDecode(parts[1]);
  const auto json = claims.ok() ? document::ParseJson(*claims, {.max_depth = 16})
                                : base::Result<Value>(claims.status());
  const int64_t exp = json.ok() ? (*json)["exp"].AsInt() : 0;
  return exp > 0 ? base::FromUnixSeconds(exp) : otherwise;
}

}  // namespace

base::Result<Credential> RegistryLogins::Aws(const observe::Context& ctx,
                                             const std::string& registry, const Asked& asked) {
  const auto& env = identities_.environment();
  const bool is_public = registry == kPublicEcr;
  std::string region = "us-east-1", suffix = "amazonaws.com";
  if (!is_public) {
    SLUICE_TRY(CheckHost("AWS", registry, kAwsPattern));
    const base::Status invalid =
        base::InvalidArgument(Cat("invalid AWS registry: '", registry, "'"));
    const auto parts = base::Split(registry, ".");
    const auto dkr = std::ranges::find_if(
        parts, [](std::string_view p) { return p.starts_with("dkr-ecr") || p.starts_with("ecr"); });
    if (dkr == parts.end() || dkr + 1 == parts.end()) return invalid;
    region = std::string(dkr[1]);
    suffix = base::Join(std::vector<std::string_view>(dkr + 2, parts.end()), ".");
    // The pattern is Flux's and has no end: whoever owns "….amazonaws.com.example.net" is not AWS.
    if (std::ranges::find(kAwsDomains, suffix) == kAwsDomains.end()) return invalid;
  }
  AwsAsked of_region;
  static_cast<Asked&>(of_region) = asked;
  of_region.region = region;
  auto credentials = identities_.Aws(ctx, of_region);
  if (!credentials.ok()) return std::move(credentials).status().Wrap(kNoAccess);
  http::Request r;
  r.method = "POST";
  r.url = !env.aws_ecr_endpoint.empty() ? env.aws_ecr_endpoint
          : is_public                   ? "https://api.ecr-public.us-east-1.amazonaws.com/"
                                        : Cat("https://api.ecr.", region, ".", suffix, "/");
  r.headers.Set("Content-Type", "application/x-amz-json-1.1");
  r.headers.Set("X-Amz-Target", is_public
                                    ? "SpencerFrontendService.GetAuthorizationToken"
                                    : "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken");
  r.proxy = asked.proxy;
  r.body = "{}";
  SignV4(r, *credentials, region, is_public ? "ecr-public" : "ecr", clock_.Now());
  auto json = AskJson(ctx, client_, std::move(r));
  auto made = json.ok() ? FromEcrToken((*json)["authorizationData"], clock_.Now())
                        : base::Result<Credential>(std::move(json).status());
  return std::move(made).Wrap(kNoLogin);
}

base::Result<Credential> RegistryLogins::Azure(const observe::Context& ctx,
                                               const std::string& registry, const Asked& asked) {
  SLUICE_TRY(CheckHost("Azure", registry, kAzurePattern));
  const auto& env = identities_.environment();
  auto token = identities_.Azure(ctx, "https://containerregistry.azure.net/.default", asked);
  if (!token.ok()) return std::move(token).status().Wrap(kNoAccess);
  auto json =
      AskJson(ctx, client_,
              FormPost(Cat(env.azure_registry_endpoint.empty() ? "https://" + registry
                                                               : env.azure_registry_endpoint,
                           "/oauth2/exchange"),
                       {{"grant_type", "access_token"},
                        {"service", registry},
                        {"access_token", std::string(token->Reveal())}},
                       asked.proxy));
  if (!json.ok()) return std::move(json).status().Wrap(kNoLogin);
  const std::string_view refresh = (*json)["refresh_token"].AsString();
  if (refresh.empty())
    return base::Unauthenticated("no refresh token in the registry's answer").Wrap(kNoLogin);
  return Credential{std::string(kAzureUser),
                    base::SecretString(refresh),
                    {},
                    ExpiryOf(refresh, clock_.Now() + std::chrono::hours(1))};
}

base::Result<Credential> RegistryLogins::Gcp(const observe::Context& ctx,
                                             const std::string& registry, const Asked& asked) {
  SLUICE_TRY(CheckHost("GCP", registry, kGcpPattern));
  auto made = identities_.Gcp(ctx, asked);
  if (!made.ok()) return std::move(made).status().Wrap(kNoAccess);
  made->id = "oauth2accesstoken";
  return made;
}

base::Result<RegistryLogin> RegistryLogins::Login(const observe::Context& ctx,
                                                  const std::string& provider,
                                                  const std::string& registry, const Asked& asked) {
  // What an account may is known by its annotations alone.
  std::string identity;
  if (asked.account != nullptr) {
    identity = Cat(asked.account->ns, "/", asked.account->name);
    for (const auto& [name, value] : asked.account->annotations)
      identity += Cat("\n", name, "=", value);
  }
  const std::string key = TokenCache::KeyOf(
      {"registry", provider, registry, asked.proxy ? asked.proxy->url : "", identity});
  Asked inner = asked;
  inner.of = {};  // one login is one event
  const auto fetch = [&]() -> base::Result<Credential> {
    if (provider == "aws") return Aws(ctx, registry, inner);
    if (provider == "azure") return Azure(ctx, registry, inner);
    if (provider == "gcp") return Gcp(ctx, registry, inner);
    return base::InvalidArgument(Cat("unknown provider '", provider, "'"));
  };
  SLUICE_TRY(Credential login, identities_.cache().Get(key, asked.renew, fetch, asked.of));
  return RegistryLogin{std::move(login.id), std::move(login.secret)};
}

}  // namespace sluice::cloud
