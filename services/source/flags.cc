#include "flags.h"

namespace sluice::source {
namespace {

// The variables that the clouds' own admission controllers set.
cloud::CloudEnvironment CloudOf(const runtime::Environment& env) {
  cloud::CloudEnvironment out;
  out.aws_access_key_id = env.Get("AWS_ACCESS_KEY_ID");
  out.aws_secret_access_key = base::SecretString(env.Get("AWS_SECRET_ACCESS_KEY"));
  out.aws_session_token = base::SecretString(env.Get("AWS_SESSION_TOKEN"));
  out.aws_role_arn = env.Get("AWS_ROLE_ARN");
  out.aws_role_session_name = env.Get("AWS_ROLE_SESSION_NAME");
  out.aws_web_identity_token_file = env.Get("AWS_WEB_IDENTITY_TOKEN_FILE");
  out.aws_container_credentials_uri = env.Get("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  out.aws_container_token_file = env.Get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
  out.azure_client_id = env.Get("AZURE_CLIENT_ID");
  out.azure_tenant_id = env.Get("AZURE_TENANT_ID");
  out.azure_federated_token_file = env.Get("AZURE_FEDERATED_TOKEN_FILE");
  out.azure_authority_host = env.Get("AZURE_AUTHORITY_HOST");
  out.azure_client_secret = base::SecretString(env.Get("AZURE_CLIENT_SECRET"));
  return out;
}

}  // namespace

void SourceFlags::AddTo(runtime::Flags& flags, const runtime::Environment& env) {
  registry_cloud = CloudOf(env);
  storage_path = env.Get("STORAGE_PATH", storage_path);
  storage_addr = env.Get("STORAGE_ADDRESS", storage_addr);
  storage_adv_addr = env.Get("STORAGE_ADV_ADDR", storage_adv_addr);
  cloud = {.aws_access_key_id = env.Get("AWS_ACCESS_KEY_ID", ""),
           .aws_session_token = env.Get("AWS_SESSION_TOKEN", ""),
           .aws_role_arn = env.Get("AWS_ROLE_ARN", ""),
           .aws_web_identity_token_file = env.Get("AWS_WEB_IDENTITY_TOKEN_FILE", ""),
           .aws_sts_endpoint = env.Get("AWS_ENDPOINT_URL_STS", ""),
           .aws_secret_access_key = base::SecretString(env.Get("AWS_SECRET_ACCESS_KEY", "")),
           .azure_client_id = env.Get("AZURE_CLIENT_ID", ""),
           .azure_tenant_id = env.Get("AZURE_TENANT_ID", ""),
           .azure_federated_token_file = env.Get("AZURE_FEDERATED_TOKEN_FILE", ""),
           .azure_authority_host = env.Get("AZURE_AUTHORITY_HOST", "")};
  flags.Add("storage-path", storage_path, "The local storage path.");
  flags.Add("storage-addr", storage_addr, "The address the static file server binds to.");
  flags.Add("storage-adv-addr", storage_adv_addr, "The advertised address of the static file server.");
  flags.Add("artifact-retention-ttl", artifact_retention_ttl, "The age after which an artifact that is not current is collected.");
  flags.Add("artifact-retention-records", artifact_retention_records, "The number of artifacts kept for an object.");
  flags.Add("artifact-digest-algo", artifact_digest_algo, "The algorithm of artifact digests.");
  flags.Add("helm-index-max-size", helm_index_max_size, "The largest Helm repository index, in bytes.");
  flags.Add("helm-chart-max-size", helm_chart_max_size, "The largest Helm chart, in bytes.");
  flags.Add("helm-chart-file-max-size", helm_chart_file_max_size, "The largest file in a Helm chart, in bytes.");
  flags.Add("helm-cache-max-size", helm_cache_max_size, "The number of Helm indexes kept in memory; 0 keeps none.");
  flags.Add("helm-cache-ttl", helm_cache_ttl, "How long a Helm index is kept in memory.");
  flags.Add("helm-cache-purge-interval", helm_cache_purge_interval, "How often Helm indexes past their time are dropped.");
  flags.Add("ssh-kex-algos", ssh_kex_algos, "The SSH key exchange algorithms to offer.");
  flags.Add("ssh-hostkey-algos", ssh_hostkey_algos, "The SSH host key algorithms to accept.");
  flags.Add("source-watcher", source_watcher, "ArtifactGenerators: on, off, or only (nothing else, as Flux's source-watcher).");
  flags.Add("http-retry", http_retry, "Accepted; an artifact that could not be fetched is tried again with its ArtifactGenerator.");
  flags.Add("reconciliation-timeout", reconciliation_timeout, "The longest time an ArtifactGenerator's build may take.");
  source_localhost = env.Get("SOURCE_CONTROLLER_LOCALHOST");
  flags.Add("sigstore-trusted-root", sigstore_trusted_root, "The trusted_root.json for keyless signatures of objects that name none.");
}

base::Status SourceFlags::Check() const {
  if (source_watcher == "on" || source_watcher == "off" || source_watcher == "only") return base::OkStatus();
  return base::InvalidArgument("--source-watcher must be one of: on, off, only");
}

GitOptions SourceFlags::Git() const {
  GitOptions out;
  out.cloud = cloud;
  for (const auto& [list, text] : {std::pair(&ssh_kex_algos, &out.ssh_kex_algorithms), {&ssh_hostkey_algos, &out.ssh_hostkey_algorithms}}) {
    for (const std::string& name : *list) *text += (text->empty() ? "" : ",") + name;
  }
  return out;
}

base::Result<artifact::StoreOptions> SourceFlags::Store(const std::string& hostname) const {
  artifact::StoreOptions options;
  options.root = storage_path;
  options.advertised = storage_adv_addr.empty() ? artifact::DefaultAdvertisedAddress(storage_addr, hostname) : storage_adv_addr;
  options.retention_ttl = artifact_retention_ttl;
  if (artifact_retention_records < 1) return base::InvalidArgument("artifact-retention-records must be at least 1");
  options.retention_records = static_cast<size_t>(artifact_retention_records);
  SLUICE_TRY(options.digest_algorithm, base::ParseDigestAlgorithm(artifact_digest_algo));
  return options;
}

}  // namespace sluice::source
