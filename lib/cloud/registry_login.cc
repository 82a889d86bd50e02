#include "cloud/registry_login.h"

#include <algorithm>
#include <map>
#include <optional>

#include "base/encoding.h"
#include "base/strings.h"
#include "document/json.h"
#include "http/url.h"
#include "io/rooted_fs.h"
#include "observe/mutex.h"
#include "regex/go_regex.h"
#include "cloud/signature_v4.h"

namespace sluice::cloud {
namespace {

using base::Cat;
using document::Value;

constexpr std::string_view kAwsPattern =
    R"(([0-9+]*).dkr[.-]ecr(?:-fips)?\.([^/.]*)\.(amazonaws\.com[.cn]*|amazonaws\.eu|sc2s\.sgov\.gov|c2s\.ic\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov|on\.aws))";
constexpr std::string_view kAzurePattern = R"(^.+\.(azurecr\.io|azurecr\.cn|azurecr\.de|azurecr\.us)$)";
constexpr std::string_view kGcpPattern = R"(^(((.+\.)?gcr\.io)|(.+-docker\.pkg\.dev)|(docker\.s3nsregistry\.fr))$)";
constexpr std::string_view kPublicEcr = "public.ecr.aws", kAzureUser = "00000000-0000-0000-0000-000000000000";
constexpr std::chrono::seconds kPatience{10}, kLongest{3600};
constexpr uint64_t kMaxAnswer = 1 << 20;
constexpr size_t kMaxKept = 100;

base::Status CheckHost(std::string_view cloud, std::string_view registry, std::string_view pattern) {
  const auto re = regex::GoRegex::Compile(pattern);
  if (re.ok() && re->Matches(registry)) return base::OkStatus();
  return base::InvalidArgument(Cat("invalid ", cloud, " registry: '", registry, "'. must match ", pattern));
}

base::Result<std::string> ReadFile(const std::string& path) {
  const size_t slash = path.rfind('/');
  SLUICE_TRY(const auto folder, io::RootedFs::Open(slash == path.npos ? "." : path.substr(0, slash + 1)));
  // Kubernetes mounts tokens as links within their folder: those a reader of the tree follows.
  SLUICE_TRY(const auto tree, io::OpenDirectory(folder.root()));
  SLUICE_TRY(const std::string text, tree->ReadFile(path.substr(slash + 1), 1 << 20));
  return std::string(base::TrimSpace(text));
}

std::string Form(const std::map<std::string, std::string>& fields) {
  std::string out;
  for (const auto& [key, value] : fields) out += Cat(out.empty() ? "" : "&", key, "=", http::QueryEscape(value));
  return out;
}

// The text of the first <tag> of an answer in XML.
std::string XmlText(std::string_view xml, std::string_view tag) {
  const auto open = base::Cut(xml, Cat("<", tag, ">"));
  const auto text = open ? base::Cut(open->second, "</") : std::nullopt;
  return text ? base::ReplaceAll(base::ReplaceAll(text->first, "&lt;", "<"), "&amp;", "&") : "";
}

using Proxy = std::shared_ptr<const http::ProxyOptions>;

struct Lifetime {
  RegistryLogin login;
  std::chrono::seconds lives{300};
};

}  // namespace

struct RegistryLogins::Impl {
  Impl(http::Client& c, CloudEnvironment e, base::Clock& t) : client(c), env(std::move(e)), clock(t) {}

  struct Kept {
    RegistryLogin login;
    std::chrono::steady_clock::time_point until;
  };

  base::Result<std::string> Ask(const observe::Context& ctx, http::Request request);
  base::Result<Value> AskJson(const observe::Context& ctx, http::Request request);
  base::Result<AwsCredentials> WebIdentity(const observe::Context& ctx, const Proxy& proxy, const std::string& region);
  base::Result<AwsCredentials> InstanceRole(const observe::Context& ctx);
  base::Result<AwsCredentials> FindAws(const observe::Context& ctx, const Proxy& proxy, const std::string& region);
  base::Result<Lifetime> Aws(const observe::Context& ctx, const Proxy& proxy, const std::string& registry);
  base::Result<std::string> AzureToken(const observe::Context& ctx, const Proxy& proxy);
  base::Result<Lifetime> Azure(const observe::Context& ctx, const Proxy& proxy, const std::string& registry);
  base::Result<Lifetime> Gcp(const observe::Context& ctx, const std::string& registry);

  http::Client& client;
  const CloudEnvironment env;
  base::Clock& clock;
  observe::Mutex mu;
  std::map<std::string, Kept> kept SLUICE_GUARDED_BY(mu);
};

// The answer's body never gets into an error: it may hold what was asked for.
base::Result<std::string> RegistryLogins::Impl::Ask(const observe::Context& ctx, http::Request request) {
  request.max_redirects = 0;
  request.max_response_bytes = kMaxAnswer;
  request.redact_query = true;
  const std::string what = Cat(request.method, " ", http::RedactUrl(request.url));
  SLUICE_TRY(http::Response response, client.Do(ctx.WithTimeout(kPatience), std::move(request)));
  if (response.status == 200) return std::move(response.body);
  return base::Unauthenticated(Cat(what, ": unexpected status code ", std::to_string(response.status)));
}

base::Result<Value> RegistryLogins::Impl::AskJson(const observe::Context& ctx, http::Request request) {
  const std::string what = Cat(request.method, " ", http::RedactUrl(request.url));
  SLUICE_TRY(const std::string body, Ask(ctx, std::move(request)));
  auto json = document::ParseJson(body, {.max_depth = 16});
  if (!json.ok() || !json->is_object()) return base::FailedPrecondition(what + ": the answer is not a JSON object");
  return json;
}

base::Result<AwsCredentials> RegistryLogins::Impl::WebIdentity(const observe::Context& ctx, const Proxy& proxy, const std::string& region) {
  SLUICE_TRY(const std::string token, ReadFile(env.aws_web_identity_token_file));
  http::Request r;
  r.method = "POST";
  r.url = env.aws_sts_endpoint.empty() ? Cat("https://sts.", region, ".amazonaws.com", region.starts_with("cn-") ? ".cn/" : "/") : env.aws_sts_endpoint;
  r.headers.Set("Content-Type", "application/x-www-form-urlencoded");
  r.proxy = proxy;
  r.body = Form({{"Action", "AssumeRoleWithWebIdentity"},
                 {"Version", "2011-06-15"},
                 {"RoleArn", env.aws_role_arn},
                 {"RoleSessionName", env.aws_role_session_name.empty() ? "sluice-source" : env.aws_role_session_name},
                 {"WebIdentityToken", token}});
  SLUICE_TRY(const std::string xml, Ask(ctx, std::move(r)));
  AwsCredentials out{XmlText(xml, "AccessKeyId"), base::SecretString(XmlText(xml, "SecretAccessKey")), base::SecretString(XmlText(xml, "SessionToken"))};
  if (out.access_key_id.empty()) return base::Unauthenticated("the security token service gave no credentials");
  return out;
}

namespace {

base::Result<AwsCredentials> FromJson(const Value& json) {
  AwsCredentials out{std::string(json["AccessKeyId"].AsString()), base::SecretString(json["SecretAccessKey"].AsString()),
                     base::SecretString(json["Token"].AsString())};
  if (out.access_key_id.empty()) return base::Unauthenticated("the metadata service gave no credentials");
  return out;
}

}  // namespace

base::Result<AwsCredentials> RegistryLogins::Impl::InstanceRole(const observe::Context& ctx) {
  const std::string at = env.aws_metadata_endpoint.empty() ? "http://169.254.169.254" : env.aws_metadata_endpoint;
  http::Request session;
  session.method = "PUT";
  session.url = at + "/latest/api/token";
  session.headers.Set("X-aws-ec2-metadata-token-ttl-seconds", "300");
  SLUICE_TRY(const std::string token, Ask(ctx, std::move(session)));
  const auto get = [&](const std::string& path) {
    http::Request r;
    r.url = at + path;
    r.secret_headers.Set("X-aws-ec2-metadata-token", token);
    return Ask(ctx, std::move(r));
  };
  constexpr const char* kRoles = "/latest/meta-data/iam/security-credentials/";
  SLUICE_TRY(const std::string role, get(kRoles));
  SLUICE_TRY(const std::string text, get(kRoles + http::PathEscape(base::TrimSpace(role))));
  SLUICE_TRY(const Value json, document::ParseJson(text, {.max_depth = 16}));
  return FromJson(json);
}

base::Result<AwsCredentials> RegistryLogins::Impl::FindAws(const observe::Context& ctx, const Proxy& proxy, const std::string& region) {
  if (!env.aws_access_key_id.empty()) return AwsCredentials{env.aws_access_key_id, env.aws_secret_access_key, env.aws_session_token};
  if (!env.aws_web_identity_token_file.empty()) return WebIdentity(ctx, proxy, region);
  if (env.aws_container_credentials_uri.empty()) return InstanceRole(ctx);
  http::Request r;
  r.url = env.aws_container_credentials_uri;
  if (!env.aws_container_token_file.empty()) {
    SLUICE_TRY(const std::string token, ReadFile(env.aws_container_token_file));
    r.secret_headers.Set("Authorization", token);
  }
  SLUICE_TRY(const Value json, AskJson(ctx, std::move(r)));
  return FromJson(json);
}

base::Result<Lifetime> RegistryLogins::Impl::Aws(const observe::Context& ctx, const Proxy& proxy, const std::string& registry) {
  const bool is_public = registry == kPublicEcr;
  std::string region = "us-east-1", suffix = "amazonaws.com";
  if (!is_public) {
    SLUICE_TRY(CheckHost("AWS", registry, kAwsPattern));
    const auto parts = base::Split(registry, ".");
    const auto dkr = std::ranges::find_if(parts, [](std::string_view p) { return p.starts_with("dkr-ecr") || p.starts_with("ecr"); });
    if (dkr == parts.end() || dkr + 1 == parts.end()) return base::InvalidArgument(Cat("invalid AWS registry: '", registry, "'"));
    region = std::string(dkr[1]);
    suffix = base::Join(std::vector<std::string_view>(dkr + 2, parts.end()), ".");
  }
  SLUICE_TRY(const AwsCredentials credentials, FindAws(ctx, proxy, region));
  http::Request r;
  r.method = "POST";
  r.url = !env.aws_ecr_endpoint.empty() ? env.aws_ecr_endpoint
          : is_public                   ? "https://api.ecr-public.us-east-1.amazonaws.com/"
                                        : Cat("https://api.ecr.", region, ".", suffix, "/");
  r.headers.Set("Content-Type", "application/x-amz-json-1.1");
  r.headers.Set("X-Amz-Target", is_public ? "SpencerFrontendService.GetAuthorizationToken" : "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken");
  r.proxy = proxy;
  r.body = "{}";
  SignV4(r, credentials, region, is_public ? "ecr-public" : "ecr", clock.Now());
  SLUICE_TRY(const Value json, AskJson(ctx, std::move(r)));
  const Value& data = json["authorizationData"];
  if (data.empty()) return base::Unauthenticated("no authorization data returned");
  const Value& one = data.is_array() ? data.items().front() : data;
  auto text = base::Base64Decode(one["authorizationToken"].AsString());
  if (!text.ok()) return std::move(text).status().Wrap("failed to parse authorization token");
  const auto cut = base::Cut(*text, ":");
  if (!cut) return base::Unauthenticated("invalid authorization token format");
  Lifetime out{{std::string(cut->first), base::SecretString(cut->second)}, kLongest};
  base::ZeroAndClear(*text);
  return out;
}

base::Result<std::string> RegistryLogins::Impl::AzureToken(const observe::Context& ctx, const Proxy& proxy) {
  constexpr const char* kAudience = "https://containerregistry.azure.net";
  const bool federated = !env.azure_federated_token_file.empty(), secret = !env.azure_client_secret.empty();
  http::Request r;
  if (federated || secret) {
    std::string authority = env.azure_authority_host.empty() ? "https://login.microsoftonline.com/" : env.azure_authority_host;
    if (!authority.ends_with('/')) authority += '/';
    std::map<std::string, std::string> form{{"client_id", env.azure_client_id}, {"grant_type", "client_credentials"}, {"scope", Cat(kAudience, "/.default")}};
    if (secret) {
      form["client_secret"] = std::string(env.azure_client_secret.Reveal());
    } else {
      form["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
      SLUICE_TRY(form["client_assertion"], ReadFile(env.azure_federated_token_file));
    }
    r.method = "POST";
    r.url = Cat(authority, env.azure_tenant_id, "/oauth2/v2.0/token");
    r.headers.Set("Content-Type", "application/x-www-form-urlencoded");
    r.proxy = proxy;
    r.body = Form(form);
  } else {
    r.url = Cat(env.azure_metadata_endpoint.empty() ? "http://169.254.169.254" : env.azure_metadata_endpoint, "/metadata/identity/oauth2/token?",
                Form({{"api-version", "2018-02-01"}, {"resource", kAudience}}),
                env.azure_client_id.empty() ? "" : "&client_id=" + http::QueryEscape(env.azure_client_id));
    r.headers.Set("Metadata", "true");
  }
  SLUICE_TRY(const Value json, AskJson(ctx, std::move(r)));
  if (json["access_token"].AsString().empty()) return base::Unauthenticated("no access token in the identity's answer");
  return std::string(json["access_token"].AsString());
}

base::Result<Lifetime> RegistryLogins::Impl::Azure(const observe::Context& ctx, const Proxy& proxy, const std::string& registry) {
  SLUICE_TRY(CheckHost("Azure", registry, kAzurePattern));
  SLUICE_TRY(const std::string token, AzureToken(ctx, proxy));
  http::Request r;
  r.method = "POST";
  r.url = Cat(env.azure_registry_endpoint.empty() ? "https://" + registry : env.azure_registry_endpoint, "/oauth2/exchange");
  r.headers.Set("Content-Type", "application/x-www-form-urlencoded");
  r.proxy = proxy;
  r.body = Form({{"grant_type", "access_token"}, {"service", registry}, {"access_token", token}});
  SLUICE_TRY(const Value json, AskJson(ctx, std::move(r)));
  if (json["refresh_token"].AsString().empty()) return base::Unauthenticated("no refresh token in the registry's answer");
  return Lifetime{{std::string(kAzureUser), base::SecretString(json["refresh_token"].AsString())}, kLongest};
}

base::Result<Lifetime> RegistryLogins::Impl::Gcp(const observe::Context& ctx, const std::string& registry) {
  SLUICE_TRY(CheckHost("GCP", registry, kGcpPattern));
  http::Request r;
  r.url = Cat(env.gcp_metadata_endpoint.empty() ? "http://metadata.google.internal" : env.gcp_metadata_endpoint,
              "/computeMetadata/v1/instance/service-accounts/default/token?scopes=",
              http::QueryEscape("https://www.googleapis.com/auth/cloud-platform,https://www.googleapis.com/auth/userinfo.email"));
  r.headers.Set("Metadata-Flavor", "Google");
  SLUICE_TRY(const Value json, AskJson(ctx, std::move(r)));
  if (json["access_token"].AsString().empty()) return base::Unauthenticated("no access token in the metadata server's answer");
  return Lifetime{{"oauth2accesstoken", base::SecretString(json["access_token"].AsString())}, std::chrono::seconds(json["expires_in"].AsInt(300))};
}

RegistryLogins::RegistryLogins(http::Client& client, CloudEnvironment environment, base::Clock& clock)
    : impl_(std::make_unique<Impl>(client, std::move(environment), clock)) {}
RegistryLogins::~RegistryLogins() = default;

base::Result<RegistryLogin> RegistryLogins::Login(const observe::Context& ctx, const std::string& provider, const std::string& registry,
                                                  const std::shared_ptr<const http::ProxyOptions>& proxy) {
  const std::string key = Cat(provider, "|", registry, "|", proxy ? proxy->url : "");
  const auto now = std::chrono::steady_clock::now();
  {
    const observe::MutexLock lock(impl_->mu);
    if (const auto it = impl_->kept.find(key); it != impl_->kept.end() && now < it->second.until) return it->second.login;
  }
  auto made = provider == "aws"     ? impl_->Aws(ctx, proxy, registry)
              : provider == "azure" ? impl_->Azure(ctx, proxy, registry)
              : provider == "gcp"   ? impl_->Gcp(ctx, registry)
                                    : base::Result<Lifetime>(base::InvalidArgument(Cat("unknown provider '", provider, "'")));
  if (!made.ok()) return std::move(made).status();
  const observe::MutexLock lock(impl_->mu);
  std::erase_if(impl_->kept, [&](const auto& k) { return k.second.until <= now; });
  if (impl_->kept.size() >= kMaxKept) impl_->kept.erase(impl_->kept.begin());
  impl_->kept[key] = {made->login, now + std::min<std::chrono::milliseconds>(made->lives * 800 / 1000, kLongest)};
  return std::move(made->login);
}

}  // namespace sluice::cloud
