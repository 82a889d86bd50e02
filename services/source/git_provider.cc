#include "git_provider.h"

#include <algorithm>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/strings.h"
#include "base/time.h"
#include "cloud/jwt.h"
#include "document/json.h"
#include "secrets.h"

namespace sluice::source {
namespace {

using std::chrono::seconds;

constexpr std::string_view kGithubApi = "https://api.github.com/";
constexpr std::string_view kAzureDevOps = "499b84ac-1321-427f-aa17-267ca6975798";
constexpr seconds kCallTimeout{10}, kCodeCommitLife{900};
constexpr uint64_t kMaxAnswer = 1 << 20;

std::shared_ptr<const http::ProxyOptions> ProxyOf(const git::RemoteAuth& auth) {
  if (auth.proxy_url.empty()) return nullptr;
  return std::make_shared<http::ProxyOptions>(
      http::ProxyOptions{auth.proxy_url, auth.proxy_username, auth.proxy_password});
}

// Whose mirror it is: told by who asks, not by what he was given.
std::string AccountKey(std::string_view provider, const GitProvider::AccountPtr& account,
                       const git::RemoteAuth& auth, std::string_view url) {
  std::string who;
  if (account != nullptr) {
    who = base::Cat(account->ns, "/", account->name);
    for (const auto& [name, value] : account->annotations) who += base::Cat("\n", name, "=", value);
  }
  return cloud::TokenCache::KeyOf({provider, who, auth.proxy_url, url});
}

}  // namespace

base::Status GithubApp::Check(const document::Value& secret) {
  const SecretView view(secret);
  SLUICE_TRY(static_cast<base::Status>(BasicAuthFromSecret(secret).status()));
  if (!view.Has("githubAppID") || !view.Has("githubAppPrivateKey")) {
    return base::NotFound("the Secret holds no app's data");
  }
  if (view.Has("githubAppInstallationOwner") != view.Has("githubAppInstallationID")) return {};
  return base::InvalidArgument(base::Cat(
      "secret ", view.Name(),
      " must contain exactly one of 'githubAppInstallationOwner' or 'githubAppInstallationID'"));
}

base::Result<GithubApp> GithubApp::From(const document::Value& secret) {
  const SecretView view(secret);
  GithubApp out;
  for (const auto& [key, field] : {std::pair("githubAppID", &out.app_id),
                                   {"githubAppInstallationOwner", &out.owner},
                                   {"githubAppInstallationID", &out.installation_id},
                                   {"githubAppBaseURL", &out.base_url}}) {
    SLUICE_TRY(auto value, view.Entry(key));
    *field = base::TrimSpace(value.value_or(""));
  }
  SLUICE_TRY(auto key, view.Entry("githubAppPrivateKey"));
  if (key) out.private_key = base::SecretString(*std::move(key));
  if (!base::ParseUint64(out.app_id))
    return base::InvalidArgument("app ID must be provided to use github app authentication");
  if (out.owner.empty() && !base::ParseUint64(out.installation_id)) {
    return base::InvalidArgument(
        "app installation owner or ID must be provided to use github app authentication");
  }
  if (out.private_key.empty())
    return base::InvalidArgument("private key must be provided to use github app authentication");
  return out;
}

base::Result<std::string> GithubAppJwt(const GithubApp& app, base::Time now) {
  const int64_t issued = base::ToUnixSeconds(now) - 30;
  const std::string claims =
      base::Cat(R"({"iss":")", app.app_id, R"(","exp":)", std::to_string(issued + 120),
                R"(,"iat":)", std::to_string(issued), "}");
  return cloud::SignJwt(R"({"alg":"RS256","typ":"JWT"})", claims, app.private_key);
}

base::Result<std::string> CodeCommitRegion(const http::Url& url) {
  if (url.scheme != "https")
    return base::InvalidArgument("AWS CodeCommit authentication requires an HTTPS Git URL");
  const auto parts = base::Split(url.host, ".");
  const bool begins =
      url.host.starts_with("git-codecommit.") || url.host.starts_with("git-codecommit-fips.");
  const bool ends = url.host.ends_with(".amazonaws.com") || url.host.ends_with(".amazonaws.com.cn");
  if (parts.size() < 4 || !begins || !ends)
    return base::InvalidArgument(base::Cat("invalid AWS CodeCommit Git URL: ", url.Authority()));
  return std::string(parts[1]);
}

std::string CodeCommitPassword(std::string_view secret_key, const http::Url& url,
                               std::string_view region, base::Time now) {
  const std::string stamp(base::TrimSuffix(cloud::AmzTime(now), "Z")), day = stamp.substr(0, 8);
  const std::string scope = base::Cat(day, "/", region, "/codecommit/aws4_request");
  const std::string canonical = base::Cat("GIT\n", url.path, "\n\nhost:", url.host, "\n\nhost\n");
  const std::string to_sign = base::Cat("AWS4-HMAC-SHA256\n", stamp, "\n", scope, "\n",
                                        base::Digest::Sha256(canonical).hex());
  std::string key = cloud::SigningKeyV4(secret_key, day, region, "codecommit");
  std::string out = base::Cat(
      stamp, "Z", base::HexEncode(base::Hmac(base::DigestAlgorithm::kSha256, key, to_sign)));
  base::ZeroAndClear(key);
  return out;
}

void GitProvider::Refused(const git::RemoteAuth& auth) {
  identities_.cache().Drop(auth.bearer_token.empty() ? auth.password : auth.bearer_token);
}

base::Result<document::Value> GitProvider::Call(const observe::Context& ctx, http::Request request,
                                                const git::RemoteAuth& auth) {
  request.max_redirects = 0;  // what is sent is a credential
  request.max_response_bytes = kMaxAnswer;
  request.redact_query = true;
  request.proxy = ProxyOf(auth);
  if (!auth.ca_pem.empty() || !auth.client_cert_pem.empty()) {
    http::TlsOptions tls;
    tls.ca_pem = auth.ca_pem;
    tls.client_cert_pem = auth.client_cert_pem;
    tls.client_key_pem = auth.client_key_pem;
    request.tls = std::make_shared<http::TlsOptions>(std::move(tls));
  }
  const std::string shown = base::Cat(request.method, " ", http::RedactUrl(request.url));
  SLUICE_TRY(const http::Response response,
             client_.Do(ctx.WithTimeout(kCallTimeout), std::move(request)));
  auto body = document::ParseJson(response.body);
  if (response.status < 200 || response.status >= 300) {
    std::string_view said;
    if (body.ok())
      said = (*body)[body->Find("message") != nullptr ? "message" : "error_description"].AsString();
    return base::PermissionDenied(base::Cat(shown, ": ", std::to_string(response.status),
                                            said.empty() ? "" : " ",
                                            base::TruncateUtf8(said, 256)));
  }
  return body;
}

base::Result<std::string> GitProvider::InstallationOf(const observe::Context& ctx,
                                                      const GithubApp& app, const std::string& jwt,
                                                      const git::RemoteAuth& auth) {
  if (!app.installation_id.empty()) return app.installation_id;
  std::string failures;
  const std::string api = app.base_url.empty()
                              ? std::string(kGithubApi)
                              : base::Cat(base::TrimSuffix(app.base_url, "/"), "/");
  for (const auto& [kind, path] : {std::pair("organization", "orgs/"), {"user", "users/"}}) {
    http::Request r;
    r.url = base::Cat(api, path, http::PathEscape(app.owner), "/installation");
    r.headers.Set("Accept", "application/vnd.github.v3+json");
    r.credentials =
        std::make_shared<http::Credentials>(http::Credentials{"", {}, base::SecretString(jwt), {}});
    auto found = Call(ctx, std::move(r), auth);
    if (found.ok() && (*found)["id"].AsInt() > 0) return std::to_string((*found)["id"].AsInt());
    failures += base::Cat(failures.empty() ? "" : "\n", "failed to find ", kind,
                          " installation: ", found.ok() ? "no id" : found.status().message());
  }
  return base::NotFound(std::move(failures));
}

base::Status GitProvider::Github(const observe::Context& ctx, const document::Value& secret,
                                 git::RemoteAuth& auth, const cloud::Involved& of) {
  SLUICE_TRY(const GithubApp app, GithubApp::From(secret));
  const std::string key =
      cloud::TokenCache::KeyOf({"github", app.app_id, app.owner, app.installation_id, app.base_url,
                                app.private_key.Reveal(), auth.proxy_url});
  SLUICE_TRY(const cloud::Credential token,
             identities_.cache().Get(
                 key, false,
                 [&]() -> base::Result<cloud::Credential> {
                   SLUICE_TRY(const std::string jwt, GithubAppJwt(app, clock_.Now()));
                   SLUICE_TRY(const std::string installation, InstallationOf(ctx, app, jwt, auth));
                   http::Request r;
                   r.method = "POST";
                   r.url = base::Cat(
                       app.base_url.empty() ? std::string(kGithubApi)
                                            : base::Cat(base::TrimSuffix(app.base_url, "/"), "/"),
                       "app/installations/", http::PathEscape(installation), "/access_tokens");
                   r.headers.Set("Accept", "application/vnd.github.v3+json");
                   r.credentials = std::make_shared<http::Credentials>(
                       http::Credentials{"", {}, base::SecretString(jwt), {}});
                   SLUICE_TRY(const document::Value answer, Call(ctx, std::move(r), auth));
                   const std::string_view text = answer["token"].AsString();
                   if (text.empty()) return base::DataLoss("the answer holds no token");
                   SLUICE_TRY(const base::Time until,
                              base::ParseRfc3339(answer["expires_at"].AsString()));
                   return cloud::Credential{"", base::SecretString(text), {}, until};
                 },
                 of));
  auth.account = key;
  auth.username = "x-access-token";
  auth.password = token.secret;
  auth.bearer_token = {};
  return base::OkStatus();
}

base::Status GitProvider::Azure(const observe::Context& ctx, const AccountPtr& account,
                                git::RemoteAuth& auth, const cloud::Involved& of) {
  SLUICE_TRY(base::SecretString token, identities_.Azure(ctx, base::Cat(kAzureDevOps, "/.default"),
                                                         {ProxyOf(auth), account, false, of}));
  auth.account = AccountKey("azure", account, auth, "");
  auth.username.clear();
  auth.password = {};
  auth.bearer_token = std::move(token);
  return base::OkStatus();
}

base::Status GitProvider::Aws(const observe::Context& ctx, const http::Url& url,
                              const AccountPtr& account, git::RemoteAuth& auth,
                              const cloud::Involved& of) {
  SLUICE_TRY(const std::string region, CodeCommitRegion(url));
  // One signature serves many polls: else each poll were another pair of credentials, with a mirror
  // of its own.
  const std::string key = AccountKey("codecommit", account, auth, url.ToString());
  SLUICE_TRY(const cloud::Credential made,
             identities_.cache().Get(
                 key, false,
                 [&]() -> base::Result<cloud::Credential> {
                   cloud::AwsAsked asked;
                   asked.proxy = ProxyOf(auth);
                   asked.account = account;
                   asked.region = region;
                   SLUICE_TRY(const cloud::Credential credentials,
                              identities_.AwsCredential(ctx, asked));
                   const base::Time now = clock_.Now();
                   return cloud::Credential{
                       base::Cat(credentials.id, credentials.session.empty() ? "" : "%",
                                 credentials.session.Reveal()),
                       base::SecretString(
                           CodeCommitPassword(credentials.secret.Reveal(), url, region, now)),
                       {},
                       std::min(credentials.until, now + kCodeCommitLife)};
                 },
                 of));
  auth.account = key;
  auth.username = made.id;
  auth.password = made.secret;
  auth.bearer_token = {};
  return base::OkStatus();
}

}  // namespace sluice::source
