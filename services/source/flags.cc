#include "flags.h"

#include <algorithm>

#include "base/strings.h"
#include "bucket_fetch.h"

namespace sluice::source {

void SourceFlags::AddTo(runtime::Flags& flags, const runtime::Environment& env) {
  cloud_environment =
      cloud::CloudEnvironment::From([&env](const std::string& name) { return env.Get(name); });
  proxy_environment = {env.Get("HTTP_PROXY", env.Get("http_proxy")),
                       env.Get("HTTPS_PROXY", env.Get("https_proxy")),
                       env.Get("NO_PROXY", env.Get("no_proxy"))};
  storage_path = env.Get("STORAGE_PATH", storage_path);
  storage_addr = env.Get("STORAGE_ADDRESS", storage_addr);
  storage_adv_addr = env.Get("STORAGE_ADV_ADDR", storage_adv_addr);
  flags.Add("storage-path", storage_path, "The local storage path.");
  flags.Add("storage-addr", storage_addr, "The address the static file server binds to.");
  flags.Add("storage-adv-addr", storage_adv_addr,
            "The advertised address of the static file server.");
  flags.Add("artifact-retention-ttl", artifact_retention_ttl,
            "The age after which an artifact that is not current is collected.");
  flags.Add("artifact-retention-records", artifact_retention_records,
            "The number of artifacts kept for an object.");
  flags.Add("artifact-digest-algo", artifact_digest_algo, "The algorithm of artifact digests.");
  flags.Add("helm-index-max-size", helm_index_max_size,
            "The largest Helm repository index, in bytes.");
  flags.Add("helm-chart-max-size", helm_chart_max_size, "The largest Helm chart, in bytes.");
  flags.Add("helm-chart-file-max-size", helm_chart_file_max_size,
            "The largest file in a Helm chart, in bytes.");
  flags.Add("helm-cache-max-size", helm_cache_max_size,
            "Accepted; Helm indexes are looked up in files.");
  flags.Add("helm-cache-ttl", helm_cache_ttl, "Accepted; Helm indexes are looked up in files.");
  flags.Add("helm-cache-purge-interval", helm_cache_purge_interval,
            "Accepted; Helm indexes are looked up in files.");
  flags.Add("ssh-kex-algos", ssh_kex_algos, "The SSH key exchange algorithms to offer.");
  flags.Add("ssh-hostkey-algos", ssh_hostkey_algos, "The SSH host key algorithms to accept.");
  flags.Add("source-watcher", source_watcher,
            "ArtifactGenerators: on, off, or only (nothing else, as Flux's source-watcher).");
  flags.Add(
      "http-retry", http_retry,
      "Accepted; an artifact that could not be fetched is tried again with its ArtifactGenerator.");
  flags.Add("reconciliation-timeout", reconciliation_timeout,
            "The longest time an ArtifactGenerator's build may take.");
  source_localhost = env.Get("SOURCE_CONTROLLER_LOCALHOST");
  flags.Add("sigstore-trusted-root", sigstore_trusted_root,
            "The trusted_root.json for keyless signatures of objects that name none.");
}

GitOptions SourceFlags::Git() const {
  GitOptions out;
  for (const auto& [list, text] : {std::pair(&ssh_kex_algos, &out.ssh_kex_algorithms),
                                   {&ssh_hostkey_algos, &out.ssh_hostkey_algorithms}}) {
    for (const std::string& name : *list) *text += (text->empty() ? "" : ",") + name;
  }
  return out;
}

base::Status SourceFlags::Check(const runtime::CommonFlags& common) {
  if (source_watcher == "only") return base::OkStatus();  // source-watcher has gates of its own
  if (source_watcher != "on" && source_watcher != "off")
    return base::InvalidArgument("--source-watcher must be one of: on, off, only");
  SLUICE_TRY(gates.Set(common.feature_gates));
  if (common.default_service_account.empty() || gates.Enabled(kAccountGate))
    return base::OkStatus();
  return base::InvalidArgument(
      base::Cat("--default-service-account needs the feature gate ", kAccountGate));
}

CloudOptions SourceFlags::Cloud(const runtime::CommonFlags& common,
                                observe::Registry& metrics) const {
  CloudOptions out;
  out.environment = cloud_environment;
  out.cache.max_size = static_cast<size_t>(std::max(common.token_cache_max_size, 0));
  out.cache.max_duration = common.token_cache_max_duration;
  out.cache.metrics = &metrics;
  out.object_level = gates.Enabled(kAccountGate);
  out.default_account = common.default_service_account;
  return out;
}

http::ClientOptions SourceFlags::BucketClient() const {
  http::ClientOptions out;
  out.user_agent = "source-controller/sluice";
  out.proxy = proxy_environment;
  out.max_connections_per_host = kMaxParallelFetches;
  return out;
}

// As with Flux nothing is said of a limit that is none.
HelmUpstream::Limits SourceFlags::Helm() const {
  const auto bytes = [](int64_t flag) { return static_cast<uint64_t>(std::max<int64_t>(flag, 0)); };
  return {bytes(helm_index_max_size),
          {bytes(helm_chart_max_size), bytes(helm_chart_file_max_size)}};
}

base::Result<artifact::StoreOptions> SourceFlags::Store(const std::string& hostname) const {
  artifact::StoreOptions options;
  options.root = storage_path;
  options.advertised = storage_adv_addr.empty()
                           ? artifact::DefaultAdvertisedAddress(storage_addr, hostname)
                           : storage_adv_addr;
  options.retention_ttl = artifact_retention_ttl;
  if (artifact_retention_records < 1)
    return base::InvalidArgument("artifact-retention-records must be at least 1");
  options.retention_records = static_cast<size_t>(artifact_retention_records);
  SLUICE_TRY(options.digest_algorithm, base::ParseDigestAlgorithm(artifact_digest_algo));
  return options;
}

}  // namespace sluice::source
