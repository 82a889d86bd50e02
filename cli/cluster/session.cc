#include "cluster/session.h"

#include <fstream>
#include <sstream>

#include "base/strings.h"
#include "kube/config.h"

namespace sluice::cli {
namespace {

base::Status Override(const ConnectionFlags& flags, kube::Config& config) {
  if (!flags.server.empty()) config.server = flags.server;
  if (!flags.token.empty()) {
    config.token = base::SecretString(flags.token);
    config.token_file.clear();
    config.exec = {};
  }
  if (!flags.as_user.empty()) config.impersonate_user = flags.as_user;
  if (!flags.as_groups.empty()) config.impersonate_groups = flags.as_groups;
  auto tls = config.tls == nullptr ? std::make_shared<http::TlsOptions>()
                                   : std::make_shared<http::TlsOptions>(*config.tls);
  if (flags.insecure || !flags.ca_file.empty()) {
    tls->insecure_skip_verify = flags.insecure;
    tls->ca_pem.clear();
    tls->system_roots = true;
  }
  if (flags.insecure && !flags.ca_file.empty()) {
    return base::InvalidArgument(
        "specifying a root certificates file with the insecure flag is not allowed");
  }
  if (!flags.ca_file.empty()) {
    std::ifstream file(flags.ca_file, std::ios::binary);
    std::ostringstream pem;
    pem << file.rdbuf();
    if (!file || !pem)
      return base::InvalidArgument(base::Cat("unable to read certificate-authority ", flags.ca_file,
                                             ": no such file or directory"));
    tls->ca_pem = pem.str();
    tls->system_roots = false;
  }
  if (!flags.tls_server_name.empty() || !flags.server.empty())
    tls->server_name = flags.tls_server_name;
  config.tls = std::move(tls);
  return {};
}

}  // namespace

base::Result<std::unique_ptr<Session>> Session::Open(const GlobalFlags& flags,
                                                     const Surroundings& surroundings) {
  kube::LoadOptions load;
  load.kubeconfig = flags.kubeconfig;
  load.kubeconfig_env = surroundings.kubeconfig_env;
  load.home = surroundings.home;
  load.context = flags.context;
  load.service_host = surroundings.service_host;
  load.service_port = surroundings.service_port;
  load.user_agent = std::string("sluice/") + SLUICE_VERSION;
  auto loaded = kube::LoadConfig(load);
  const bool none = !loaded.ok() && loaded.status().code() == base::StatusCode::kFailedPrecondition;
  if (!loaded.ok() && (!none || flags.connection.server.empty())) return loaded.status();
  kube::Config config = loaded.ok() ? *std::move(loaded)
                                    : kube::Config{.ns = "default", .user_agent = load.user_agent};
  SLUICE_TRY(Override(flags.connection, config));

  std::unique_ptr<Session> session(new Session());
  session->context_ = observe::Context().WithTimeout(flags.timeout);
  http::ClientOptions options;
  options.user_agent = load.user_agent;
  options.proxy = surroundings.proxy;
  SLUICE_TRY(session->http_, http::Client::Create(options));
  SLUICE_TRY(session->client_, kube::MakeClient(*session->http_, std::move(config)));
  return session;
}

}  // namespace sluice::cli
