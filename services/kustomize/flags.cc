#include "flags.h"

namespace sluice::kustomization {

KustomizeFlags::KustomizeFlags()
    : gates({{"AdditiveCELDependencyCheck", false},
             {"CacheSecretsAndConfigMaps", false},
             {"CancelHealthCheckOnNewRevision",
              true},  // Flux: off; a fix pushed while its forerunner hangs must not wait
             {"DirectSourceFetch", false},
             {"DisableConfigWatchers", false},
             {"DisableFailFastBehavior", false},
             {"DisableStatusPollerCache", true},
             {"ExternalArtifact", false},
             {"GroupChangeLog", false},
             {"MigrateAPIVersion", false},
             {"ObjectLevelWorkloadIdentity", false},
             {"StrictPostBuildSubstitutions", true}}) {
  common.concurrent = 4;
}

void KustomizeFlags::AddTo(runtime::Flags& flags, const runtime::Environment& env) {
  common.AddTo(flags, env);
  flags.Add("concurrent-ssa", concurrent_ssa,
            "The number of concurrent server-side apply dry-runs of one Kustomization.");
  flags.Add("http-retry", http_retry,
            "The number of attempts to fetch an artifact before the failure is reported.");
  flags.Add("no-remote-bases", no_remote_bases, "Refuse Kustomize remote bases.");
  flags.Add("custom-apply-stage-kinds", custom_apply_stage_kinds,
            "Kinds applied in a stage of their own, before the rest: group/Kind, comma separated.");
  flags.Add("override-manager", override_managers, "Field manager whose fields are taken over.");
  flags.Add("default-decryption-service-account", default_decryption_service_account,
            "Accepted; decryption is not served yet.");
  flags.Add("default-kubeconfig-service-account", default_kubeconfig_service_account,
            "Accepted; remote clusters are not served yet.");
  flags.Add("sops-age-secret", sops_age_secret, "Accepted; decryption is not served yet.");
  flags.Add("sops-vault-configmap", sops_vault_configmap,
            "Accepted; decryption is not served yet.");
  flags.Add("insecure-kubeconfig-exec", insecure_kubeconfig_exec,
            "Accepted; remote clusters are not served yet.");
  flags.Add("insecure-kubeconfig-tls", insecure_kubeconfig_tls,
            "Accepted; remote clusters are not served yet.");
  source_localhost = env.Get("SOURCE_CONTROLLER_LOCALHOST");
  watcher_localhost = env.Get("SOURCE_WATCHER_LOCALHOST");
}

base::Status KustomizeFlags::Check() {
  SLUICE_TRY(common.Check());
  SLUICE_TRY(gates.Set(common.feature_gates));
  const bool defaults =
      !default_decryption_service_account.empty() || !default_kubeconfig_service_account.empty();
  if (defaults && !gates.Enabled("ObjectLevelWorkloadIdentity")) {
    return base::InvalidArgument(
        "cannot set default service accounts when the feature gate ObjectLevelWorkloadIdentity is "
        "not enabled");
  }
  if (concurrent_ssa < 1) return base::InvalidArgument("--concurrent-ssa must be at least 1");
  return base::OkStatus();
}

}  // namespace sluice::kustomization
