// How plugin configurations are read: a struct for each kind, by the name that errors print.
#pragma once

#include "kustfile_fields.h"
#include "transformer.h"

namespace sluice::kustomize {

constexpr std::string_view GoName(const ValueAddTarget*) { return "Target"; }
template <class V>
void VisitFields(V& v, ValueAddTarget& t) {
  v("selector", t.selector), v("fieldPath", t.field_path),
      v("filePathPosition", t.file_path_position);
}
constexpr std::string_view GoName(const ValueAddConfig*) { return "ValueAddTransformerPlugin"; }
template <class V>
void VisitFields(V& v, ValueAddConfig& t) {
  v("value", t.value), v("targets", t.targets), v("targetFilePath", t.target_file_path);
}

struct EntriesPlugin {
  StringMap entries;
  std::optional<std::vector<FieldSpecEntry>> specs;
};
struct LabelPlugin : EntriesPlugin {};
struct AnnotationPlugin : EntriesPlugin {};
constexpr std::string_view GoName(const LabelPlugin*) { return "LabelTransformerPlugin"; }
template <class V>
void VisitFields(V& v, LabelPlugin& t) {
  v("labels", t.entries), v("fieldSpecs", t.specs);
}
constexpr std::string_view GoName(const AnnotationPlugin*) {
  return "AnnotationsTransformerPlugin";
}
template <class V>
void VisitFields(V& v, AnnotationPlugin& t) {
  v("annotations", t.entries), v("fieldSpecs", t.specs);
}

struct ConfigMapPlugin {
  ObjectMeta metadata;
  ConfigMapArgs generator;
};
constexpr std::string_view GoName(const ConfigMapPlugin*) { return "ConfigMapGeneratorPlugin"; }
template <class V>
void VisitFields(V& v, ConfigMapPlugin& t) {
  v("metadata", t.metadata);
  v.Embed("ConfigMapArgs", t.generator);
}
struct SecretPlugin {
  ObjectMeta metadata;
  SecretArgs generator;
};
constexpr std::string_view GoName(const SecretPlugin*) { return "SecretGeneratorPlugin"; }
template <class V>
void VisitFields(V& v, SecretPlugin& t) {
  v("metadata", t.metadata);
  v.Embed("SecretArgs", t.generator);
}

struct NamespacePlugin {
  ObjectMeta metadata;
  std::optional<std::vector<FieldSpecEntry>> specs;
  bool unset_only = false;
  std::string subjects;
};
constexpr std::string_view GoName(const NamespacePlugin*) { return "NamespaceTransformerPlugin"; }
template <class V>
void VisitFields(V& v, NamespacePlugin& t) {
  v("metadata", t.metadata), v("fieldSpecs", t.specs), v("unsetOnly", t.unset_only);
  v("setRoleBindingSubjects", t.subjects);
}

struct NamePlugin {
  std::string prefix, suffix;
  std::optional<std::vector<FieldSpecEntry>> specs;
};
constexpr std::string_view GoName(const NamePlugin*) { return "PrefixTransformerPlugin"; }
template <class V>
void VisitFields(V& v, NamePlugin& t) {
  v("prefix", t.prefix), v("suffix", t.suffix), v("fieldSpecs", t.specs);
}

struct ImagePlugin {
  Image image;
  std::optional<std::vector<FieldSpecEntry>> specs;
};
constexpr std::string_view GoName(const ImagePlugin*) { return "ImageTagTransformerPlugin"; }
template <class V>
void VisitFields(V& v, ImagePlugin& t) {
  v("imageTag", t.image), v("fieldSpecs", t.specs);
}
struct ReplicaPlugin {
  Replica replica;
  std::optional<std::vector<FieldSpecEntry>> specs;
};
constexpr std::string_view GoName(const ReplicaPlugin*) { return "ReplicaCountTransformerPlugin"; }
template <class V>
void VisitFields(V& v, ReplicaPlugin& t) {
  v("replica", t.replica), v("fieldSpecs", t.specs);
}
struct ReplacementPlugin {
  std::vector<ReplacementField> replacements;
};
constexpr std::string_view GoName(const ReplacementPlugin*) {
  return "ReplacementTransformerPlugin";
}
template <class V>
void VisitFields(V& v, ReplacementPlugin& t) {
  v("replacements", t.replacements);
}

struct PatchPlugin {
  Patch patch;
};
constexpr std::string_view GoName(const PatchPlugin*) { return "PatchTransformerPlugin"; }
template <class V>
void VisitFields(V& v, PatchPlugin& t) {
  VisitFields(v, t.patch);
}
struct Json6902Plugin {
  Json6902Config config;
};
constexpr std::string_view GoName(const Json6902Plugin*) {
  return "PatchJson6902TransformerPlugin";
}
template <class V>
void VisitFields(V& v, Json6902Plugin& t) {
  v("target", t.config.target), v("path", t.config.path), v("jsonOp", t.config.json_op);
}
struct MergePlugin {
  std::vector<MergePatchText> paths;
  std::string patches;
};
constexpr std::string_view GoName(const MergePlugin*) {
  return "PatchStrategicMergeTransformerPlugin";
}
template <class V>
void VisitFields(V& v, MergePlugin& t) {
  v("paths", t.paths), v("patches", t.patches);
}

struct KubernetesServiceName {
  std::string name, ns;
};
constexpr std::string_view GoName(const KubernetesServiceName*) { return "KubernetesService"; }
template <class V>
void VisitFields(V& v, KubernetesServiceName& t) {
  v("name", t.name), v("namespace", t.ns);
}
struct CloudAccount {
  std::string name, project_id;
};
constexpr std::string_view GoName(const CloudAccount*) { return "ServiceAccount"; }
template <class V>
void VisitFields(V& v, CloudAccount& t) {
  v("name", t.name), v("projectId", t.project_id);
}
struct IamPlugin {
  std::string cloud;
  KubernetesServiceName service;
  CloudAccount account;
};
constexpr std::string_view GoName(const IamPlugin*) { return "IAMPolicyGeneratorPlugin"; }
template <class V>
void VisitFields(V& v, IamPlugin& t) {
  v.Embed("IAMPolicyGeneratorArgs", [&] {
    v("cloud", t.cloud), v("kubernetesService", t.service), v("serviceAccount", t.account);
  });
}

struct HelmPlugin {
  HelmGlobals globals;
  HelmChartEntry chart;
};
constexpr std::string_view GoName(const HelmPlugin*) { return "HelmChartInflationGeneratorPlugin"; }
template <class V>
void VisitFields(V& v, HelmPlugin& t) {
  v.Embed("HelmGlobals", t.globals);
  v.Embed("HelmChart", t.chart);
}

}  // namespace sluice::kustomize
