#include "helm/capabilities.h"

#include <algorithm>

#include "base/semver.h"
#include "base/strings.h"
#include "helm/dependencies.h"

namespace sluice::helm {
namespace {

constexpr std::string_view kV4[] = {"admissionregistration.k8s.io/v1",
                                    "admissionregistration.k8s.io/v1alpha1",
                                    "admissionregistration.k8s.io/v1beta1",
                                    "apiextensions.k8s.io/v1",
                                    "apiextensions.k8s.io/v1beta1",
                                    "apps/v1",
                                    "apps/v1beta1",
                                    "apps/v1beta2",
                                    "authentication.k8s.io/v1",
                                    "authentication.k8s.io/v1alpha1",
                                    "authentication.k8s.io/v1beta1",
                                    "authorization.k8s.io/v1",
                                    "authorization.k8s.io/v1beta1",
                                    "autoscaling/v1",
                                    "autoscaling/v2",
                                    "batch/v1",
                                    "batch/v1beta1",
                                    "certificates.k8s.io/v1",
                                    "certificates.k8s.io/v1alpha1",
                                    "certificates.k8s.io/v1beta1",
                                    "coordination.k8s.io/v1",
                                    "coordination.k8s.io/v1alpha2",
                                    "coordination.k8s.io/v1beta1",
                                    "discovery.k8s.io/v1",
                                    "discovery.k8s.io/v1beta1",
                                    "events.k8s.io/v1",
                                    "events.k8s.io/v1beta1",
                                    "extensions/v1beta1",
                                    "flowcontrol.apiserver.k8s.io/v1",
                                    "flowcontrol.apiserver.k8s.io/v1beta1",
                                    "flowcontrol.apiserver.k8s.io/v1beta2",
                                    "flowcontrol.apiserver.k8s.io/v1beta3",
                                    "internal.apiserver.k8s.io/v1alpha1",
                                    "networking.k8s.io/v1",
                                    "networking.k8s.io/v1beta1",
                                    "node.k8s.io/v1",
                                    "node.k8s.io/v1alpha1",
                                    "node.k8s.io/v1beta1",
                                    "policy/v1",
                                    "policy/v1beta1",
                                    "rbac.authorization.k8s.io/v1",
                                    "rbac.authorization.k8s.io/v1alpha1",
                                    "rbac.authorization.k8s.io/v1beta1",
                                    "resource.k8s.io/v1",
                                    "resource.k8s.io/v1alpha3",
                                    "resource.k8s.io/v1beta1",
                                    "resource.k8s.io/v1beta2",
                                    "scheduling.k8s.io/v1",
                                    "scheduling.k8s.io/v1alpha2",
                                    "scheduling.k8s.io/v1beta1",
                                    "storage.k8s.io/v1",
                                    "storage.k8s.io/v1alpha1",
                                    "storage.k8s.io/v1beta1",
                                    "storagemigration.k8s.io/v1beta1",
                                    "v1"};
constexpr std::string_view kV3[] = {"admissionregistration.k8s.io/v1",
                                    "admissionregistration.k8s.io/v1alpha1",
                                    "admissionregistration.k8s.io/v1beta1",
                                    "apiextensions.k8s.io/v1",
                                    "apiextensions.k8s.io/v1beta1",
                                    "apps/v1",
                                    "apps/v1beta1",
                                    "apps/v1beta2",
                                    "authentication.k8s.io/v1",
                                    "authentication.k8s.io/v1alpha1",
                                    "authentication.k8s.io/v1beta1",
                                    "authorization.k8s.io/v1",
                                    "authorization.k8s.io/v1beta1",
                                    "autoscaling/v1",
                                    "autoscaling/v2",
                                    "autoscaling/v2beta1",
                                    "autoscaling/v2beta2",
                                    "batch/v1",
                                    "batch/v1beta1",
                                    "certificates.k8s.io/v1",
                                    "certificates.k8s.io/v1alpha1",
                                    "certificates.k8s.io/v1beta1",
                                    "coordination.k8s.io/v1",
                                    "coordination.k8s.io/v1alpha2",
                                    "coordination.k8s.io/v1beta1",
                                    "discovery.k8s.io/v1",
                                    "discovery.k8s.io/v1beta1",
                                    "events.k8s.io/v1",
                                    "events.k8s.io/v1beta1",
                                    "extensions/v1beta1",
                                    "flowcontrol.apiserver.k8s.io/v1",
                                    "flowcontrol.apiserver.k8s.io/v1beta1",
                                    "flowcontrol.apiserver.k8s.io/v1beta2",
                                    "flowcontrol.apiserver.k8s.io/v1beta3",
                                    "internal.apiserver.k8s.io/v1alpha1",
                                    "networking.k8s.io/v1",
                                    "networking.k8s.io/v1beta1",
                                    "node.k8s.io/v1",
                                    "node.k8s.io/v1alpha1",
                                    "node.k8s.io/v1beta1",
                                    "policy/v1",
                                    "policy/v1beta1",
                                    "rbac.authorization.k8s.io/v1",
                                    "rbac.authorization.k8s.io/v1alpha1",
                                    "rbac.authorization.k8s.io/v1beta1",
                                    "resource.k8s.io/v1",
                                    "resource.k8s.io/v1alpha3",
                                    "resource.k8s.io/v1beta1",
                                    "resource.k8s.io/v1beta2",
                                    "scheduling.k8s.io/v1",
                                    "scheduling.k8s.io/v1alpha1",
                                    "scheduling.k8s.io/v1beta1",
                                    "storage.k8s.io/v1",
                                    "storage.k8s.io/v1alpha1",
                                    "storage.k8s.io/v1beta1",
                                    "storagemigration.k8s.io/v1alpha1",
                                    "v1"};

}  // namespace

std::span<const std::string_view> DefaultApiVersions(HelmVersion version) {
  if (version == HelmVersion::kV3) return kV3;
  return kV4;
}

Capabilities Capabilities::Default(HelmVersion version) {
  const bool v3 = version == HelmVersion::kV3;
  const std::string kube = v3 ? "v1.34.0" : "v1.36.0";
  Capabilities out{.kube_version = {kube, kube, "1", v3 ? "34" : "36"}};
  const auto known = DefaultApiVersions(version);
  out.api_versions.assign(known.begin(), known.end());
  return out;
}

bool Capabilities::HasApi(std::string_view api) const {
  return std::ranges::find(api_versions, api) != api_versions.end();
}

base::Status CheckKubeVersion(std::string_view constraint, const KubeVersion& version) {
  if (constraint.empty() || IsCompatibleRange(constraint, version.normalized)) return {};
  return base::FailedPrecondition(base::Cat("chart requires kubeVersion: ", constraint,
                                            " which is incompatible with Kubernetes ",
                                            version.version));
}

}  // namespace sluice::helm
