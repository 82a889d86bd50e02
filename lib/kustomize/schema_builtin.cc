// The built-in schema (Kubernetes v1.21.2) as constants.
#include <algorithm>
#include <iterator>

#include "ids.h"
#include "schema.h"

namespace sluice::kustomize {
namespace {

constexpr std::string_view kName[] = {"name"};
constexpr std::string_view kType[] = {"type"};
constexpr std::string_view kUid[] = {"uid"};
constexpr std::string_view kIp[] = {"ip"};
constexpr std::string_view kDevicePath[] = {"devicePath"};
constexpr std::string_view kMountPath[] = {"mountPath"};
constexpr std::string_view kContainerPort[] = {"containerPort", "protocol"};
constexpr std::string_view kPort[] = {"port", "protocol"};
constexpr std::string_view kSpread[] = {"topologyKey", "whenUnsatisfiable"};

constexpr SchemaNode kScalars = {.merge = true};
constexpr SchemaNode kByName = {.merge = true, .keys = kName};
constexpr SchemaNode kByType = {.merge = true, .keys = kType};
constexpr SchemaNode kByUid = {.merge = true, .keys = kUid};
constexpr SchemaNode kByIp = {.merge = true, .keys = kIp};
constexpr SchemaNode kByDevicePath = {.merge = true, .keys = kDevicePath};
constexpr SchemaNode kByMountPath = {.merge = true, .keys = kMountPath};
constexpr SchemaNode kByContainerPort = {.merge = true, .keys = kContainerPort};
constexpr SchemaNode kByPort = {.merge = true, .keys = kPort};
constexpr SchemaNode kBySpread = {.merge = true, .keys = kSpread};

// Properties are sorted by name.
constexpr SchemaProperty kMetaFields[] = {{"finalizers", &kScalars}, {"ownerReferences", &kByUid}};
constexpr SchemaNode kMeta = {.properties = kMetaFields};
constexpr SchemaProperty kConditionsFields[] = {{"conditions", &kByType}};
constexpr SchemaNode kConditions = {.properties = kConditionsFields};

constexpr SchemaProperty kContainerFields[] = {{"env", &kByName},
                                               {"ports", &kByContainerPort},
                                               {"volumeDevices", &kByDevicePath},
                                               {"volumeMounts", &kByMountPath}};
constexpr SchemaNode kContainer = {.properties = kContainerFields};
constexpr SchemaNode kContainers = {.items = &kContainer, .merge = true, .keys = kName};
constexpr SchemaProperty kEphemeralFields[] = {
    {"env", &kByName}, {"volumeDevices", &kByDevicePath}, {"volumeMounts", &kByMountPath}};
constexpr SchemaNode kEphemeral = {.properties = kEphemeralFields};
constexpr SchemaNode kEphemerals = {.items = &kEphemeral, .merge = true, .keys = kName};

constexpr SchemaProperty kMetadataFields[] = {{"metadata", &kMeta}};
constexpr SchemaNode kMetadataOnly = {.properties = kMetadataFields};
constexpr SchemaProperty kEphemeralVolumeFields[] = {{"volumeClaimTemplate", &kMetadataOnly}};
constexpr SchemaNode kEphemeralVolume = {.properties = kEphemeralVolumeFields};
constexpr SchemaProperty kVolumeFields[] = {{"ephemeral", &kEphemeralVolume}};
constexpr SchemaNode kVolume = {.properties = kVolumeFields};
constexpr SchemaNode kVolumes = {.items = &kVolume, .merge = true, .keys = kName};

constexpr SchemaProperty kPodSpecFields[] = {{"containers", &kContainers},
                                             {"ephemeralContainers", &kEphemerals},
                                             {"hostAliases", &kByIp},
                                             {"imagePullSecrets", &kByName},
                                             {"initContainers", &kContainers},
                                             {"topologySpreadConstraints", &kBySpread},
                                             {"volumes", &kVolumes}};
constexpr SchemaNode kPodSpec = {.properties = kPodSpecFields};
constexpr SchemaProperty kPodStatusFields[] = {{"conditions", &kByType}, {"podIPs", &kByIp}};
constexpr SchemaNode kPodStatus = {.properties = kPodStatusFields};
constexpr SchemaProperty kPodFields[] = {
    {"metadata", &kMeta}, {"spec", &kPodSpec}, {"status", &kPodStatus}};
constexpr SchemaNode kPod = {.properties = kPodFields};

constexpr SchemaProperty kPodTemplateSpecFields[] = {{"metadata", &kMeta}, {"spec", &kPodSpec}};
constexpr SchemaNode kPodTemplateSpec = {.properties = kPodTemplateSpecFields};
constexpr SchemaProperty kTemplateFields[] = {{"template", &kPodTemplateSpec}};
constexpr SchemaNode kTemplated = {.properties = kTemplateFields};
constexpr SchemaProperty kWorkloadFields[] = {
    {"metadata", &kMeta}, {"spec", &kTemplated}, {"status", &kConditions}};
constexpr SchemaNode kWorkload = {.properties = kWorkloadFields};
constexpr SchemaProperty kPodTemplateFields[] = {{"metadata", &kMeta},
                                                 {"template", &kPodTemplateSpec}};
constexpr SchemaNode kPodTemplate = {.properties = kPodTemplateFields};
constexpr SchemaProperty kJobTemplateFields[] = {{"metadata", &kMeta}, {"spec", &kTemplated}};
constexpr SchemaNode kJobTemplate = {.properties = kJobTemplateFields};
constexpr SchemaProperty kCronJobSpecFields[] = {{"jobTemplate", &kJobTemplate}};
constexpr SchemaNode kCronJobSpec = {.properties = kCronJobSpecFields};
constexpr SchemaProperty kCronJobFields[] = {{"metadata", &kMeta}, {"spec", &kCronJobSpec}};
constexpr SchemaNode kCronJob = {.properties = kCronJobFields};

constexpr SchemaProperty kWebhookFields[] = {{"metadata", &kMeta}, {"webhooks", &kByName}};
constexpr SchemaNode kWebhook = {.properties = kWebhookFields};
constexpr SchemaProperty kConditionedFields[] = {{"metadata", &kMeta}, {"status", &kConditions}};
constexpr SchemaNode kConditioned = {.properties = kConditionedFields};
constexpr SchemaProperty kComponentStatusFields[] = {{"conditions", &kByType},
                                                     {"metadata", &kMeta}};
constexpr SchemaNode kComponentStatus = {.properties = kComponentStatusFields};
constexpr SchemaProperty kNodeSpecFields[] = {{"podCIDRs", &kScalars}};
constexpr SchemaNode kNodeSpec = {.properties = kNodeSpecFields};
constexpr SchemaProperty kNodeStatusFields[] = {{"addresses", &kByType}, {"conditions", &kByType}};
constexpr SchemaNode kNodeStatus = {.properties = kNodeStatusFields};
constexpr SchemaProperty kNodeFields[] = {
    {"metadata", &kMeta}, {"spec", &kNodeSpec}, {"status", &kNodeStatus}};
constexpr SchemaNode kNode = {.properties = kNodeFields};
constexpr SchemaProperty kServiceAccountFields[] = {{"metadata", &kMeta}, {"secrets", &kByName}};
constexpr SchemaNode kServiceAccount = {.properties = kServiceAccountFields};
constexpr SchemaProperty kServiceSpecFields[] = {{"ports", &kByPort}};
constexpr SchemaNode kServiceSpec = {.properties = kServiceSpecFields};
constexpr SchemaProperty kServiceFields[] = {
    {"metadata", &kMeta}, {"spec", &kServiceSpec}, {"status", &kConditions}};
constexpr SchemaNode kService = {.properties = kServiceFields};
constexpr SchemaProperty kCsiNodeSpecFields[] = {{"drivers", &kByName}};
constexpr SchemaNode kCsiNodeSpec = {.properties = kCsiNodeSpecFields};
constexpr SchemaProperty kCsiNodeFields[] = {{"metadata", &kMeta}, {"spec", &kCsiNodeSpec}};
constexpr SchemaNode kCsiNode = {.properties = kCsiNodeFields};
constexpr SchemaProperty kKustomizationFields[] = {{"configMapGenerator", &kByName},
                                                   {"secretGenerator", &kByName}};
constexpr SchemaNode kKustomization = {.properties = kKustomizationFields};

struct TypeRow {
  std::string_view api_version, kind;
  const SchemaNode* node;
};
// Sorted by apiVersion, then kind.
constexpr TypeRow kTypes[] = {
    {"admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", &kWebhook},
    {"admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", &kWebhook},
    {"admissionregistration.k8s.io/v1beta1", "MutatingWebhookConfiguration", &kWebhook},
    {"admissionregistration.k8s.io/v1beta1", "ValidatingWebhookConfiguration", &kWebhook},
    {"apiextensions.k8s.io/v1", "CustomResourceDefinition", &kMetadataOnly},
    {"apiextensions.k8s.io/v1beta1", "CustomResourceDefinition", &kMetadataOnly},
    {"apiregistration.k8s.io/v1", "APIService", &kConditioned},
    {"apiregistration.k8s.io/v1beta1", "APIService", &kConditioned},
    {"apps/v1", "ControllerRevision", &kMetadataOnly},
    {"apps/v1", "DaemonSet", &kWorkload},
    {"apps/v1", "Deployment", &kWorkload},
    {"apps/v1", "ReplicaSet", &kWorkload},
    {"apps/v1", "StatefulSet", &kWorkload},
    {"authentication.k8s.io/v1", "TokenRequest", &kMetadataOnly},
    {"authentication.k8s.io/v1", "TokenReview", &kMetadataOnly},
    {"authentication.k8s.io/v1beta1", "TokenReview", &kMetadataOnly},
    {"authorization.k8s.io/v1", "LocalSubjectAccessReview", &kMetadataOnly},
    {"authorization.k8s.io/v1", "SelfSubjectAccessReview", &kMetadataOnly},
    {"authorization.k8s.io/v1", "SelfSubjectRulesReview", &kMetadataOnly},
    {"authorization.k8s.io/v1", "SubjectAccessReview", &kMetadataOnly},
    {"authorization.k8s.io/v1beta1", "LocalSubjectAccessReview", &kMetadataOnly},
    {"authorization.k8s.io/v1beta1", "SelfSubjectAccessReview", &kMetadataOnly},
    {"authorization.k8s.io/v1beta1", "SelfSubjectRulesReview", &kMetadataOnly},
    {"authorization.k8s.io/v1beta1", "SubjectAccessReview", &kMetadataOnly},
    {"autoscaling/v1", "HorizontalPodAutoscaler", &kMetadataOnly},
    {"autoscaling/v1", "Scale", &kMetadataOnly},
    {"autoscaling/v2beta1", "HorizontalPodAutoscaler", &kMetadataOnly},
    {"autoscaling/v2beta2", "HorizontalPodAutoscaler", &kMetadataOnly},
    {"batch/v1", "CronJob", &kCronJob},
    {"batch/v1", "Job", &kWorkload},
    {"batch/v1beta1", "CronJob", &kCronJob},
    {"certificates.k8s.io/v1", "CertificateSigningRequest", &kMetadataOnly},
    {"certificates.k8s.io/v1beta1", "CertificateSigningRequest", &kMetadataOnly},
    {"coordination.k8s.io/v1", "Lease", &kMetadataOnly},
    {"coordination.k8s.io/v1beta1", "Lease", &kMetadataOnly},
    {"discovery.k8s.io/v1", "EndpointSlice", &kMetadataOnly},
    {"discovery.k8s.io/v1beta1", "EndpointSlice", &kMetadataOnly},
    {"events.k8s.io/v1", "Event", &kMetadataOnly},
    {"events.k8s.io/v1beta1", "Event", &kMetadataOnly},
    {"extensions/v1beta1", "Ingress", &kMetadataOnly},
    {"flowcontrol.apiserver.k8s.io/v1beta1", "FlowSchema", &kMetadataOnly},
    {"flowcontrol.apiserver.k8s.io/v1beta1", "PriorityLevelConfiguration", &kMetadataOnly},
    {"kustomize.config.k8s.io/v1beta1", "Kustomization", &kKustomization},
    {"networking.k8s.io/v1", "Ingress", &kMetadataOnly},
    {"networking.k8s.io/v1", "IngressClass", &kMetadataOnly},
    {"networking.k8s.io/v1", "NetworkPolicy", &kMetadataOnly},
    {"networking.k8s.io/v1beta1", "Ingress", &kMetadataOnly},
    {"networking.k8s.io/v1beta1", "IngressClass", &kMetadataOnly},
    {"node.k8s.io/v1", "RuntimeClass", &kMetadataOnly},
    {"node.k8s.io/v1beta1", "RuntimeClass", &kMetadataOnly},
    {"policy/v1", "PodDisruptionBudget", &kConditioned},
    {"policy/v1beta1", "Eviction", &kMetadataOnly},
    {"policy/v1beta1", "PodDisruptionBudget", &kConditioned},
    {"policy/v1beta1", "PodSecurityPolicy", &kMetadataOnly},
    {"rbac.authorization.k8s.io/v1", "ClusterRole", &kMetadataOnly},
    {"rbac.authorization.k8s.io/v1", "ClusterRoleBinding", &kMetadataOnly},
    {"rbac.authorization.k8s.io/v1", "Role", &kMetadataOnly},
    {"rbac.authorization.k8s.io/v1", "RoleBinding", &kMetadataOnly},
    {"rbac.authorization.k8s.io/v1beta1", "ClusterRole", &kMetadataOnly},
    {"rbac.authorization.k8s.io/v1beta1", "ClusterRoleBinding", &kMetadataOnly},
    {"rbac.authorization.k8s.io/v1beta1", "Role", &kMetadataOnly},
    {"rbac.authorization.k8s.io/v1beta1", "RoleBinding", &kMetadataOnly},
    {"scheduling.k8s.io/v1", "PriorityClass", &kMetadataOnly},
    {"scheduling.k8s.io/v1beta1", "PriorityClass", &kMetadataOnly},
    {"storage.k8s.io/v1", "CSIDriver", &kMetadataOnly},
    {"storage.k8s.io/v1", "CSINode", &kCsiNode},
    {"storage.k8s.io/v1", "StorageClass", &kMetadataOnly},
    {"storage.k8s.io/v1", "VolumeAttachment", &kMetadataOnly},
    {"storage.k8s.io/v1beta1", "CSIDriver", &kMetadataOnly},
    {"storage.k8s.io/v1beta1", "CSINode", &kCsiNode},
    {"storage.k8s.io/v1beta1", "CSIStorageCapacity", &kMetadataOnly},
    {"storage.k8s.io/v1beta1", "StorageClass", &kMetadataOnly},
    {"storage.k8s.io/v1beta1", "VolumeAttachment", &kMetadataOnly},
    {"v1", "Binding", &kMetadataOnly},
    {"v1", "ComponentStatus", &kComponentStatus},
    {"v1", "ConfigMap", &kMetadataOnly},
    {"v1", "Endpoints", &kMetadataOnly},
    {"v1", "Event", &kMetadataOnly},
    {"v1", "LimitRange", &kMetadataOnly},
    {"v1", "Namespace", &kConditioned},
    {"v1", "Node", &kNode},
    {"v1", "PersistentVolume", &kMetadataOnly},
    {"v1", "PersistentVolumeClaim", &kConditioned},
    {"v1", "Pod", &kPod},
    {"v1", "PodTemplate", &kPodTemplate},
    {"v1", "ReplicationController", &kWorkload},
    {"v1", "ResourceQuota", &kMetadataOnly},
    {"v1", "Secret", &kMetadataOnly},
    {"v1", "Service", &kService},
    {"v1", "ServiceAccount", &kServiceAccount},
};

struct DefinitionRow {
  std::string_view name;
  const SchemaNode* node;
};
constexpr DefinitionRow kDefinitions[] = {
    {"io.k8s.api.apps.v1.DaemonSetSpec", &kTemplated},
    {"io.k8s.api.apps.v1.DeploymentSpec", &kTemplated},
    {"io.k8s.api.apps.v1.ReplicaSetSpec", &kTemplated},
    {"io.k8s.api.apps.v1.StatefulSetSpec", &kTemplated},
    {"io.k8s.api.batch.v1.JobSpec", &kTemplated},
    {"io.k8s.api.batch.v1.JobTemplateSpec", &kJobTemplate},
    {"io.k8s.api.batch.v1beta1.JobTemplateSpec", &kJobTemplate},
    {"io.k8s.api.core.v1.Container", &kContainer},
    {"io.k8s.api.core.v1.EphemeralContainer", &kEphemeral},
    {"io.k8s.api.core.v1.PersistentVolumeClaim", &kConditioned},
    {"io.k8s.api.core.v1.PodSpec", &kPodSpec},
    {"io.k8s.api.core.v1.PodTemplateSpec", &kPodTemplateSpec},
    {"io.k8s.api.core.v1.ServiceSpec", &kServiceSpec},
    {"io.k8s.api.core.v1.Volume", &kVolume},
    {"io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", &kMeta},
};

constexpr auto kRowKey = [](const TypeRow& row) { return std::pair(row.api_version, row.kind); };
static_assert(std::ranges::is_sorted(kTypes, {}, kRowKey));

}  // namespace

const SchemaNode* SchemaNode::Field(std::string_view name) const {
  const auto it = std::ranges::lower_bound(properties, name, {}, &SchemaProperty::name);
  return it != properties.end() && it->name == name ? it->node : additional;
}

const SchemaNode* FindBuiltinDefinition(std::string_view name) {
  const auto* it = std::ranges::find(kDefinitions, name, &DefinitionRow::name);
  return it == std::end(kDefinitions) ? nullptr : it->node;
}

const SchemaNode* FindBuiltinSchema(std::string_view api_version, std::string_view kind) {
  const auto* it = std::ranges::lower_bound(kTypes, std::pair(api_version, kind), {}, kRowKey);
  return it != std::end(kTypes) && kRowKey(*it) == std::pair(api_version, kind) ? it->node
                                                                                : nullptr;
}

}  // namespace sluice::kustomize
