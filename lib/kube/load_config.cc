#include <filesystem>
#include <set>

#include "base/strings.h"
#include "document/yaml.h"
#include "kube/config.h"
#include "kubeconfig.h"

namespace sluice::kube {
namespace {

using document::Value;

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == path.npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

// Paths in a file are relative to that file: made absolute before files are merged.
void AnchorPaths(Value& root, const std::string& dir) {
  const auto anchor = [&](std::string_view list, std::string_view member,
                          std::initializer_list<std::string_view> keys) {
    Value* entries = root.Find(list);
    if (entries == nullptr || !entries->is_array()) return;
    for (auto& entry : entries->mutable_items()) {
      Value* inner = entry.Find(member);
      if (inner == nullptr || !inner->is_object()) continue;
      for (const auto key : keys) {
        const std::string path((*inner)[key].AsString());
        if (!path.empty() && path.front() != '/') inner->Set(key, base::Cat(dir, "/", path));
      }
    }
  };
  anchor("clusters", "cluster", {"certificate-authority"});
  anchor("users", "user", {"client-certificate", "client-key", "tokenFile"});
}

// The first file to name a thing wins, as kubectl merges.
void MergeInto(Value& merged, Value&& from) {
  if (merged["current-context"].AsString().empty() && !from["current-context"].AsString().empty()) {
    merged.Set("current-context", from["current-context"]);
  }
  for (const char* list : {"clusters", "users", "contexts"}) {
    std::set<std::string, std::less<>> names;
    for (const auto& entry : merged[list].items()) names.emplace(entry["name"].AsString());
    for (const auto& entry : from[list].items()) {
      if (names.emplace(entry["name"].AsString()).second) merged.Mutable(list).Append(entry);
    }
  }
}

base::Result<Value> ReadFile(const std::string& path) {
  SLUICE_TRY(const std::string text, ReadSmallFile(path));
  auto root = document::ParseYamlToValue(text);
  if (!root.ok())
    return std::move(root).status().Wrap(
        base::Cat("error loading config file ", base::QuoteGo(path)));
  AnchorPaths(*root, DirectoryOf(path));
  return root;
}

base::Result<Config> FromFiles(const std::vector<std::string>& paths, bool must_exist,
                               const LoadOptions& options) {
  Value merged = Value::Object();
  for (const auto& path : paths) {
    auto root = ReadFile(path);
    if (!root.ok()) {
      // as client-go
      if (!must_exist && root.status().code() == base::StatusCode::kNotFound) continue;
      return std::move(root).status();
    }
    MergeInto(merged, *std::move(root));
  }
  KubeconfigPolicy policy;
  policy.allow_files = policy.allow_insecure = true;
  policy.allow_exec = options.allow_exec;
  policy.context = options.context;
  return ConfigFromValue(merged, policy);
}

base::Result<Config> InCluster(const LoadOptions& options) {
  Config config;
  const bool v6 = options.service_host.find(':') != std::string::npos;
  config.server = base::Cat("https://", v6 ? "[" : "", options.service_host, v6 ? "]" : "", ":",
                            options.service_port);
  config.token_file = options.service_account_dir + "/token";
  auto token = ReadSmallFile(config.token_file);
  if (!token.ok()) return std::move(token).status();
  config.token = base::SecretString(base::TrimSpace(*token));
  base::ZeroAndClear(*token);
  auto tls = std::make_shared<http::TlsOptions>();
  if (auto ca = ReadSmallFile(options.service_account_dir + "/ca.crt"); ca.ok()) {
    tls->ca_pem = *std::move(ca);
    tls->system_roots = false;
  }
  config.tls = std::move(tls);
  const auto ns = ReadSmallFile(options.service_account_dir + "/namespace");
  config.ns = ns.ok() ? std::string(base::TrimSpace(*ns)) : "default";
  return config;
}

base::Result<Config> Load(const LoadOptions& options) {
  if (!options.kubeconfig.empty()) return FromFiles({options.kubeconfig}, true, options);
  if (!options.kubeconfig_env.empty()) {
    std::vector<std::string> paths;
    for (const auto path : base::Split(options.kubeconfig_env, ":")) {
      if (!path.empty()) paths.emplace_back(path);
    }
    return FromFiles(paths, false, options);
  }
  if (!options.service_host.empty() && !options.service_port.empty()) return InCluster(options);
  if (!options.home.empty()) return FromFiles({options.home + "/.kube/config"}, false, options);
  return base::FailedPrecondition(std::string(kNoConfiguration));
}

}  // namespace

base::Result<Config> LoadConfig(const LoadOptions& options) {
  SLUICE_TRY(Config config, Load(options));
  config.user_agent = options.user_agent;
  return config;
}

}  // namespace sluice::kube
