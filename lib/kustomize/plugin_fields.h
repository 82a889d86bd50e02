// How plugin configurations are read: one struct for all of them, each kind looking at its fields.
#pragma once

#include "kustfile_fields.h"
#include "transformer.h"

namespace sluice::kustomize {

constexpr std::string_view GoName(const ValueAddTarget*) { return "Target"; }
template <class V>
void VisitFields(V& v, ValueAddTarget& t) {
  v("selector", t.selector), v("fieldPath", t.field_path), v("filePathPosition", t.file_path_position);
}
constexpr std::string_view GoName(const ValueAddConfig*) { return "ValueAddTransformerPlugin"; }
template <class V>
void VisitFields(V& v, ValueAddConfig& t) {
  v("value", t.value), v("targets", t.targets), v("targetFilePath", t.target_file_path);
}

struct NameAndProject {
  std::string name, ns, project_id;
};
constexpr std::string_view GoName(const NameAndProject*) { return "ServiceAccount"; }
template <class V>
void VisitFields(V& v, NameAndProject& t) {
  v("name", t.name), v("namespace", t.ns), v("projectId", t.project_id);
}

struct PluginConfig {
  ObjectMeta metadata;
  StringMap annotations, labels;
  std::optional<std::vector<FieldSpecEntry>> specs;
  GeneratorArgs args;
  std::string type, set_role_binding_subjects, prefix, suffix, patch, path, json_op, patches, cloud;
  bool unset_only = false;
  std::optional<Selector> target;
  std::optional<PatchOptions> options;
  std::vector<std::string> paths;
  Image image;
  Replica replica;
  std::vector<ReplacementField> replacements;
  NameAndProject kubernetes_service, service_account;
};

// One reading per kind: the same name means another type elsewhere.
struct EntriesPlugin : PluginConfig {};
struct GeneratorPlugin : PluginConfig {};
struct NamespacePlugin : PluginConfig {};
struct PatchPlugin : PluginConfig {};
struct MergePlugin : PluginConfig {};
struct OtherPlugin : PluginConfig {};

constexpr std::string_view GoName(const EntriesPlugin*) { return "LabelTransformerPlugin"; }
template <class V>
void VisitFields(V& v, EntriesPlugin& t) {
  v("labels", t.labels), v("annotations", t.annotations), v("fieldSpecs", t.specs);
}
constexpr std::string_view GoName(const GeneratorPlugin*) { return "ConfigMapGeneratorPlugin"; }
template <class V>
void VisitFields(V& v, GeneratorPlugin& t) {
  v("metadata", t.metadata), v("type", t.type);
  v.Embed("GeneratorArgs", t.args);
}
constexpr std::string_view GoName(const NamespacePlugin*) { return "NamespaceTransformerPlugin"; }
template <class V>
void VisitFields(V& v, NamespacePlugin& t) {
  v("metadata", t.metadata), v("fieldSpecs", t.specs), v("unsetOnly", t.unset_only);
  v("setRoleBindingSubjects", t.set_role_binding_subjects);
}
constexpr std::string_view GoName(const PatchPlugin*) { return "PatchTransformerPlugin"; }
template <class V>
void VisitFields(V& v, PatchPlugin& t) {
  v("path", t.path), v("patch", t.patch), v("jsonOp", t.json_op), v("target", t.target), v("options", t.options);
}
constexpr std::string_view GoName(const MergePlugin*) { return "PatchStrategicMergeTransformerPlugin"; }
template <class V>
void VisitFields(V& v, MergePlugin& t) {
  v("paths", t.paths), v("patches", t.patches);
}
constexpr std::string_view GoName(const OtherPlugin*) { return "Plugin"; }
template <class V>
void VisitFields(V& v, OtherPlugin& t) {
  v("fieldSpecs", t.specs), v("prefix", t.prefix), v("suffix", t.suffix), v("imageTag", t.image), v("replica", t.replica);
  v("replacements", t.replacements), v("cloud", t.cloud), v("kubernetesService", t.kubernetes_service);
  v("serviceAccount", t.service_account);
}

}  // namespace sluice::kustomize
