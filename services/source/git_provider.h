// Credentials of spec.provider: a GitHub App's installation token, Azure DevOps by an Entra ID
// token, AWS CodeCommit by a signature (source.md §6.2, §6.3). What they are given is kept as
// cloud::TokenCache says. Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "api/source.h"
#include "base/clock.h"
#include "base/secret.h"
#include "base/status.h"
#include "cloud/identity.h"
#include "document/value.h"
#include "git/remote.h"
#include "http/client.h"
#include "observe/context.h"

namespace sluice::source {

struct GithubApp {
  std::string app_id, owner, installation_id, base_url;
  base::SecretString private_key;
  // Whether the keys of an app are there. kNotFound: it is none; kInvalidArgument: "secret '…' must
  // contain exactly one of …".
  static base::Status Check(const document::Value& secret);
  // REQUIRES: Check. Messages as Flux's: "app ID must be provided to use github app authentication"
  static base::Result<GithubApp> From(const document::Value& secret);
};
// RS256, valid from 30 seconds ago for two minutes. "could not parse private key: …"
base::Result<std::string> GithubAppJwt(const GithubApp& app, base::Time now);

// "us-east-1" of a CodeCommit URL: `invalid AWS CodeCommit Git URL: <host>`.
base::Result<std::string> CodeCommitRegion(const http::Url& url);
// "<yyyymmddThhmmss>Z<hex>": the signature of a GIT request.
std::string CodeCommitPassword(std::string_view secret_key, const http::Url& url,
                               std::string_view region, base::Time now);

class GitProvider {
 public:
  // All outlive this.
  GitProvider(http::Client& client, cloud::Identities& identities, base::Clock& clock)
      : client_(client), identities_(identities), clock_(clock) {}

  // Each fills user and password, or the bearer token. TLS material and proxy of `auth` are used
  // for GitHub's calls, its proxy for the clouds', too. `account`: whose identity in the cloud;
  // null: the process's own.
  using AccountPtr = std::shared_ptr<const cloud::ServiceAccount>;
  base::Status Github(const observe::Context& ctx, const document::Value& secret,
                      git::RemoteAuth& auth, const cloud::Involved& of = {});
  base::Status Azure(const observe::Context& ctx, const AccountPtr& account, git::RemoteAuth& auth,
                     const cloud::Involved& of = {});
  base::Status Aws(const observe::Context& ctx, const http::Url& url, const AccountPtr& account,
                   git::RemoteAuth& auth, const cloud::Involved& of = {});
  // The server refused these credentials: the next call gets others.
  void Refused(const git::RemoteAuth& auth);

 private:
  base::Result<document::Value> Call(const observe::Context& ctx, http::Request request,
                                     const git::RemoteAuth& auth);
  base::Result<std::string> InstallationOf(const observe::Context& ctx, const GithubApp& app,
                                           const std::string& jwt, const git::RemoteAuth& auth);

  http::Client& client_;
  cloud::Identities& identities_;
  base::Clock& clock_;
};

}  // namespace sluice::source
