#include "git_provider.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/strings.h"
#include "base/time.h"
#include "document/json.h"
#include "secrets.h"

namespace sluice::source {
namespace {

using std::chrono::seconds;

constexpr std::string_view kGithubApi = "https://api.github.com/";
constexpr std::string_view kAzureDevOps = "499b84ac-1321-427f-aa17-267ca6975798";
constexpr std::string_view kAzureMetadata = "http://169.254.169.254/metadata/identity/oauth2/token";
constexpr seconds kCallTimeout{10}, kLongest{3600}, kCodeCommitLife{900};
constexpr uint64_t kMaxAnswer = 1 << 20;
constexpr size_t kMaxTokens = 100, kMaxTokenFile = 64 << 10;

struct KeyFree {
  void operator()(EVP_PKEY* k) const { EVP_PKEY_free(k); }
};
struct BioFree {
  void operator()(BIO* b) const { BIO_free(b); }
};
struct MdFree {
  void operator()(EVP_MD_CTX* c) const { EVP_MD_CTX_free(c); }
};

int64_t Seconds(base::Time t) { return std::chrono::duration_cast<seconds>(t.time_since_epoch()).count(); }

base::Result<std::string> SignRs256(std::string_view pem, std::string_view data) {
  const auto bad = [](std::string_view why) { return base::InvalidArgument(base::Cat("could not parse private key: ", why)); };
  const std::unique_ptr<BIO, BioFree> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const std::unique_ptr<EVP_PKEY, KeyFree> key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  if (key == nullptr) return bad("invalid key: Key must be a PEM encoded PKCS1 or PKCS8 key");
  if (EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA) return bad("key is not a valid RSA private key");
  const std::unique_ptr<EVP_MD_CTX, MdFree> ctx(EVP_MD_CTX_new());
  size_t size = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(data.data());
  if (EVP_DigestSignInit(ctx.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1 ||
      EVP_DigestSign(ctx.get(), nullptr, &size, bytes, data.size()) != 1) {
    return base::Internal("failed to sign the token");
  }
  std::string out(size, '\0');
  if (EVP_DigestSign(ctx.get(), reinterpret_cast<unsigned char*>(out.data()), &size, bytes, data.size()) != 1) {
    return base::Internal("failed to sign the token");
  }
  out.resize(size);
  return out;
}

// Projected tokens change under us: read each time they are needed.
base::Result<std::string> ReadTokenFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in.good() && text.empty()) return base::NotFound(base::Cat("open ", path, ": no such file or directory"));
  if (text.size() > kMaxTokenFile) return base::ResourceExhausted(base::Cat("token file ", path, " is too large"));
  return std::string(base::TrimSpace(text));
}

std::string KeyOf(std::initializer_list<std::string_view> parts) {
  base::Hasher h;
  for (const std::string_view p : parts) h.Update(base::Cat(std::to_string(p.size()), ":", p));
  return h.Finish().hex();
}

// The text of the first <name> element; STS answers are flat enough for it.
std::optional<std::string> Element(std::string_view xml, std::string_view name) {
  const std::string open = base::Cat("<", name, ">"), close = base::Cat("</", name, ">");
  const size_t begin = xml.find(open), end = begin == xml.npos ? xml.npos : xml.find(close, begin);
  if (end == xml.npos) return std::nullopt;
  return std::string(xml.substr(begin + open.size(), end - begin - open.size()));
}

std::string Stamp(base::Time now) {  // 20060102T150405
  std::string text = base::FormatRfc3339(now).substr(0, 19);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

}  // namespace

base::Result<GithubApp> GithubApp::From(const document::Value& secret) {
  const SecretView view(secret);
  GithubApp out;
  for (const auto& [key, field] : {std::pair("githubAppID", &out.app_id), {"githubAppInstallationOwner", &out.owner},
                                   {"githubAppInstallationID", &out.installation_id}, {"githubAppBaseURL", &out.base_url}}) {
    SLUICE_TRY(auto value, view.Entry(key));
    *field = base::TrimSpace(value.value_or(""));
  }
  SLUICE_TRY(auto key, view.Entry("githubAppPrivateKey"));
  if (key) out.private_key = base::SecretString(*std::move(key));
  if (!base::ParseUint64(out.app_id)) return base::InvalidArgument("app ID must be provided to use github app authentication");
  if (!out.owner.empty() && !out.installation_id.empty()) {
    return base::InvalidArgument(base::Cat("secret ", view.Name(), " must contain exactly one of 'githubAppInstallationOwner' or 'githubAppInstallationID'"));
  }
  if (out.owner.empty() && !base::ParseUint64(out.installation_id)) {
    return base::InvalidArgument("app installation owner or ID must be provided to use github app authentication");
  }
  if (out.private_key.empty()) return base::InvalidArgument("private key must be provided to use github app authentication");
  return out;
}

base::Result<std::string> GithubAppJwt(const GithubApp& app, base::Time now) {
  const int64_t issued = Seconds(now) - 30;
  const std::string claims = base::Cat(R"({"iss":")", app.app_id, R"(","exp":)", std::to_string(issued + 120), R"(,"iat":)", std::to_string(issued), "}");
  std::string text = base::Cat(base::Base64UrlEncode(R"({"alg":"RS256","typ":"JWT"})"), ".", base::Base64UrlEncode(claims));
  SLUICE_TRY(const std::string signature, SignRs256(app.private_key.Reveal(), text));
  return base::Cat(text, ".", base::Base64UrlEncode(signature));
}

base::Result<std::string> CodeCommitRegion(const http::Url& url) {
  if (url.scheme != "https") return base::InvalidArgument("AWS CodeCommit authentication requires an HTTPS Git URL");
  const auto parts = base::Split(url.host, ".");
  const bool begins = url.host.starts_with("git-codecommit.") || url.host.starts_with("git-codecommit-fips.");
  const bool ends = url.host.ends_with(".amazonaws.com") || url.host.ends_with(".amazonaws.com.cn");
  if (parts.size() < 4 || !begins || !ends) return base::InvalidArgument(base::Cat("invalid AWS CodeCommit Git URL: ", url.Authority()));
  return std::string(parts[1]);
}

std::string CodeCommitPassword(std::string_view secret_key, const http::Url& url, std::string_view region, base::Time now) {
  const auto sha256 = base::DigestAlgorithm::kSha256;
  const std::string stamp = Stamp(now), day = stamp.substr(0, 8);
  const std::string scope = base::Cat(day, "/", region, "/codecommit/aws4_request");
  const std::string canonical = base::Cat("GIT\n", url.path, "\n\nhost:", url.host, "\n\nhost\n");
  const std::string to_sign = base::Cat("AWS4-HMAC-SHA256\n", stamp, "\n", scope, "\n", base::Digest::Sha256(canonical).hex());
  std::string key = base::Cat("AWS4", secret_key);
  for (const std::string_view part : {std::string_view(day), region, std::string_view("codecommit"), std::string_view("aws4_request")}) {
    key = base::Hmac(sha256, key, part);
  }
  return base::Cat(stamp, "Z", base::HexEncode(base::Hmac(sha256, key, to_sign)));
}

base::Result<GitProvider::Token> GitProvider::Cached(const std::string& key, const Fetch& fetch) {
  const base::Time now = clock_.Now();
  {
    const observe::MutexLock lock(mu_);
    if (const auto it = tokens_.find(key); it != tokens_.end() && now < it->second.until) return it->second;
  }
  SLUICE_TRY(Token token, fetch());
  const auto life = std::min<std::chrono::nanoseconds>((token.until - now) * 4 / 5, kLongest);
  token.until = now + life;
  const observe::MutexLock lock(mu_);
  std::erase_if(tokens_, [&](const auto& t) { return t.second.until <= now; });
  if (tokens_.size() >= kMaxTokens) tokens_.erase(tokens_.begin());
  tokens_[key] = token;
  return token;
}

void GitProvider::Refused(const git::RemoteAuth& auth) {
  const base::SecretString& used = auth.bearer_token.empty() ? auth.password : auth.bearer_token;
  const observe::MutexLock lock(mu_);
  std::erase_if(tokens_, [&](const auto& t) { return t.second.value == used; });
}

base::Result<document::Value> GitProvider::Call(const observe::Context& ctx, http::Request request, const git::RemoteAuth* auth,
                                                std::string_view what) {
  request.max_redirects = 0;  // what is sent is a credential
  request.max_response_bytes = kMaxAnswer;
  request.redact_query = true;
  if (auth != nullptr && !auth->proxy_url.empty()) {
    request.proxy = std::make_shared<http::ProxyOptions>(http::ProxyOptions{auth->proxy_url, auth->proxy_username, auth->proxy_password});
  }
  if (auth != nullptr && (!auth->ca_pem.empty() || !auth->client_cert_pem.empty())) {
    http::TlsOptions tls;
    tls.ca_pem = auth->ca_pem;
    tls.client_cert_pem = auth->client_cert_pem;
    tls.client_key_pem = auth->client_key_pem;
    request.tls = std::make_shared<http::TlsOptions>(std::move(tls));
  }
  const std::string shown = base::Cat(request.method, " ", http::RedactUrl(request.url));
  SLUICE_TRY(const http::Response response, client_.Do(ctx.WithTimeout(kCallTimeout), std::move(request)));
  auto body = document::ParseJson(response.body);
  if (response.status < 200 || response.status >= 300) {
    std::string_view said;
    if (body.ok()) said = (*body)[body->Find("message") != nullptr ? "message" : "error_description"].AsString();
    return base::PermissionDenied(base::Cat(what, shown, ": ", std::to_string(response.status), said.empty() ? "" : " ", base::TruncateUtf8(said, 256)));
  }
  return body;
}

base::Result<std::string> GitProvider::InstallationOf(const observe::Context& ctx, const GithubApp& app, const std::string& jwt,
                                                      const git::RemoteAuth& auth) {
  if (!app.installation_id.empty()) return app.installation_id;
  std::string failures;
  const std::string api = app.base_url.empty() ? std::string(kGithubApi) : base::Cat(base::TrimSuffix(app.base_url, "/"), "/");
  for (const auto& [kind, path] : {std::pair("organization", "orgs/"), {"user", "users/"}}) {
    http::Request r;
    r.url = base::Cat(api, path, http::PathEscape(app.owner), "/installation");
    r.headers.Set("Accept", "application/vnd.github.v3+json");
    r.credentials = std::make_shared<http::Credentials>(http::Credentials{"", {}, base::SecretString(jwt), {}});
    auto found = Call(ctx, std::move(r), &auth, "");
    if (found.ok() && (*found)["id"].AsInt() > 0) return std::to_string((*found)["id"].AsInt());
    failures += base::Cat(failures.empty() ? "" : "\n", "failed to find ", kind, " installation: ", found.ok() ? "no id" : found.status().message());
  }
  return base::NotFound(std::move(failures));
}

base::Status GitProvider::Github(const observe::Context& ctx, const document::Value& secret, git::RemoteAuth& auth) {
  SLUICE_TRY(const GithubApp app, GithubApp::From(secret));
  const std::string key = KeyOf({"github", app.app_id, app.owner, app.installation_id, app.base_url, app.private_key.Reveal(), auth.proxy_url});
  SLUICE_TRY(const Token token, Cached(key, [&]() -> base::Result<Token> {
    SLUICE_TRY(const std::string jwt, GithubAppJwt(app, clock_.Now()));
    SLUICE_TRY(const std::string installation, InstallationOf(ctx, app, jwt, auth));
    http::Request r;
    r.method = "POST";
    r.url = base::Cat(app.base_url.empty() ? std::string(kGithubApi) : base::Cat(base::TrimSuffix(app.base_url, "/"), "/"), "app/installations/",
                      http::PathEscape(installation), "/access_tokens");
    r.headers.Set("Accept", "application/vnd.github.v3+json");
    r.credentials = std::make_shared<http::Credentials>(http::Credentials{"", {}, base::SecretString(jwt), {}});
    SLUICE_TRY(const document::Value answer, Call(ctx, std::move(r), &auth, ""));
    const std::string_view text = answer["token"].AsString();
    if (text.empty()) return base::DataLoss("the answer holds no token");
    SLUICE_TRY(const base::Time until, base::ParseRfc3339(answer["expires_at"].AsString()));
    return Token{base::SecretString(text), "", {}, until};
  }));
  auth.account = key;
  auth.username = "x-access-token";
  auth.password = token.value;
  auth.bearer_token = {};
  return base::OkStatus();
}

base::Status GitProvider::Azure(const observe::Context& ctx, git::RemoteAuth& auth) {
  const std::string key = KeyOf({"azure", env_.azure_client_id, env_.azure_tenant_id, auth.proxy_url});
  SLUICE_TRY(const Token token, Cached(key, [&]() -> base::Result<Token> {
    http::Request r;
    const bool federated = !env_.azure_federated_token_file.empty();
    if (federated) {
      SLUICE_TRY(const std::string assertion, ReadTokenFile(env_.azure_federated_token_file));
      const std::string host = env_.azure_authority_host.empty() ? "https://login.microsoftonline.com" : env_.azure_authority_host;
      r.method = "POST";
      r.url = base::Cat(base::TrimSuffix(host, "/"), "/", http::PathEscape(env_.azure_tenant_id), "/oauth2/v2.0/token");
      r.headers.Set("Content-Type", "application/x-www-form-urlencoded");
      r.body = base::Cat("client_assertion=", http::QueryEscape(assertion),
                         "&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_id=",
                         http::QueryEscape(env_.azure_client_id), "&grant_type=client_credentials&scope=",
                         http::QueryEscape(base::Cat(kAzureDevOps, "/.default")));
    } else {
      r.url = base::Cat(env_.azure_metadata_url.empty() ? std::string(kAzureMetadata) : env_.azure_metadata_url,
                        "?api-version=2018-02-01&resource=", kAzureDevOps);
      if (!env_.azure_client_id.empty()) r.url += "&client_id=" + http::QueryEscape(env_.azure_client_id);
      r.headers.Set("Metadata", "true");
      r.proxy = std::make_shared<http::ProxyOptions>();  // link-local: never through a proxy
    }
    SLUICE_TRY(const document::Value answer, Call(ctx, std::move(r), federated ? &auth : nullptr, ""));
    const std::string_view text = answer["access_token"].AsString();
    if (text.empty()) return base::DataLoss("the answer holds no token");
    // A number from the one, a text of digits from the other.
    const document::Value& lasts = answer["expires_in"];
    const int64_t life = lasts.is_string() ? static_cast<int64_t>(base::ParseUint64(lasts.AsString()).value_or(300)) : lasts.AsInt();
    return Token{base::SecretString(text), "", {}, clock_.Now() + seconds(life)};
  }));
  auth.account = key;
  auth.username.clear();
  auth.password = {};
  auth.bearer_token = token.value;
  return base::OkStatus();
}

// From the environment, or by the service account's token at STS.
base::Result<GitProvider::Token> GitProvider::AwsCredentials(const observe::Context& ctx, const std::string& region) {
  if (!env_.aws_access_key_id.empty()) {
    return Token{env_.aws_secret_access_key, env_.aws_access_key_id, base::SecretString(env_.aws_session_token), clock_.Now() + kLongest};
  }
  if (env_.aws_web_identity_token_file.empty() || env_.aws_role_arn.empty()) {
    return base::FailedPrecondition("no AWS credentials: neither AWS_ACCESS_KEY_ID nor AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN are set");
  }
  return Cached(KeyOf({"aws", env_.aws_role_arn, region}), [&]() -> base::Result<Token> {
    SLUICE_TRY(const std::string identity, ReadTokenFile(env_.aws_web_identity_token_file));
    http::Request r;
    r.method = "POST";
    r.url = env_.aws_sts_endpoint.empty() ? base::Cat("https://sts.", region, ".amazonaws.com/") : env_.aws_sts_endpoint;
    r.headers.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
    r.body = base::Cat("Action=AssumeRoleWithWebIdentity&RoleArn=", http::QueryEscape(env_.aws_role_arn),
                       "&RoleSessionName=sluice-source&Version=2011-06-15&WebIdentityToken=", http::QueryEscape(identity));
    r.max_redirects = 0;
    r.max_response_bytes = kMaxAnswer;
    const std::string shown = r.url;
    SLUICE_TRY(const http::Response answer, client_.Do(ctx.WithTimeout(kCallTimeout), std::move(r)));
    if (answer.status != 200) {
      return base::PermissionDenied(base::Cat("POST ", http::RedactUrl(shown), ": ", std::to_string(answer.status), " ",
                                              base::TruncateUtf8(Element(answer.body, "Code").value_or(""), 128)));
    }
    const auto id = Element(answer.body, "AccessKeyId"), secret = Element(answer.body, "SecretAccessKey"),
               session = Element(answer.body, "SessionToken"), expires = Element(answer.body, "Expiration");
    if (!id || !secret || !session || !expires) return base::DataLoss("the answer holds no credentials");
    SLUICE_TRY(const base::Time until, base::ParseRfc3339(*expires));
    return Token{base::SecretString(*secret), *id, base::SecretString(*session), until};
  });
}

base::Status GitProvider::Aws(const observe::Context& ctx, const http::Url& url, git::RemoteAuth& auth) {
  SLUICE_TRY(const std::string region, CodeCommitRegion(url));
  // One signature serves many polls: else each poll were another pair of credentials, with a mirror of its own.
  const std::string key = KeyOf({"codecommit", env_.aws_access_key_id, env_.aws_role_arn, url.ToString()});
  SLUICE_TRY(const Token signed_token, Cached(key, [&]() -> base::Result<Token> {
    SLUICE_TRY(const Token credentials, AwsCredentials(ctx, region));
    const std::string user = base::Cat(credentials.username, credentials.extra.empty() ? "" : "%", credentials.extra.Reveal());
    const base::Time now = clock_.Now();
    return Token{base::SecretString(CodeCommitPassword(credentials.value.Reveal(), url, region, now)), user, {},
                 std::min(credentials.until, now + kCodeCommitLife)};
  }));
  auth.account = key;
  auth.username = signed_token.username;
  auth.password = signed_token.value;
  auth.bearer_token = {};
  return base::OkStatus();
}

}  // namespace sluice::source
