// The flags of sluice-source beside the common ones: names and defaults are Flux's (source.md
// §1.2).
#pragma once

#include <string>
#include <vector>

#include "artifact/store.h"
#include "base/duration.h"
#include "base/status.h"
#include "cloud_access.h"
#include "git_source_step.h"
#include "helm_upstream.h"
#include "runtime/environment.h"
#include "runtime/flags.h"

namespace sluice::source {

struct SourceFlags {
  std::string storage_path = "/data";
  std::string storage_addr = ":9090";
  std::string storage_adv_addr;
  base::Duration artifact_retention_ttl = std::chrono::minutes(1);
  int artifact_retention_records = 2;
  std::string artifact_digest_algo = "sha256";
  int64_t helm_index_max_size = 50 << 20, helm_chart_max_size = 10 << 20,
          helm_chart_file_max_size = 5 << 20;
  // Of Flux's index cache: taken, so that an installation's arguments keep working. Ours is always
  // there, and costs no memory.
  int helm_cache_max_size = 0;
  std::string helm_cache_ttl = "15m", helm_cache_purge_interval = "1m";
  std::vector<std::string> ssh_kex_algos, ssh_hostkey_algos;
  // ours: a file, for keyless signatures where the object names no root
  std::string sigstore_trusted_root;
  // ArtifactGenerators: "on" (in this process, once nobody else holds source-watcher's Lease),
  // "off", or "only" (nothing else: the process is source-watcher, as it is when the program is
  // called so).
  std::string source_watcher = "on";
  // of source-watcher; taken: what could not be fetched is tried again with the object
  int http_retry = 9;
  base::Duration reconciliation_timeout = std::chrono::minutes(10);  // of one ArtifactGenerator
  std::string source_localhost;  // SOURCE_CONTROLLER_LOCALHOST: replaces the host of artifact URLs

  cloud::CloudEnvironment cloud_environment;  // from the environment alone
  http::ProxyEnvironment proxy_environment;   // likewise
  static constexpr const char* kAccountGate = "ObjectLevelWorkloadIdentity";
  runtime::FeatureGates gates{{{"CacheSecretsAndConfigMaps", false}, {kAccountGate, false}}};

  // Storage flags are filled from STORAGE_PATH, STORAGE_ADDRESS and STORAGE_ADV_ADDR first.
  void AddTo(runtime::Flags& flags, const runtime::Environment& env);
  // After the parse: the gates, and what needs one.
  base::Status Check(const runtime::CommonFlags& common);
  GitOptions Git() const;
  // outlives what is made of it
  CloudOptions Cloud(const runtime::CommonFlags& common, observe::Registry& metrics) const;
  http::ClientOptions BucketClient() const;
  HelmUpstream::Limits Helm() const;
  // After the parse.
  base::Result<artifact::StoreOptions> Store(const std::string& hostname) const;
};

}  // namespace sluice::source
