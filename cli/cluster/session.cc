#include "cluster/session.h"

#include "kube/config.h"

namespace sluice::cli {

base::Result<std::unique_ptr<Session>> Session::Open(const GlobalFlags& flags, const Surroundings& surroundings) {
  kube::LoadOptions load;
  load.kubeconfig = flags.kubeconfig;
  load.kubeconfig_env = surroundings.kubeconfig_env;
  load.home = surroundings.home;
  load.context = flags.context;
  load.service_host = surroundings.service_host;
  load.service_port = surroundings.service_port;
  load.user_agent = std::string("sluice/") + SLUICE_VERSION;
  SLUICE_TRY(auto config, kube::LoadConfig(load));

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
