// What templates see as .Capabilities: the Kubernetes version and its APIs, and Helm's own version.
// Value; pure. Spec: helm-engine 15.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "helm/kube_version.h"
#include "helm/version.h"

namespace sluice::helm {

// Group versions the client library of each Helm knows: what is offered where no cluster is asked.
// Sorted.
std::span<const std::string_view> DefaultApiVersions(HelmVersion version);

struct Capabilities {
  KubeVersion kube_version;
  std::vector<std::string> api_versions;  // "apps/v1"; of a cluster also "apps/v1/Deployment"

  // Offline: v1.36.0 (Helm 3: v1.34.0) and DefaultApiVersions.
  static Capabilities Default(HelmVersion version);
  bool HasApi(std::string_view api) const;
};

// A chart's kubeVersion constraint. Error: "chart requires kubeVersion: >=1.99 which is
// incompatible with Kubernetes v1.31.0".
base::Status CheckKubeVersion(std::string_view constraint, const KubeVersion& version);

}  // namespace sluice::helm
