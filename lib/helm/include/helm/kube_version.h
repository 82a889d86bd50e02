// The Kubernetes version a chart is rendered for. Value; pure. Spec: helm-engine 15.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "helm/version.h"

namespace sluice::helm {

struct KubeVersion {
  std::string version;     // .Version and GitVersion: "v1.31.0-gke.100"; Helm 3 drops the suffix
  std::string normalized;  // what constraints and printing see: "v1.31.0"
  std::string major, minor;

  // Errors: `could not parse "x" as version`, `illegal version string "1"` …
  static base::Result<KubeVersion> Parse(std::string_view text, HelmVersion helm);
};

}  // namespace sluice::helm
