// Secrets of a GitRepository → how to reach its remote (source.md §6.1, §7.7).
#pragma once

#include <string>
#include <string_view>

#include "api/source.h"
#include "base/status.h"
#include "cloud_access.h"
#include "document/value.h"
#include "git/remote.h"
#include "git_provider.h"
#include "http/client.h"
#include "kube/client.h"
#include "observe/context.h"
#include "source_status.h"

namespace sluice::source {

class GitAuth {
 public:
  // `kex` and `hostkeys`: SSH algorithms, comma separated; "" = the defaults. The rest outlives
  // this.
  GitAuth(kube::Client& client, http::Client& http, CloudAccess& cloud, base::Clock& clock,
          std::string kex = "", std::string hostkeys = "")
      : client_(client),
        cloud_(cloud),
        provider_(http, cloud.identities(), clock),
        ssh_kex_(std::move(kex)),
        ssh_hostkeys_(std::move(hostkeys)) {}

  // Reads the Secrets the spec names and fills `auth`. A failure is FetchFailed in `status`.
  StepResult Resolve(const observe::Context& ctx, const std::string& ns,
                     const api::GitRepositorySpec& spec, SourceStatus& status,
                     git::RemoteAuth& auth);
  // The server refused credentials that a provider gave.
  void Refused(const git::RemoteAuth& auth) { provider_.Refused(auth); }

 private:
  StepResult Proxy(const observe::Context& ctx, const std::string& ns, const std::string& name,
                   SourceStatus& status, git::RemoteAuth& auth);
  base::Status FromCloud(const observe::Context& ctx, const std::string& ns,
                         const api::GitRepositorySpec& spec, const http::Url& url,
                         const cloud::Involved& of, git::RemoteAuth& auth);
  StepResult Provide(const observe::Context& ctx, const std::string& ns,
                     const api::GitRepositorySpec& spec, const http::Url& url,
                     const document::Value* secret, SourceStatus& status, git::RemoteAuth& auth);
  kube::Client& client_;
  CloudAccess& cloud_;
  GitProvider provider_;
  const std::string ssh_kex_, ssh_hostkeys_;
};

// The pure halves, for tests. Errors are the messages' tails. A null Secret: there is none, and the
// URL's user and password count alone.
base::Status FillCredentials(const document::Value& secret, const http::Url& url,
                             git::RemoteAuth& auth);
base::Status FillProxyFromSecret(const document::Value& secret, git::RemoteAuth& auth);

}  // namespace sluice::source
