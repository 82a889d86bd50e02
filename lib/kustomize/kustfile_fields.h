// How the structs of kustfile.h are read from their file: JSON names, and the Go names that errors
// print.
#pragma once

#include "decode.h"
#include "kustfile.h"

namespace sluice::kustomize {

// What several of the peer's structs embed.
template <class V, class T>
void VisitGvk(V& v, T& t) {
  v.Embed("Gvk", [&] { v("group", t.group), v("version", t.version), v("kind", t.kind); });
}
template <class V, class T>
void VisitResId(V& v, T& t) {
  v.Embed("ResId", [&] { VisitGvk(v, t), v("name", t.name), v("namespace", t.ns); });
}

constexpr std::string_view GoName(const FieldSpecEntry*) { return "FieldSpec"; }
template <class V>
void VisitFields(V& v, FieldSpecEntry& t) {
  VisitGvk(v, t);
  v("path", t.path), v("create", t.create);
}
constexpr std::string_view GoName(const Selector*) { return "Selector"; }
void GoListHoldsPointers(const Selector*);
template <class V>
void VisitFields(V& v, Selector& t) {
  VisitResId(v, t);
  v("annotationSelector", t.annotation_selector), v("labelSelector", t.label_selector);
}
constexpr std::string_view GoName(const Label*) { return "Label"; }
template <class V>
void VisitFields(V& v, Label& t) {
  v("pairs", t.pairs), v("includeSelectors", t.include_selectors),
      v("includeTemplates", t.include_templates);
  v("fields", t.fields);
}
constexpr std::string_view GoName(const PatchOptions*) { return "PatchArgs"; }
template <class V>
void VisitFields(V& v, PatchOptions& t) {
  v("allowNameChange", t.allow_name_change), v("allowKindChange", t.allow_kind_change);
}
constexpr std::string_view GoName(const Patch*) { return "Patch"; }
template <class V>
void VisitFields(V& v, Patch& t) {
  v("path", t.path), v("patch", t.patch), v("target", t.target), v("options", t.options);
}
constexpr std::string_view GoName(const Image*) { return "Image"; }
template <class V>
void VisitFields(V& v, Image& t) {
  v("name", t.name), v("newName", t.new_name), v("tagSuffix", t.tag_suffix), v("newTag", t.new_tag),
      v("digest", t.digest);
}
constexpr std::string_view GoName(const Replica*) { return "Replica"; }
template <class V>
void VisitFields(V& v, Replica& t) {
  v("name", t.name), v("count", t.count);
}
constexpr std::string_view GoName(const FieldOptions*) { return "FieldOptions"; }
template <class V>
void VisitFields(V& v, FieldOptions& t) {
  v("delimiter", t.delimiter), v("index", t.index), v("encoding", t.encoding),
      v("create", t.create);
}
constexpr std::string_view GoName(const SourceSelector*) { return "SourceSelector"; }
template <class V>
void VisitFields(V& v, SourceSelector& t) {
  VisitResId(v, t);
  v("fieldPath", t.field_path), v("options", t.options);
}
constexpr std::string_view GoName(const TargetSelector*) { return "TargetSelector"; }
void GoListHoldsPointers(const TargetSelector*);
template <class V>
void VisitFields(V& v, TargetSelector& t) {
  v("select", t.select), v("reject", t.reject), v("fieldPaths", t.field_paths),
      v("options", t.options);
}
constexpr std::string_view GoName(const Replacement*) { return "Replacement"; }
template <class V>
void VisitFields(V& v, Replacement& t) {
  v("source", t.source), v("sourceValue", t.source_value), v("targets", t.targets);
}
constexpr std::string_view GoName(const ReplacementField*) { return "ReplacementField"; }
template <class V>
void VisitFields(V& v, ReplacementField& t) {
  v.Embed("Replacement", t.replacement);
  v("path", t.path);
}
constexpr std::string_view GoName(const ObjectMeta*) { return "ObjectMeta"; }
template <class V>
void VisitFields(V& v, ObjectMeta& t) {
  v("name", t.name), v("namespace", t.ns), v("labels", t.labels), v("annotations", t.annotations);
}
constexpr std::string_view GoName(const VarTarget*) { return "Target"; }
template <class V>
void VisitFields(V& v, VarTarget& t) {
  v("apiVersion", t.api_version);
  VisitGvk(v, t);
  v("name", t.name), v("namespace", t.ns);
}
constexpr std::string_view GoName(const FieldRef*) { return "FieldSelector"; }
template <class V>
void VisitFields(V& v, FieldRef& t) {
  v("fieldPath", t.field_path);
  v("fieldpath", t.field_path);
}
constexpr std::string_view GoName(const Var*) { return "Var"; }
template <class V>
void VisitFields(V& v, Var& t) {
  v("name", t.name), v("objref", t.objref), v("fieldref", t.fieldref);
}
constexpr std::string_view GoName(const LegacySortOptions*) { return "LegacySortOptions"; }
template <class V>
void VisitFields(V& v, LegacySortOptions& t) {
  v("orderFirst", t.order_first), v("orderLast", t.order_last);
}
constexpr std::string_view GoName(const SortOptions*) { return "SortOptions"; }
template <class V>
void VisitFields(V& v, SortOptions& t) {
  v("order", t.order), v("legacySortOptions", t.legacy);
}
constexpr std::string_view GoName(const GeneratorOptions*) { return "GeneratorOptions"; }
template <class V>
void VisitFields(V& v, GeneratorOptions& t) {
  v("labels", t.labels), v("annotations", t.annotations),
      v("disableNameSuffixHash", t.disable_name_suffix_hash);
  v("immutable", t.immutable);
}
constexpr std::string_view GoName(const GeneratorArgs*) { return "GeneratorArgs"; }
template <class V>
void VisitFields(V& v, GeneratorArgs& t) {
  v("namespace", t.ns), v("name", t.name), v("behavior", t.behavior);
  v.Embed("KvPairSources", [&] {
    v("literals", t.literals), v("files", t.files), v("envs", t.envs), v("env", t.env);
  });
  v("options", t.options);
}
constexpr std::string_view GoName(const ConfigMapArgs*) { return "ConfigMapArgs"; }
template <class V>
void VisitFields(V& v, ConfigMapArgs& t) {
  v.Embed("GeneratorArgs", t.args);
}
constexpr std::string_view GoName(const SecretArgs*) { return "SecretArgs"; }
template <class V>
void VisitFields(V& v, SecretArgs& t) {
  v.Embed("GeneratorArgs", t.args);
  v("type", t.type);
}
constexpr std::string_view GoName(const HelmGlobals*) { return "HelmGlobals"; }
template <class V>
void VisitFields(V& v, HelmGlobals& t) {
  v("chartHome", t.chart_home), v("configHome", t.config_home);
}
constexpr std::string_view GoName(const HelmChartEntry*) { return "HelmChart"; }
template <class V>
void VisitFields(V& v, HelmChartEntry& t) {
  v("name", t.name), v("version", t.version), v("repo", t.repo), v("releaseName", t.release_name),
      v("namespace", t.ns);
  v("additionalValuesFiles", t.additional_values_files), v("valuesFile", t.values_file),
      v("valuesInline", t.values_inline);
  v("valuesMerge", t.values_merge), v("includeCRDs", t.include_crds), v("skipHooks", t.skip_hooks);
  v("apiVersions", t.api_versions), v("kubeVersion", t.kube_version),
      v("nameTemplate", t.name_template);
  v("skipTests", t.skip_tests), v("debug", t.debug), v("devel", t.devel);
}
constexpr std::string_view GoName(const HelmChartArgs*) { return "HelmChartArgs"; }
template <class V>
void VisitFields(V& v, HelmChartArgs& t) {
  v("chartName", t.chart_name), v("chartVersion", t.chart_version),
      v("chartRepoUrl", t.chart_repo_url);
  v("chartHome", t.chart_home), v("chartRepoName", t.chart_repo_name), v("helmBin", t.helm_bin),
      v("helmHome", t.helm_home);
  v("values", t.values), v("valuesLocal", t.values_local), v("valuesMerge", t.values_merge);
  v("releaseName", t.release_name), v("releaseNamespace", t.release_namespace),
      v("extraArgs", t.extra_args);
}
constexpr std::string_view GoName(const Kustomization*) { return "Kustomization"; }
template <class V>
void VisitFields(V& v, Kustomization& t) {
  v.Embed("TypeMeta", [&] { v("apiVersion", t.api_version), v("kind", t.kind); });
  v("metadata", t.metadata), v("openapi", t.openapi);
  v("namePrefix", t.name_prefix), v("nameSuffix", t.name_suffix), v("namespace", t.ns),
      v("commonLabels", t.common_labels);
  v("labels", t.labels), v("commonAnnotations", t.common_annotations);
  v("patchesStrategicMerge", t.merge_patches), v("patchesJson6902", t.patches_json6902),
      v("patches", t.patches);
  v("images", t.images), v("imageTags", t.image_tags), v("replacements", t.replacements),
      v("replicas", t.replicas);
  v("vars", t.vars), v("sortOptions", t.sort_options), v("resources", t.resources),
      v("bases", t.bases);
  v("components", t.components), v("crds", t.crds), v("configMapGenerator", t.config_maps),
      v("secretGenerator", t.secrets);
  v("helmGlobals", t.helm_globals), v("helmCharts", t.helm_charts),
      v("helmChartInflationGenerator", t.helm_chart_args);
  v("generatorOptions", t.generator_options), v("configurations", t.configurations),
      v("generators", t.generators);
  v("transformers", t.transformers), v("validators", t.validators),
      v("buildMetadata", t.build_metadata);
}

}  // namespace sluice::kustomize
