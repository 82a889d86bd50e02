// CredentialSource: what proves who we are, fresh enough for the next request: a fixed token or
// password, a token file that is rotated under us, or an exec plugin's answer until it expires.
// Thread-safe; Get may read a small file, and runs a plugin when its answer has expired.
#pragma once

#include <memory>

#include "base/status.h"
#include "http/client.h"
#include "kube/config.h"
#include "observe/context.h"
#include "observe/mutex.h"

namespace sluice::kube {

class CredentialSource {
 public:
  explicit CredentialSource(const Config& config) : config_(config) {}

  base::Result<std::shared_ptr<const http::Credentials>> Get();
  // The server refused what Get gave: the next Get reads again.
  void Invalidate();

 private:
  using Clock = observe::Context::Clock;
  base::Status Refresh() SLUICE_REQUIRES(mu_);

  const Config& config_;  // the session's
  observe::Mutex mu_;
  std::shared_ptr<const http::Credentials> current_ SLUICE_GUARDED_BY(mu_);
  Clock::time_point valid_until_ SLUICE_GUARDED_BY(mu_){};
};

// Runs the plugin (no shell), at most 60 s, and reads its ExecCredential.
struct PluginCredential {
  base::SecretString token;
  std::string expires;  // RFC 3339, "" = never
};
base::Result<PluginCredential> RunExecPlugin(const Config& config);

}  // namespace sluice::kube
