// Secrets that sources name, read live in the object's own namespace, and their common parts
// (source.md §6.1). Messages are Flux's.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "base/status.h"
#include "document/value.h"
#include "http/client.h"
#include "kube/client.h"
#include "observe/context.h"

namespace sluice::source {

// `failed to get secret '<ns>/<name>': …` wraps what the API said.
base::Result<document::Value> ReadSecret(const observe::Context& ctx, kube::Client& client,
                                         const std::string& ns, const std::string& name);
// The same where it is only said that it is absent: `secret 'ns/name' not found`.
base::Result<document::Value> ReadNamedSecret(const observe::Context& ctx, kube::Client& client,
                                              const std::string& ns, const std::string& name);

// View of a Secret's data. The Secret outlives it.
class SecretView {
 public:
  explicit SecretView(const document::Value& secret) : secret_(secret) {}

  std::string Name() const;  // "'ns/name'", as messages quote it
  bool Has(std::string_view key) const;
  // nullopt if absent; kInvalidArgument if not base64.
  base::Result<std::optional<std::string>> Entry(std::string_view key) const;
  // `secret 'ns/name': key '<key>' not found`
  base::Result<std::string> Require(std::string_view key) const;
  // Every key with its bytes, sorted by key.
  base::Result<std::map<std::string, std::string>> All() const;

 private:
  const document::Value& secret_;
};

// tls.crt + tls.key and/or ca.crt (also certFile, keyFile, caFile; new names win), said to be wrong
// before it is used: "failed to parse TLS certificate and key: …", "failed to parse CA
// certificate". kFailedPrecondition: half a key pair or nothing at all ("secret '…' must contain
// either 'ca.crt' or both 'tls.crt' and 'tls.key'").
base::Result<std::shared_ptr<const http::TlsOptions>> TlsFromSecret(const document::Value& secret);

// username and password; both absent: empty. "secret '…': malformed basic auth - has 'username' but
// missing 'password'" (and reverse).
struct BasicAuth {
  std::string username;
  base::SecretString password;
};
base::Result<std::optional<BasicAuth>> BasicAuthFromSecret(const document::Value& secret);

// proxySecretRef: address, username, password.
base::Result<http::ProxyOptions> ProxyFromSecret(const document::Value& secret);

}  // namespace sluice::source
