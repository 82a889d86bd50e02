// The flags of sluice-kustomize: the common ones and its own, with Flux's names and defaults.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "runtime/environment.h"
#include "runtime/flags.h"

namespace sluice::kustomization {

struct KustomizeFlags {
  runtime::CommonFlags common;
  int concurrent_ssa = 4;
  int http_retry = 9;
  bool no_remote_bases = false;
  std::string custom_apply_stage_kinds;
  std::vector<std::string> override_managers;
  // Accepted so that an installation's arguments stay valid; what they govern is not served yet.
  std::string default_decryption_service_account, default_kubeconfig_service_account;
  std::string sops_age_secret, sops_vault_configmap;
  bool insecure_kubeconfig_exec = false, insecure_kubeconfig_tls = false;

  runtime::FeatureGates gates;
  // SOURCE_CONTROLLER_LOCALHOST, SOURCE_WATCHER_LOCALHOST
  std::string source_localhost, watcher_localhost;

  KustomizeFlags();
  void AddTo(runtime::Flags& flags, const runtime::Environment& env);
  base::Status Check();
};

}  // namespace sluice::kustomization
