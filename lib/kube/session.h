// Session: one API server as one identity's process knows it: connection, credentials, discovery.
// Shared by a Client and the impersonating Clients made from it. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "api_error.h"
#include "credentials.h"
#include "http/client.h"
#include "kube/client.h"
#include "kube/config.h"

namespace sluice::kube {

// One request as the session sends it.
struct Call {
  std::string method = "GET";
  std::string path;  // with query
  std::string content_type;
  std::string accept = "application/json";
  std::shared_ptr<const std::string> body;
  bool repeatable = false;  // may be sent again when it is unknown whether the first one arrived
  std::string impersonate_user;
  std::vector<std::string> impersonate_groups;
};

// What came of it: `status` is ok for 2xx, else as client.h says.
struct Answer {
  base::Status status;
  std::string reason;
  std::string body;  // of a 2xx
};

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(http::Client& http, Config config, std::shared_ptr<ClientMetrics> metrics);

  // Sends and retries as client.h says; `done` runs once, on the I/O thread.
  void Send(const observe::Context& ctx, Call call, std::function<void(Answer)> done);
  // The same, waited for. Not on the I/O thread.
  Answer SendAndWait(const observe::Context& ctx, Call call);
  std::shared_ptr<http::Call> Stream(const observe::Context& ctx, const Call& call,
                                     http::Callbacks callbacks);

  http::Client& http() { return http_; }
  const Config& config() const { return config_; }
  const std::string& server() const { return config_.server; }
  void Count(int code, const std::string& method) const;

  // Fails when credentials cannot be had (a plugin that does not run).
  base::Result<http::Request> MakeRequest(const Call& call);
  void Unauthorized() { credentials_.Invalidate(); }

 private:
  http::Client& http_;
  const Config config_;
  CredentialSource credentials_;
  std::shared_ptr<ClientMetrics> metrics_;
  std::string host_;  // for metrics
};

}  // namespace sluice::kube
