// Config: where an API server is and who we are to it, from a kubeconfig, from a pod's service
// account, or made by hand. A value; reading it does file I/O, so only LoadConfig and the client's
// token refresh block.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "base/status.h"
#include "http/client.h"

namespace sluice::kube {

// An exec credential plugin (client.authentication.k8s.io/v1, v1beta1). Never run unless
// LoadOptions allows it.
struct ExecPlugin {
  std::string command, api_version, install_hint;
  std::vector<std::string> args;
  std::vector<std::pair<std::string, std::string>> env;
  bool provide_cluster_info = false;
  bool enabled() const { return !command.empty(); }
};

struct Config {
  std::string server;  // "https://host:port/optional/path"
  std::shared_ptr<const http::TlsOptions> tls;
  // from proxy-url; null: the HTTP client's own rules
  std::shared_ptr<const http::ProxyOptions> proxy;
  base::SecretString token;
  // re-read each minute, as rotated tokens need; wins over `token` once read
  std::string token_file;
  std::string username;
  base::SecretString password;
  ExecPlugin exec;
  std::string impersonate_user;
  std::vector<std::string> impersonate_groups;
  std::string ns;  // the context's namespace, "default" if none
  std::string context_name, user_agent;
};

struct LoadOptions {
  std::string kubeconfig;  // --kubeconfig: this file and no other
  // the value of KUBECONFIG: files separated by ':', the first to name a thing wins
  std::string kubeconfig_env;
  std::string home;     // $HOME: ~/.kube/config is tried last, when not in a pod; "" = never
  std::string context;  // "" = current-context
  // KUBERNETES_SERVICE_HOST and _PORT: in a pod when both are set
  std::string service_host, service_port;
  std::string service_account_dir = "/var/run/secrets/kubernetes.io/serviceaccount";
  bool allow_exec = true;  // the operator's own file may name a plugin
  std::string user_agent = "sluice";
};
// --kubeconfig, else KUBECONFIG, else the pod's service account, else ~/.kube/config.
// kFailedPrecondition if there is none: "invalid configuration: no configuration has been provided,
// try setting KUBERNETES_MASTER environment variable".
base::Result<Config> LoadConfig(const LoadOptions& options);

// How much a kubeconfig's text may reach for. A file of the operator: all. A Secret of a tenant:
// data only (the defaults).
struct KubeconfigPolicy {
  // certificate-authority, client-certificate, client-key, tokenFile as paths
  bool allow_files = false;
  bool allow_exec = false;      // else `exec` is ignored
  bool allow_insecure = false;  // else insecure-skip-tls-verify is ignored
  std::string base_dir;         // relative paths start here
  std::string context;          // "" = current-context
};
// YAML or JSON.
base::Result<Config> ParseKubeconfig(std::string_view text, const KubeconfigPolicy& policy = {});

}  // namespace sluice::kube
