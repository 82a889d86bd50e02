#include "health.h"

#include "base/strings.h"

namespace sluice::runtime {

using http::ServerRequest;
using http::ServerResponse;

void HealthChecks::Add(std::string name, Check check) {
  const observe::MutexLock lock(mu_);
  checks_[std::move(name)] = std::move(check);
}

ServerResponse HealthChecks::Answer(const std::string& endpoint, const std::string& name,
                                    bool verbose) const {
  std::map<std::string, Check> checks;
  {
    const observe::MutexLock lock(mu_);
    checks = checks_;
  }
  if (!name.empty() && !checks.contains(name))
    return ServerResponse::Text(404, "404 page not found\n");
  std::string lines;
  bool failed = false;
  for (const auto& [check_name, check] : checks) {
    if (!name.empty() && check_name != name) continue;
    const base::Status status = check();
    failed = failed || !status.ok();
    lines += status.ok() ? base::Cat("[+]", check_name, " ok\n")
                         : base::Cat("[-]", check_name, " failed: reason withheld\n");
  }
  if (failed) return ServerResponse::Text(500, lines + endpoint + " check failed\n");
  return ServerResponse::Text(200, verbose ? lines + endpoint + " check passed\n" : "ok");
}

void ServeChecks(http::Server& server, const std::string& endpoint, const HealthChecks& checks) {
  const std::string path = "/" + endpoint;
  server.Handle("GET", path, [&checks, endpoint](const ServerRequest& request) {
    return checks.Answer(endpoint, "", request.Query("verbose").has_value());
  });
  server.HandlePrefix("GET", path + "/", [&checks, endpoint, path](const ServerRequest& request) {
    const std::string name = request.path.substr(path.size() + 1);
    return checks.Answer(endpoint, name, request.Query("verbose").has_value());
  });
}

void ServeMetrics(http::Server& server, observe::Registry& registry) {
  server.Handle("GET", "/metrics", [&registry](const ServerRequest&) {
    ServerResponse response = ServerResponse::Text(200, registry.Expose());
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    return response;
  });
}

}  // namespace sluice::runtime
