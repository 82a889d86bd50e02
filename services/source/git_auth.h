// Secrets of a GitRepository → how to reach its remote (source.md §6.1, §7.7).
#pragma once

#include <string>
#include <string_view>

#include "api/source.h"
#include "base/status.h"
#include "document/value.h"
#include "git/remote.h"
#include "kube/client.h"
#include "observe/context.h"
#include "source_status.h"

namespace sluice::source {

class GitAuth {
 public:
  explicit GitAuth(kube::Client& client) : client_(client) {}  // outlives this

  // Reads the Secrets the spec names and fills `auth`. A failure is FetchFailed in `status`.
  StepResult Resolve(const observe::Context& ctx, const std::string& ns, const api::GitRepositorySpec& spec, SourceStatus& status,
                     git::RemoteAuth& auth);

 private:
  StepResult Proxy(const observe::Context& ctx, const std::string& ns, const std::string& name, SourceStatus& status,
                   git::RemoteAuth& auth);
  kube::Client& client_;
};

// The pure halves, for tests. Errors are the messages' tails.
base::Status FillFromSecret(const document::Value& secret, std::string_view url_scheme, git::RemoteAuth& auth);
base::Status FillProxyFromSecret(const document::Value& secret, git::RemoteAuth& auth);

}  // namespace sluice::source
