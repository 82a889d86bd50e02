// The process's own HTTP endpoints: /metrics, and /healthz, /readyz with a "ping" check and named
// ones (?verbose lists them).
#pragma once

#include <functional>
#include <map>
#include <string>

#include "base/status.h"
#include "http/server.h"
#include "observe/metrics.h"
#include "observe/mutex.h"

namespace sluice::runtime {

// Named checks of one endpoint. Thread-safe.
class HealthChecks {
 public:
  using Check = std::function<base::Status()>;
  HealthChecks() {
    Add("ping", [] { return base::Status(); });
  }
  void Add(std::string name, Check check);
  // All of them, or the one named.
  http::ServerResponse Answer(const std::string& endpoint, const std::string& name,
                              bool verbose) const;

 private:
  mutable observe::Mutex mu_;
  std::map<std::string, Check> checks_ SLUICE_GUARDED_BY(mu_);
};

// `checks` outlives the server.
void ServeChecks(http::Server& server, const std::string& endpoint, const HealthChecks& checks);
void ServeMetrics(http::Server& server, observe::Registry& registry);

}  // namespace sluice::runtime
