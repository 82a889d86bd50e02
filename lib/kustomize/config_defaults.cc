// The peer's default field specs, as constants.
#include <span>

#include "config.h"
#include "legacy_order.h"

namespace sluice::kustomize {
namespace {

struct Row {
  std::string_view group, version, kind, path;
  bool create;
};

constexpr Row kNamePrefix[] = {{"", "", "", "metadata/name", false}};

constexpr Row kNamespace[] = {
    {"", "", "", "metadata/namespace", true},
    {"", "", "Namespace", "metadata/name", true},
    {"", "", "RoleBinding", "subjects/namespace", false},
    {"", "", "ClusterRoleBinding", "subjects/namespace", false},
    {"apiregistration.k8s.io", "", "APIService", "spec/service/namespace", true},
    {"apiextensions.k8s.io", "", "CustomResourceDefinition",
     "spec/conversion/webhook/clientConfig/service/namespace", false},
};

#define AFFINITY(kind)                                                                           \
  {"apps", "", kind,                                                                             \
   "spec/template/spec/affinity/podAffinity/preferredDuringSchedulingIgnoredDuringExecution/"    \
   "podAffinityTerm/labelSelector/"                                                              \
   "matchLabels",                                                                                \
   false},                                                                                       \
      {"apps", "", kind,                                                                         \
       "spec/template/spec/affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution/" \
       "labelSelector/matchLabels",                                                              \
       false},                                                                                   \
      {"apps", "", kind,                                                                         \
       "spec/template/spec/affinity/podAntiAffinity/"                                            \
       "preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/"                        \
       "labelSelector/matchLabels",                                                              \
       false},                                                                                   \
      {"apps", "", kind,                                                                         \
       "spec/template/spec/affinity/podAntiAffinity/"                                            \
       "requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels",               \
       false},                                                                                   \
  {                                                                                              \
    "apps", "", kind, "spec/template/spec/topologySpreadConstraints/labelSelector/matchLabels",  \
        false                                                                                    \
  }

constexpr Row kCommonLabels[] = {
    {"", "", "", "metadata/labels", true},
    {"", "v1", "Service", "spec/selector", true},
    {"", "v1", "ReplicationController", "spec/selector", true},
    {"", "v1", "ReplicationController", "spec/template/metadata/labels", true},
    {"", "", "Deployment", "spec/selector/matchLabels", true},
    {"", "", "Deployment", "spec/template/metadata/labels", true},
    AFFINITY("Deployment"),
    {"", "", "ReplicaSet", "spec/selector/matchLabels", true},
    {"", "", "ReplicaSet", "spec/template/metadata/labels", true},
    {"", "", "DaemonSet", "spec/selector/matchLabels", true},
    {"", "", "DaemonSet", "spec/template/metadata/labels", true},
    {"apps", "", "StatefulSet", "spec/selector/matchLabels", true},
    {"apps", "", "StatefulSet", "spec/template/metadata/labels", true},
    AFFINITY("StatefulSet"),
    {"apps", "", "StatefulSet", "spec/volumeClaimTemplates[]/metadata/labels", true},
    {"batch", "", "Job", "spec/selector/matchLabels", false},
    {"batch", "", "Job", "spec/template/metadata/labels", true},
    {"batch", "", "CronJob", "spec/jobTemplate/spec/selector/matchLabels", false},
    {"batch", "", "CronJob", "spec/jobTemplate/metadata/labels", true},
    {"batch", "", "CronJob", "spec/jobTemplate/spec/template/metadata/labels", true},
    {"policy", "", "PodDisruptionBudget", "spec/selector/matchLabels", false},
    {"networking.k8s.io", "", "NetworkPolicy", "spec/podSelector/matchLabels", false},
    {"networking.k8s.io", "", "NetworkPolicy", "spec/ingress/from/podSelector/matchLabels", false},
    {"networking.k8s.io", "", "NetworkPolicy", "spec/egress/to/podSelector/matchLabels", false},
};
#undef AFFINITY

constexpr Row kTemplateLabels[] = {
    {"", "", "", "metadata/labels", true},
    {"", "v1", "ReplicationController", "spec/template/metadata/labels", true},
    {"", "", "Deployment", "spec/template/metadata/labels", true},
    {"", "", "ReplicaSet", "spec/template/metadata/labels", true},
    {"", "", "DaemonSet", "spec/template/metadata/labels", true},
    {"apps", "", "StatefulSet", "spec/template/metadata/labels", true},
    {"apps", "", "StatefulSet", "spec/volumeClaimTemplates[]/metadata/labels", true},
    {"batch", "", "Job", "spec/template/metadata/labels", true},
    {"batch", "", "CronJob", "spec/jobTemplate/metadata/labels", true},
    {"batch", "", "CronJob", "spec/jobTemplate/spec/template/metadata/labels", true},
};

constexpr Row kCommonAnnotations[] = {
    {"", "", "", "metadata/annotations", true},
    {"", "v1", "ReplicationController", "spec/template/metadata/annotations", true},
    {"", "", "Deployment", "spec/template/metadata/annotations", true},
    {"", "", "ReplicaSet", "spec/template/metadata/annotations", true},
    {"", "", "DaemonSet", "spec/template/metadata/annotations", true},
    {"", "", "StatefulSet", "spec/template/metadata/annotations", true},
    {"batch", "", "Job", "spec/template/metadata/annotations", true},
    {"batch", "", "CronJob", "spec/jobTemplate/metadata/annotations", true},
    {"batch", "", "CronJob", "spec/jobTemplate/spec/template/metadata/annotations", true},
};

constexpr Row kImages[] = {
    {"", "", "", "spec/containers[]/image", true},
    {"", "", "", "spec/initContainers[]/image", true},
    {"", "", "", "spec/volumes[]/image/reference", true},
    {"", "", "", "spec/template/spec/containers[]/image", true},
    {"", "", "", "spec/template/spec/initContainers[]/image", true},
    {"", "", "", "spec/template/spec/volumes[]/image/reference", true},
};

constexpr Row kReplicas[] = {
    {"", "", "Deployment", "spec/replicas", true},
    {"", "", "StatefulSet", "spec/replicas", true},
    {"", "", "ReplicaSet", "spec/replicas", true},
    {"", "", "ReplicationController", "spec/replicas", true},
};

#define TEMPLATED(path)                                                      \
  {"", "", "Deployment", path, false}, {"", "", "StatefulSet", path, false}, \
      {"", "", "DaemonSet", path, false}, {"", "", "Job", path, false}, {    \
    "", "", "ReplicaSet", path, false                                        \
  }
#define ONE(kind, path) \
  { "", "", kind, path, false }

constexpr Row kVarReference[] = {
    TEMPLATED("spec/template/spec/initContainers/volumeMounts/mountPath"),
    TEMPLATED("spec/template/spec/initContainers/env/value"),
    TEMPLATED("spec/template/spec/initContainers/command"),
    TEMPLATED("spec/template/spec/initContainers/args"),
    TEMPLATED("spec/template/spec/containers/volumeMounts/mountPath"),
    TEMPLATED("spec/template/spec/containers/env/value"),
    TEMPLATED("spec/template/spec/containers/command"),
    TEMPLATED("spec/template/spec/containers/args"),
    ONE("Deployment", "spec/template/spec/volumes/nfs/server"),
    ONE("DaemonSet", "spec/template/spec/volumes/nfs/server"),
    ONE("Job", "spec/template/spec/volumes/nfs/server"),
    ONE("ReplicaSet", "spec/template/spec/volumes/nfs/server"),
    ONE("Deployment", "spec/template/metadata/annotations"),
    ONE("StatefulSet", "spec/volumeClaimTemplates/spec/nfs/server"),
    ONE("CronJob", "spec/jobTemplate/spec/template/spec/initContainers/env/value"),
    ONE("CronJob", "spec/jobTemplate/spec/template/spec/initContainers/command"),
    ONE("CronJob", "spec/jobTemplate/spec/template/spec/initContainers/args"),
    ONE("CronJob", "spec/jobTemplate/spec/template/spec/initContainers/volumeMounts/mountPath"),
    ONE("CronJob", "spec/jobTemplate/spec/template/spec/containers/env/value"),
    ONE("CronJob", "spec/jobTemplate/spec/template/spec/containers/command"),
    ONE("CronJob", "spec/jobTemplate/spec/template/spec/containers/args"),
    ONE("CronJob", "spec/jobTemplate/spec/template/spec/containers/volumeMounts/mountPath"),
    ONE("CronJob", "spec/jobTemplate/spec/template/volumes/nfs/server"),
    ONE("Ingress", "spec/rules/host"),
    ONE("Ingress", "spec/tls/hosts"),
    ONE("Ingress", "spec/tls/secretName"),
    ONE("Pod", "spec/containers/args"),
    ONE("Pod", "spec/containers/command"),
    ONE("Pod", "spec/containers/env/value"),
    ONE("Pod", "spec/containers/volumeMounts/mountPath"),
    ONE("Pod", "spec/initContainers/args"),
    ONE("Pod", "spec/initContainers/command"),
    ONE("Pod", "spec/initContainers/env/value"),
    ONE("Pod", "spec/initContainers/volumeMounts/mountPath"),
    ONE("Pod", "spec/volumes/nfs/server"),
    ONE("PersistentVolume", "spec/nfs/server"),
    ONE("Service", "spec/ports/port"),
    ONE("Service", "spec/ports/targetPort"),
    ONE("", "metadata/labels"),
    ONE("", "metadata/annotations"),
};
#undef TEMPLATED

// The pod spec of each kind that the references to ConfigMaps and Secrets know.
#define CONFIG_PODS(path)                                                                          \
  {"", "v1", "Pod", "spec/" path, false}, ONE("PodTemplate", "template/spec/" path),               \
      ONE("Deployment", "spec/template/spec/" path),                                               \
      ONE("ReplicaSet", "spec/template/spec/" path), ONE("DaemonSet", "spec/template/spec/" path), \
      ONE("StatefulSet", "spec/template/spec/" path), ONE("Job", "spec/template/spec/" path),      \
      ONE("CronJob", "spec/jobTemplate/spec/template/spec/" path)
// And of those that references to service accounts, priority classes and claims know.
#define PODS(path)                                                                            \
  ONE("Pod", "spec/" path), ONE("Deployment", "spec/template/spec/" path),                    \
      ONE("ReplicationController", "spec/template/spec/" path),                               \
      ONE("DaemonSet", "spec/template/spec/" path),                                           \
      ONE("StatefulSet", "spec/template/spec/" path), ONE("Job", "spec/template/spec/" path), \
      ONE("CronJob", "spec/jobTemplate/spec/template/spec/" path)

constexpr Row kStorageClass[] = {
    ONE("PersistentVolume", "spec/storageClassName"),
    ONE("PersistentVolumeClaim", "spec/storageClassName"),
    ONE("StatefulSet", "spec/volumeClaimTemplates/spec/storageClassName"),
};
constexpr Row kServiceAccount[] = {
    PODS("serviceAccountName"),
    {"rbac.authorization.k8s.io", "", "RoleBinding", "subjects", false},
    {"rbac.authorization.k8s.io", "", "ClusterRoleBinding", "subjects", false},
};
constexpr Row kRole[] = {{"rbac.authorization.k8s.io", "", "RoleBinding", "roleRef/name", false}};
constexpr Row kClusterRole[] = {
    {"rbac.authorization.k8s.io", "", "RoleBinding", "roleRef/name", false},
    {"rbac.authorization.k8s.io", "", "ClusterRoleBinding", "roleRef/name", false},
};
constexpr Row kConfigMap[] = {
    CONFIG_PODS("volumes/configMap/name"),
    CONFIG_PODS("containers/env/valueFrom/configMapKeyRef/name"),
    CONFIG_PODS("initContainers/env/valueFrom/configMapKeyRef/name"),
    CONFIG_PODS("containers/envFrom/configMapRef/name"),
    CONFIG_PODS("initContainers/envFrom/configMapRef/name"),
    CONFIG_PODS("volumes/projected/sources/configMap/name"),
    ONE("Node", "spec/configSource/configMap"),
    ONE("Role", "rules/resourceNames"),
    ONE("ClusterRole", "rules/resourceNames"),
    ONE("Ingress", "metadata/annotations/nginx.ingress.kubernetes.io\\/fastcgi-params-configmap"),
};
constexpr Row kSecret[] = {
    CONFIG_PODS("volumes/secret/secretName"),
    CONFIG_PODS("containers/env/valueFrom/secretKeyRef/name"),
    CONFIG_PODS("initContainers/env/valueFrom/secretKeyRef/name"),
    CONFIG_PODS("containers/envFrom/secretRef/name"),
    CONFIG_PODS("initContainers/envFrom/secretRef/name"),
    CONFIG_PODS("imagePullSecrets/name"),
    CONFIG_PODS("volumes/projected/sources/secret/name"),
    ONE("Ingress", "spec/tls/secretName"),
    ONE("Ingress", "metadata/annotations/ingress.kubernetes.io\\/auth-secret"),
    ONE("Ingress", "metadata/annotations/nginx.ingress.kubernetes.io\\/auth-secret"),
    ONE("Ingress", "metadata/annotations/nginx.ingress.kubernetes.io\\/auth-tls-secret"),
    ONE("ServiceAccount", "imagePullSecrets/name"),
    ONE("StorageClass", "parameters/secretName"),
    ONE("StorageClass", "parameters/adminSecretName"),
    ONE("StorageClass", "parameters/userSecretName"),
    ONE("StorageClass", "parameters/secretRef"),
    ONE("Role", "rules/resourceNames"),
    ONE("ClusterRole", "rules/resourceNames"),
    {"serving.knative.dev", "v1", "Service",
     "spec/template/spec/containers/env/valueFrom/secretKeyRef/name", false},
    ONE("PersistentVolume", "spec/azureFile/secretName"),
};
constexpr Row kService[] = {
    {"apps", "", "StatefulSet", "spec/serviceName", false},
    ONE("Ingress", "spec/rules/http/paths/backend/serviceName"),
    ONE("Ingress", "spec/backend/serviceName"),
    ONE("Ingress", "spec/rules/http/paths/backend/service/name"),
    ONE("Ingress", "spec/defaultBackend/service/name"),
    {"apiregistration.k8s.io", "", "APIService", "spec/service/name", false},
    {"admissionregistration.k8s.io", "", "ValidatingWebhookConfiguration",
     "webhooks/clientConfig/service", false},
    {"admissionregistration.k8s.io", "", "MutatingWebhookConfiguration",
     "webhooks/clientConfig/service", false},
};
constexpr Row kPriorityClass[] = {PODS("priorityClassName")};
constexpr Row kPersistentVolume[] = {
    ONE("PersistentVolumeClaim", "spec/volumeName"),
    ONE("ClusterRole", "rules/resourceNames"),
};
constexpr Row kClaim[] = {PODS("volumes/persistentVolumeClaim/claimName")};
constexpr Row kScaled[] = {ONE("HorizontalPodAutoscaler", "spec/scaleTargetRef/name")};
constexpr Row kPolicy[] = {{"admissionregistration.k8s.io", "", "ValidatingAdmissionPolicyBinding",
                            "spec/policyName", false}};
constexpr Row kIngressClass[] = {ONE("Ingress", "spec/ingressClassName")};

struct ReferenceRows {
  Gvk referent;
  std::span<const Row> rows;
};
constexpr ReferenceRows kNameReference[] = {
    {{"storage.k8s.io", "v1", "StorageClass"}, kStorageClass},
    {{"", "v1", "ServiceAccount"}, kServiceAccount},
    {{"rbac.authorization.k8s.io", "", "Role"}, kRole},
    {{"rbac.authorization.k8s.io", "", "ClusterRole"}, kClusterRole},
    {{"", "v1", "ConfigMap"}, kConfigMap},
    {{"", "v1", "Secret"}, kSecret},
    {{"", "v1", "Service"}, kService},
    {{"scheduling.k8s.io", "v1", "PriorityClass"}, kPriorityClass},
    {{"", "v1", "PersistentVolume"}, kPersistentVolume},
    {{"", "v1", "PersistentVolumeClaim"}, kClaim},
    {{"", "", "Deployment"}, kScaled},
    {{"", "", "StatefulSet"}, kScaled},
    {{"admissionregistration.k8s.io", "", "ValidatingAdmissionPolicy"}, kPolicy},
    {{"networking.k8s.io/v1", "v1", "IngressClass"},
     kIngressClass},  // the peer's slip: it never matches
    {{"", "", "ReplicaSet"}, kScaled},
    {{"", "", "ReplicationController"}, kScaled},
};

FieldSpecs Specs(std::span<const Row> rows) {
  FieldSpecs specs;
  specs.reserve(rows.size());
  for (const Row& row : rows)
    specs.push_back({{row.group, row.version, row.kind}, row.path, row.create});
  return specs;
}

TransformerConfig MakeDefaults() {
  TransformerConfig config;
  config.name_prefix = config.name_suffix = Specs(kNamePrefix);
  config.namespaces = Specs(kNamespace);
  config.common_labels = Specs(kCommonLabels);
  config.template_labels = Specs(kTemplateLabels);
  config.common_annotations = Specs(kCommonAnnotations);
  config.var_reference = Specs(kVarReference);
  config.images = Specs(kImages);
  config.replicas = Specs(kReplicas);
  for (const ReferenceRows& rows : kNameReference)
    config.name_reference.push_back({rows.referent, Specs(rows.rows)});
  SortFields(config);
  return config;
}

}  // namespace

const TransformerConfig& DefaultConfig() {
  static const TransformerConfig config = MakeDefaults();
  return config;
}

}  // namespace sluice::kustomize
