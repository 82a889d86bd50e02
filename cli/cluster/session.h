// Session: a connection to the cluster for one command, from the flags that every command takes.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "http/client.h"
#include "kube/client.h"
#include "observe/context.h"

namespace sluice::cli {

// helm's --kube-*: each that is set stands before what the kubeconfig says, and a server is enough
// without one.
struct ConnectionFlags {
  std::string server, token, as_user, ca_file, tls_server_name;
  std::vector<std::string> as_groups;
  bool insecure = false;
};
struct GlobalFlags {
  std::string kubeconfig, context;
  ConnectionFlags connection;
  std::string ns = "flux-system";
  std::chrono::nanoseconds timeout = std::chrono::minutes(5);
};
// What main reads from the environment.
struct Surroundings {
  std::string kubeconfig_env, home, service_host, service_port;
  http::ProxyEnvironment proxy;
};

class Session {
 public:
  static base::Result<std::unique_ptr<Session>> Open(const GlobalFlags& flags,
                                                     const Surroundings& surroundings);

  kube::Client& client() { return *client_; }
  const observe::Context& context() const { return context_; }  // ends at --timeout

 private:
  Session() = default;
  observe::Context context_;
  std::unique_ptr<http::Client> http_;
  std::unique_ptr<kube::Client> client_;
};

}  // namespace sluice::cli
