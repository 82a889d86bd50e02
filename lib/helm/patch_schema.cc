// The kinds of client-go's scheme (0.36) and the patchStrategy tags of their types.
#include <algorithm>
#include <string>

#include "base/strings.h"
#include "helm/patch.h"

namespace sluice::helm {
namespace {

using document::FieldMerge;
using Strategy = FieldMerge::Strategy;

struct Group {
  std::string_view versions;  // of apiVersion, each in blanks
  std::string_view kinds;
};
constexpr Group kGroups[] = {
    {" v1 ",
     " Binding ComponentStatus ConfigMap Endpoints Event LimitRange List Namespace Node "
     "PersistentVolume PersistentVolumeClaim Pod "
     "PodStatusResult PodTemplate RangeAllocation ReplicationController ResourceQuota Secret "
     "Service ServiceAccount Status "},
    {" admissionregistration.k8s.io/v1 admissionregistration.k8s.io/v1beta1 ",
     " MutatingAdmissionPolicy MutatingAdmissionPolicyBinding MutatingWebhookConfiguration "
     "ValidatingAdmissionPolicy "
     "ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration "},
    {" admissionregistration.k8s.io/v1alpha1 ",
     " MutatingAdmissionPolicy MutatingAdmissionPolicyBinding ValidatingAdmissionPolicy "
     "ValidatingAdmissionPolicyBinding "},
    {" apiextensions.k8s.io/v1 ", " CustomResourceDefinition "},
    {" apps/v1 ", " ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet "},
    {" apps/v1beta1 ", " ControllerRevision Deployment Scale StatefulSet "},
    {" apps/v1beta2 ", " ControllerRevision DaemonSet Deployment ReplicaSet Scale StatefulSet "},
    {" authentication.k8s.io/v1 ", " SelfSubjectReview TokenRequest TokenReview "},
    {" authentication.k8s.io/v1alpha1 ", " SelfSubjectReview "},
    {" authentication.k8s.io/v1beta1 ", " SelfSubjectReview TokenReview "},
    {" authorization.k8s.io/v1 authorization.k8s.io/v1beta1 ",
     " LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview "
     "SubjectAccessReview "},
    {" autoscaling/v1 ", " HorizontalPodAutoscaler Scale "},
    {" autoscaling/v2 ", " HorizontalPodAutoscaler "},
    {" batch/v1 ", " CronJob Job "},
    {" batch/v1beta1 ", " CronJob "},
    {" certificates.k8s.io/v1 ", " CertificateSigningRequest "},
    {" certificates.k8s.io/v1alpha1 ", " ClusterTrustBundle "},
    {" certificates.k8s.io/v1beta1 ",
     " CertificateSigningRequest ClusterTrustBundle PodCertificateRequest "},
    {" coordination.k8s.io/v1 ", " Lease "},
    {" coordination.k8s.io/v1alpha2 ", " LeaseCandidate "},
    {" coordination.k8s.io/v1beta1 ", " Lease LeaseCandidate "},
    {" discovery.k8s.io/v1 discovery.k8s.io/v1beta1 ", " EndpointSlice "},
    {" events.k8s.io/v1 events.k8s.io/v1beta1 ", " Event "},
    {" extensions/v1beta1 ", " DaemonSet Deployment Ingress NetworkPolicy ReplicaSet Scale "},
    {" flowcontrol.apiserver.k8s.io/v1 flowcontrol.apiserver.k8s.io/v1beta1 "
     "flowcontrol.apiserver.k8s.io/v1beta2 "
     "flowcontrol.apiserver.k8s.io/v1beta3 ",
     " FlowSchema PriorityLevelConfiguration "},
    {" internal.apiserver.k8s.io/v1alpha1 ", " StorageVersion "},
    {" networking.k8s.io/v1 ", " IPAddress Ingress IngressClass NetworkPolicy ServiceCIDR "},
    {" networking.k8s.io/v1beta1 ", " IPAddress Ingress IngressClass ServiceCIDR "},
    {" node.k8s.io/v1 node.k8s.io/v1alpha1 node.k8s.io/v1beta1 ", " RuntimeClass "},
    {" policy/v1 policy/v1beta1 ", " Eviction PodDisruptionBudget "},
    {" rbac.authorization.k8s.io/v1 rbac.authorization.k8s.io/v1alpha1 "
     "rbac.authorization.k8s.io/v1beta1 ",
     " ClusterRole ClusterRoleBinding Role RoleBinding "},
    {" resource.k8s.io/v1 resource.k8s.io/v1beta1 ",
     " DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice "},
    {" resource.k8s.io/v1alpha3 ", " DeviceTaintRule ResourcePoolStatusRequest "},
    {" resource.k8s.io/v1beta2 ",
     " DeviceClass DeviceTaintRule ResourceClaim ResourceClaimTemplate ResourceSlice "},
    {" scheduling.k8s.io/v1 scheduling.k8s.io/v1beta1 ", " PriorityClass "},
    {" scheduling.k8s.io/v1alpha2 ", " PodGroup Workload "},
    {" storage.k8s.io/v1 storage.k8s.io/v1beta1 ",
     " CSIDriver CSINode CSIStorageCapacity StorageClass VolumeAttachment VolumeAttributesClass "},
    {" storage.k8s.io/v1alpha1 ", " CSIStorageCapacity VolumeAttachment VolumeAttributesClass "},
    {" storagemigration.k8s.io/v1beta1 ", " StorageVersionMigration "},
};

bool HasWord(std::string_view words, std::string_view word) {
  return !word.empty() && word.find(' ') == word.npos &&
         base::Contains(words, base::Cat(" ", word, " "));
}

struct ListRule {
  std::string_view path;
  std::string_view key;
  bool retain_keys = false;
};
// Below a pod's spec.
constexpr ListRule kPodLists[] = {
    {"containers", "name"},
    {"initContainers", "name"},
    {"ephemeralContainers", "name"},
    {"volumes", "name", true},
    {"imagePullSecrets", "name"},
    {"hostAliases", "ip"},
    {"topologySpreadConstraints", "topologyKey"},
    {"resourceClaims", "name", true},
    {"schedulingGates", "name"},
};
constexpr ListRule kContainerLists[] = {
    {"env", "name"},
    {"ports", "containerPort"},
    {"volumeMounts", "mountPath"},
    {"volumeDevices", "devicePath"},
};
// Of any object.
constexpr ListRule kCommonLists[] = {
    {"metadata.finalizers", ""},
    {"metadata.ownerReferences", "uid"},
    {"status.conditions", "type"},
};
struct KindRule {
  std::string_view kinds;
  ListRule list;
};
constexpr KindRule kKindLists[] = {
    {" ComponentStatus ", {"conditions", "type"}},
    {" ServiceAccount ", {"secrets", "name"}},
    {" Service ", {"spec.ports", "port"}},
    {" CSINode ", {"spec.drivers", "name"}},
    {" Node ", {"spec.podCIDRs", ""}},
    {" Node ", {"status.addresses", "type"}},
    {" PodGroup ", {"spec.resourceClaims", "name", true}},
    {" Workload ", {"spec.podGroupTemplates.resourceClaims", "name", true}},
    {" PodGroup Pod PodStatusResult ", {"status.resourceClaimStatuses", "name", true}},
    {" Pod PodStatusResult ", {"status.podIPs", "ip"}},
    {" Pod PodStatusResult ", {"status.hostIPs", "ip"}},
    {" ResourceClaim ", {"status.reservedFor", "uid"}},
    {" MutatingWebhookConfiguration ValidatingWebhookConfiguration ", {"webhooks", "name"}},
    {" MutatingWebhookConfiguration ValidatingWebhookConfiguration ",
     {"webhooks.matchConditions", "name"}},
    {" MutatingAdmissionPolicy ValidatingAdmissionPolicy ", {"spec.matchConditions", "name"}},
    {" ValidatingAdmissionPolicy ", {"spec.variables", "name"}},
};

std::string_view PodSpecPath(std::string_view kind) {
  if (kind == "Pod") return "spec.";
  if (kind == "PodTemplate") return "template.spec.";
  if (kind == "CronJob") return "spec.jobTemplate.spec.template.spec.";
  constexpr std::string_view kOwners =
      " DaemonSet Deployment Job ReplicaSet ReplicationController StatefulSet ";
  return HasWord(kOwners, kind) ? "spec.template.spec." : "";
}

FieldMerge Merge(const ListRule& rule) {
  return {rule.retain_keys ? Strategy::kRetainKeys : Strategy::kMerge, std::string(rule.key)};
}

FieldMerge ListMerge(std::string_view kind, std::string_view path) {
  if (const std::string_view pod = PodSpecPath(kind); !pod.empty() && path.starts_with(pod)) {
    const std::string_view rest = path.substr(pod.size());
    for (const ListRule& rule : kPodLists) {
      if (rest == rule.path) return Merge(rule);
    }
    const auto cut = base::Cut(rest, ".");
    if (cut.has_value() && base::ToLower(cut->first).ends_with("containers")) {
      for (const ListRule& rule : kContainerLists) {
        if (cut->second == rule.path) return Merge(rule);
      }
    }
  }
  for (const ListRule& rule : kCommonLists) {
    if (path == rule.path || path.ends_with(base::Cat(".", rule.path))) return Merge(rule);
  }
  for (const auto& [kinds, rule] : kKindLists) {
    if (path == rule.path && HasWord(kinds, kind)) return Merge(rule);
  }
  return {};
}

}  // namespace

bool IsBuiltinKind(std::string_view api_version, std::string_view kind) {
  const std::string_view base = base::TrimSuffix(kind, "List");
  return std::ranges::any_of(kGroups, [&](const Group& group) {
    return HasWord(group.versions, api_version) &&
           (HasWord(group.kinds, kind) || HasWord(group.kinds, base));
  });
}

document::MergeSchema PatchSchemaOf(std::string_view api_version, std::string_view kind) {
  const bool old_budget = api_version != "policy/v1";
  return [kind = std::string(kind), old_budget](std::string_view path, bool is_list) -> FieldMerge {
    if (is_list) return ListMerge(kind, path);
    if (kind == "Deployment" && path == "spec.strategy") return {Strategy::kRetainKeys, ""};
    if (kind == "PodDisruptionBudget" && path == "spec.selector" && !old_budget)
      return {Strategy::kAtomic, ""};
    return {Strategy::kMerge, ""};
  };
}

}  // namespace sluice::helm
