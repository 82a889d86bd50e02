// A kubeconfig's text as a Config. What a tenant's Secret may not reach for (programs, files,
// unverified TLS) is left out here, by the policy, before anything could use it.
#include "kubeconfig.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/encoding.h"
#include "base/strings.h"
#include "document/yaml.h"
#include "kube/config.h"

namespace sluice::kube {
namespace {

using document::Value;

constexpr size_t kMaxFile = 4u << 20;

std::string Absolute(const std::string& base_dir, std::string_view path) {
  if (path.empty() || path.front() == '/' || base_dir.empty()) return std::string(path);
  return base::Cat(base_dir, "/", path);
}

// "<key>-data" in base64, else the file "<key>" where files are allowed; "" if neither.
base::Result<std::string> DataOrFile(const Value& entry, const std::string& key,
                                     const KubeconfigPolicy& policy) {
  if (const auto data = entry[key + "-data"].AsString(); !data.empty()) {
    return base::Base64Decode(data).Wrap("invalid " + key + "-data");
  }
  const auto path = entry[key].AsString();
  if (path.empty() || !policy.allow_files) return std::string();
  return ReadSmallFile(Absolute(policy.base_dir, path)).Wrap("unable to read " + key);
}

base::Status ReadCluster(const Value& cluster, const KubeconfigPolicy& policy, Config& config) {
  config.server = cluster["server"].AsString();
  if (config.server.empty())
    return base::InvalidArgument("invalid configuration: cluster has no server defined");
  auto tls = std::make_shared<http::TlsOptions>();
  SLUICE_TRY(tls->ca_pem, DataOrFile(cluster, "certificate-authority", policy));
  tls->system_roots = tls->ca_pem.empty();
  tls->insecure_skip_verify = policy.allow_insecure && cluster["insecure-skip-tls-verify"].AsBool();
  if (tls->insecure_skip_verify && !tls->ca_pem.empty()) {
    return base::InvalidArgument(
        "specifying a root certificates file with the insecure flag is not allowed");
  }
  tls->server_name = cluster["tls-server-name"].AsString();
  config.tls = std::move(tls);
  if (const auto proxy = cluster["proxy-url"].AsString(); !proxy.empty()) {
    auto options = std::make_shared<http::ProxyOptions>();
    options->url = proxy;
    config.proxy = std::move(options);
  }
  return {};
}

void ReadExec(const Value& exec, Config& config) {
  config.exec.command = exec["command"].AsString();
  config.exec.api_version = exec["apiVersion"].AsString();
  config.exec.install_hint = exec["installHint"].AsString();
  config.exec.provide_cluster_info = exec["provideClusterInfo"].AsBool();
  for (const auto& arg : exec["args"].items()) config.exec.args.emplace_back(arg.AsString());
  for (const auto& e : exec["env"].items()) {
    config.exec.env.emplace_back(e["name"].AsString(), e["value"].AsString());
  }
}

base::Status ReadUser(const Value& user, const KubeconfigPolicy& policy, Config& config) {
  auto tls = std::make_shared<http::TlsOptions>(*config.tls);
  SLUICE_TRY(tls->client_cert_pem, DataOrFile(user, "client-certificate", policy));
  SLUICE_TRY(std::string key, DataOrFile(user, "client-key", policy));
  tls->client_key_pem = base::SecretString(std::move(key));
  config.tls = std::move(tls);
  config.token = base::SecretString(user["token"].AsString());
  if (const auto file = user["tokenFile"].AsString(); !file.empty() && policy.allow_files) {
    config.token_file = Absolute(policy.base_dir, file);
  }
  config.username = user["username"].AsString();
  config.password = base::SecretString(user["password"].AsString());
  config.impersonate_user = user["as"].AsString();
  for (const auto& group : user["as-groups"].items())
    config.impersonate_groups.emplace_back(group.AsString());
  if (user["exec"].is_object() && policy.allow_exec) ReadExec(user["exec"], config);
  return {};
}

}  // namespace

base::Result<std::string> ReadSmallFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return base::NotFound(base::Cat("open ", path, ": no such file or directory"));
  std::string text;
  char buffer[8192];
  while (in.read(buffer, sizeof buffer) || in.gcount() > 0) {
    text.append(buffer, static_cast<size_t>(in.gcount()));
    if (text.size() > kMaxFile)
      return base::ResourceExhausted(base::Cat("read ", path, ": file is too large"));
  }
  return text;
}

const Value& NamedEntry(const Value& config, std::string_view list, std::string_view name,
                        std::string_view member) {
  for (const auto& entry : config[list].items()) {
    if (entry["name"].AsString() == name) return entry[member];
  }
  return Value::Null();
}

base::Result<Config> ConfigFromValue(const Value& root, const KubeconfigPolicy& policy) {
  const std::string context_name(policy.context.empty() ? root["current-context"].AsString()
                                                        : policy.context);
  const Value& context = NamedEntry(root, "contexts", context_name, "context");
  if (!context.is_object()) {
    if (context_name.empty()) return base::FailedPrecondition(std::string(kNoConfiguration));
    return base::InvalidArgument(
        base::Cat("context ", base::QuoteGo(context_name.substr(0, 256)), " does not exist"));
  }
  Config config;
  config.context_name = context_name;
  config.ns = context["namespace"].AsString("default");
  const auto cluster_name = context["cluster"].AsString();
  const Value& cluster = NamedEntry(root, "clusters", cluster_name, "cluster");
  if (!cluster.is_object()) {
    return base::InvalidArgument(
        base::Cat("cluster ", base::QuoteGo(cluster_name.substr(0, 256)), " does not exist"));
  }
  SLUICE_TRY(ReadCluster(cluster, policy, config));
  const Value& user = NamedEntry(root, "users", context["user"].AsString(), "user");
  SLUICE_TRY(ReadUser(user, policy, config));
  return config;
}

base::Result<Config> ParseKubeconfig(std::string_view text, const KubeconfigPolicy& policy) {
  if (text.size() > kMaxFile) return base::ResourceExhausted("kubeconfig is too large");
  auto root = document::ParseYamlToValue(text);
  if (!root.ok()) return std::move(root).status().Wrap("error loading config");
  return ConfigFromValue(*root, policy);
}

}  // namespace sluice::kube
