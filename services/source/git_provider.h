// Credentials of spec.provider: a GitHub App's installation token, Azure DevOps by an Entra ID token, AWS CodeCommit by a signature (source.md §6.2,
// §6.3). Tokens are kept until four fifths of their life are over, an hour at most. Thread-safe.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "api/source.h"
#include "base/clock.h"
#include "base/secret.h"
#include "base/status.h"
#include "document/value.h"
#include "git/remote.h"
#include "http/client.h"
#include "observe/context.h"
#include "observe/mutex.h"

namespace sluice::source {

// What the process's environment says of its own cloud identity; main fills it in.
struct CloudEnvironment {
  std::string aws_access_key_id{}, aws_session_token{}, aws_role_arn{}, aws_web_identity_token_file{}, aws_sts_endpoint{};
  base::SecretString aws_secret_access_key{};
  std::string azure_client_id{}, azure_tenant_id{}, azure_federated_token_file{}, azure_authority_host{}, azure_metadata_url{};
};

struct GithubApp {
  std::string app_id, owner, installation_id, base_url;
  base::SecretString private_key;
  // Messages as Flux's: "app ID must be provided to use github app authentication" …
  static base::Result<GithubApp> From(const document::Value& secret);
};
// RS256, valid from 30 seconds ago for two minutes. "could not parse private key: …"
base::Result<std::string> GithubAppJwt(const GithubApp& app, base::Time now);

// "us-east-1" of a CodeCommit URL: `invalid AWS CodeCommit Git URL: <host>`.
base::Result<std::string> CodeCommitRegion(const http::Url& url);
// "<yyyymmddThhmmss>Z<hex>": the signature of a GIT request.
std::string CodeCommitPassword(std::string_view secret_key, const http::Url& url, std::string_view region, base::Time now);

class GitProvider {
 public:
  GitProvider(http::Client& client, CloudEnvironment env, base::Clock& clock) : client_(client), env_(std::move(env)), clock_(clock) {}

  // Each fills user and password, or the bearer token. TLS material and proxy of `auth` are used for the calls, too.
  base::Status Github(const observe::Context& ctx, const document::Value& secret, git::RemoteAuth& auth);
  base::Status Azure(const observe::Context& ctx, git::RemoteAuth& auth);
  base::Status Aws(const observe::Context& ctx, const http::Url& url, git::RemoteAuth& auth);
  // The server refused these credentials: the next call gets others.
  void Refused(const git::RemoteAuth& auth);

 private:
  struct Token {
    base::SecretString value;
    std::string username;  // where it is not the kind's own
    base::SecretString extra;
    base::Time until;
  };
  using Fetch = std::function<base::Result<Token>()>;
  base::Result<Token> Cached(const std::string& key, const Fetch& fetch);
  base::Result<document::Value> Call(const observe::Context& ctx, http::Request request, const git::RemoteAuth* auth, std::string_view what);
  base::Result<std::string> InstallationOf(const observe::Context& ctx, const GithubApp& app, const std::string& jwt, const git::RemoteAuth& auth);
  base::Result<Token> AwsCredentials(const observe::Context& ctx, const std::string& region);

  http::Client& client_;
  const CloudEnvironment env_;
  base::Clock& clock_;
  observe::Mutex mu_;
  std::map<std::string, Token> tokens_ SLUICE_GUARDED_BY(mu_);
};

}  // namespace sluice::source
