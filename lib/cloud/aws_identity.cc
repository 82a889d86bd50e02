#include <algorithm>

#include "ask.h"
#include "base/strings.h"
#include "cloud/identity.h"
#include "cloud/xml.h"
#include "document/json.h"
#include "http/url.h"
#include "regex/go_regex.h"

namespace sluice::cloud {
namespace {

using base::Cat;
using document::Value;

constexpr std::string_view kStsPattern =
    R"(^https://(.+\.)?sts(-fips)?(\.[^.]+)?(\.vpce)?\.amazonaws\.com$)";
constexpr std::string_view kRolePattern = R"(^arn:aws[\w-]*:iam::[0-9]{1,30}:role/.{1,200}$)";
constexpr const char* kRoleAnnotation = "eks.amazonaws.com/role-arn";
constexpr const char* kAudience = "sts.amazonaws.com";

bool Matches(std::string_view pattern, std::string_view text) {
  const auto re = regex::GoRegex::Compile(pattern);
  return re.ok() && re->Matches(text);
}

// Of a token service's answer in XML, or of the JSON that metadata services give.
base::Result<Credential> FromXml(std::string_view xml, base::Time now) {
  Credential out;
  auto id = XmlText(xml, "AccessKeyId"), secret = XmlText(xml, "SecretAccessKey");
  if (!id.ok() || !secret.ok() || id->empty())
    return base::Unauthenticated("the security token service gave no credentials");
  out.id = *std::move(id);
  out.secret = base::SecretString(*std::move(secret));
  out.session = base::SecretString(XmlText(xml, "SessionToken").value_or(""));
  out.until =
      base::ParseRfc3339(XmlText(xml, "Expiration").value_or("")).value_or(now + kShortLife);
  return out;
}

base::Result<Credential> FromJson(const Value& json, base::Time now) {
  Credential out{std::string(json["AccessKeyId"].AsString()),
                 base::SecretString(json["SecretAccessKey"].AsString()),
                 base::SecretString(json["Token"].AsString()),
                 base::ParseRfc3339(json["Expiration"].AsString()).value_or(now + kShortLife)};
  if (out.id.empty()) return base::Unauthenticated("the metadata service gave no credentials");
  return out;
}

std::string StsUrl(const CloudEnvironment& env, const AwsAsked& asked, const std::string& region) {
  if (!asked.sts_endpoint.empty()) return Cat(base::TrimSuffix(asked.sts_endpoint, "/"), "/");
  if (!env.aws_sts_endpoint.empty()) return env.aws_sts_endpoint;
  return Cat("https://sts.", region, ".amazonaws.com", region.starts_with("cn-") ? ".cn/" : "/");
}

// Session tokens of pods go only where a pod's own agents listen, or over TLS.
base::Status CheckContainerUri(const std::string& uri) {
  SLUICE_TRY(const http::Url url, http::Url::Parse(uri));
  static constexpr std::string_view kOwn[] = {
      "169.254.170.2", "169.254.170.23", "fd00:ec2::23", "127.0.0.1", "::1", "localhost"};
  if (url.scheme == "https" || std::ranges::find(kOwn, url.host) != std::end(kOwn))
    return base::OkStatus();
  return base::InvalidArgument(
      Cat("the container credentials endpoint '", url.host, "' is neither https nor on this host"));
}

}  // namespace

// The pattern is Flux's, and looks at the text alone:
// "https://evil.example.com/x.sts.amazonaws.com" fits it. What a token is sent to is the host.
base::Status CheckStsEndpoint(const std::string& endpoint) {
  if (endpoint.empty()) return base::OkStatus();
  const auto url = http::Url::Parse(endpoint);
  const bool whole = url.ok() && url->host.find('%') == std::string::npos &&
                     endpoint == base::Cat("https://", url->host);
  if (whole && Matches(kStsPattern, endpoint)) return base::OkStatus();
  return base::InvalidArgument(
      Cat("invalid STS endpoint: '", endpoint, "'. must match ", kStsPattern));
}

base::Result<AwsCredentials> Identities::Aws(const observe::Context& ctx, const AwsAsked& asked) {
  SLUICE_TRY(Credential c, AwsCredential(ctx, asked));
  return AwsCredentials{std::move(c.id), std::move(c.secret), std::move(c.session)};
}

base::Result<Credential> Identities::AwsCredential(const observe::Context& ctx,
                                                   const AwsAsked& asked) {
  const std::string proxy = asked.proxy ? asked.proxy->url : "";
  if (asked.account == nullptr) {
    const std::string region = asked.region.empty() ? env_.aws_region : asked.region;
    const std::string key = TokenCache::KeyOf({"aws", region, asked.sts_endpoint, proxy});
    return cache_
        .Get(
            key, asked.renew, [&] { return AwsOwn(ctx, asked, region); }, asked.of)
        .Wrap(kOfController);
  }
  const ServiceAccount& account = *asked.account;
  const std::string role = Annotation(account, kRoleAnnotation);
  if (!Matches(kRolePattern, role)) {
    return OfIdentity(account,
                      base::InvalidArgument(Cat("invalid ", kRoleAnnotation, " annotation: '", role,
                                                "'. must match ", kRolePattern)));
  }
  const std::string key = TokenCache::KeyOf(
      {"aws", kAudience, role, account.ns, account.name, asked.region, asked.sts_endpoint, proxy});
  const auto exchange = [&](const base::SecretString& token) -> base::Result<Credential> {
    if (asked.region.empty()) {
      return base::InvalidArgument(
          "an AWS region is required for authenticating with a service account. please configure "
          "one in the object spec");
    }
    SLUICE_TRY(CheckStsEndpoint(asked.sts_endpoint));
    return AwsWebIdentity(ctx, asked, asked.region, role,
                          Cat(account.name, ".", account.ns, ".", asked.region, ".fluxcd.io"),
                          token);
  };
  return cache_.Get(
      key, asked.renew, [&] { return WithAccountToken(ctx, account, kAudience, exchange); },
      asked.of);
}

base::Result<Credential> Identities::AwsOwn(const observe::Context& ctx, const AwsAsked& asked,
                                            const std::string& region) {
  if (region.empty()) {
    return base::FailedPrecondition(
        "AWS_REGION environment variable is not set in the Flux controller. if you have properly "
        "configured IAM Roles for Service Accounts (IRSA) or "
        "EKS Pod Identity, please delete/replace the controller pod so the EKS admission "
        "controllers can inject this environment variable, or set it "
        "manually if the cluster is not EKS");
  }
  SLUICE_TRY(CheckStsEndpoint(asked.sts_endpoint));
  if (!env_.aws_access_key_id.empty()) {
    return Credential{env_.aws_access_key_id, env_.aws_secret_access_key, env_.aws_session_token,
                      clock_.Now() + std::chrono::hours(1)};
  }
  if (!env_.aws_web_identity_token_file.empty()) {
    SLUICE_TRY(std::string token, ReadMounted(env_.aws_web_identity_token_file));
    const std::string session =
        env_.aws_role_session_name.empty() ? "sluice-source" : env_.aws_role_session_name;
    return AwsWebIdentity(ctx, asked, region, env_.aws_role_arn, session,
                          base::SecretString(std::move(token)));
  }
  if (!env_.aws_container_credentials_uri.empty()) return AwsContainer(ctx);
  if (env_.aws_metadata_disabled)
    return base::FailedPrecondition(
        "no AWS credentials in the environment, and the metadata service is disabled");
  return AwsInstance(ctx);
}

base::Result<Credential> Identities::AwsWebIdentity(
    const observe::Context& ctx, const AwsAsked& asked, const std::string& region,
    const std::string& role, const std::string& session, const base::SecretString& token) {
  SLUICE_TRY(const std::string xml,
             Ask(ctx, client_,
                 FormPost(StsUrl(env_, asked, region),
                          {{"Action", "AssumeRoleWithWebIdentity"},
                           {"Version", "2011-06-15"},
                           {"RoleArn", role},
                           {"RoleSessionName", session},
                           {"WebIdentityToken", std::string(token.Reveal())}},
                          asked.proxy)));
  return FromXml(xml, clock_.Now());
}

base::Result<Credential> Identities::AwsContainer(const observe::Context& ctx) {
  SLUICE_TRY(CheckContainerUri(env_.aws_container_credentials_uri));
  http::Request r = MetadataRequest(env_.aws_container_credentials_uri);
  if (!env_.aws_container_token_file.empty()) {
    SLUICE_TRY(const std::string token, ReadMounted(env_.aws_container_token_file));
    r.secret_headers.Set("Authorization", token);
  } else if (!env_.aws_container_token.empty()) {
    r.secret_headers.Set("Authorization", std::string(env_.aws_container_token.Reveal()));
  }
  SLUICE_TRY(const Value json, AskJson(ctx, client_, std::move(r)));
  return FromJson(json, clock_.Now());
}

// Version 2 of the metadata service only: a session first.
base::Result<Credential> Identities::AwsInstance(const observe::Context& ctx) {
  const std::string at =
      env_.aws_metadata_endpoint.empty() ? "http://169.254.169.254" : env_.aws_metadata_endpoint;
  http::Request session = MetadataRequest(at + "/latest/api/token");
  session.method = "PUT";
  session.headers.Set("X-aws-ec2-metadata-token-ttl-seconds", "300");
  SLUICE_TRY(const std::string token, Ask(ctx, client_, std::move(session)));
  const auto get = [&](const std::string& path) {
    http::Request r = MetadataRequest(at + path);
    r.secret_headers.Set("X-aws-ec2-metadata-token", token);
    return Ask(ctx, client_, std::move(r));
  };
  constexpr const char* kRoles = "/latest/meta-data/iam/security-credentials/";
  SLUICE_TRY(const std::string role, get(kRoles));
  SLUICE_TRY(const std::string text, get(kRoles + http::PathEscape(base::TrimSpace(role))));
  SLUICE_TRY(const Value json, document::ParseJson(text, {.max_depth = 16}));
  return FromJson(json, clock_.Now());
}

base::Result<AwsCredentials> Identities::AwsByLdap(const observe::Context& ctx, const LdapSts& sts,
                                                   bool renew) {
  const std::string key = TokenCache::KeyOf(
      {"ldap", sts.endpoint, sts.username, sts.password.Reveal(), sts.proxy ? sts.proxy->url : "",
       sts.tls ? sts.tls->ca_pem : "", sts.tls ? sts.tls->client_cert_pem : ""});
  SLUICE_TRY(Credential c, cache_.Get(key, renew, [&]() -> base::Result<Credential> {
    http::Request r = FormPost(sts.endpoint,
                               {{"Action", "AssumeRoleWithLDAPIdentity"},
                                {"Version", "2011-06-15"},
                                {"LDAPUsername", sts.username},
                                {"LDAPPassword", std::string(sts.password.Reveal())}},
                               sts.proxy);
    r.tls = sts.tls;
    SLUICE_TRY(const std::string xml, Ask(ctx, client_, std::move(r)));
    return FromXml(xml, clock_.Now());
  }));
  return AwsCredentials{std::move(c.id), std::move(c.secret), std::move(c.session)};
}

}  // namespace sluice::cloud
