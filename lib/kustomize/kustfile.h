// The kustomization file as data (spec §3), and the pieces of it that plugin configurations share.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "decode.h"
#include "document/value.h"

namespace sluice::kustomize {

using StringMap = std::map<std::string, std::string>;

struct FieldSpecEntry {
  std::string group, version, kind, path;
  bool create = false;
};
struct Selector {
  std::string group, version, kind, name, ns, annotation_selector, label_selector;
};
struct Label {
  StringMap pairs;
  bool include_selectors = false, include_templates = false;
  std::vector<FieldSpecEntry> fields;
};
struct PatchOptions {
  bool allow_name_change = false, allow_kind_change = false;
};
struct Patch {
  std::string path, patch;
  std::optional<Selector> target;
  std::optional<PatchOptions> options;
};
struct Image {
  std::string name, new_name, tag_suffix, new_tag, digest;
};
struct Replica {
  std::string name;
  int64_t count = 0;
};
struct FieldOptions {
  std::string delimiter;
  int index = 0;
  std::string encoding;
  bool create = false;
};
struct SourceSelector {
  std::string group, version, kind, name, ns, field_path;
  std::optional<FieldOptions> options;
};
struct TargetSelector {
  std::optional<Selector> select;
  std::vector<Selector> reject;
  std::vector<std::string> field_paths;
  std::optional<FieldOptions> options;
};
struct Replacement {
  std::optional<SourceSelector> source;
  std::optional<std::string> source_value;
  std::vector<TargetSelector> targets;
};
struct ReplacementField {
  Replacement replacement;
  std::string path;
};
struct ObjectMeta {
  std::string name, ns;
  StringMap labels, annotations;
};
struct VarTarget {
  std::string api_version, group, version, kind, name, ns;
};
struct FieldRef {
  std::string field_path;
};
struct Var {
  std::string name;
  VarTarget objref;
  FieldRef fieldref;
};
struct LegacySortOptions {
  std::vector<std::string> order_first, order_last;
};
struct SortOptions {
  std::string order;
  std::optional<LegacySortOptions> legacy;
};
struct GeneratorOptions {
  StringMap labels, annotations;
  bool disable_name_suffix_hash = false, immutable = false;
};
struct GeneratorArgs {
  std::string ns, name, behavior, env;
  std::vector<std::string> literals, files, envs;
  std::optional<GeneratorOptions> options;
};
struct ConfigMapArgs {
  GeneratorArgs args;
};
struct SecretArgs {
  GeneratorArgs args;
  std::string type;
};
struct HelmGlobals {
  std::string chart_home, config_home;
};
struct HelmChartEntry {
  std::string name, version, repo, release_name, ns, values_file, values_merge, kube_version,
      name_template;
  std::vector<std::string> additional_values_files, api_versions;
  document::Value values_inline;
  bool include_crds = false, skip_hooks = false, skip_tests = false, debug = false, devel = false;
};
struct HelmChartArgs {  // the deprecated helmChartInflationGenerator
  std::string chart_name, chart_version, chart_repo_url, chart_home, chart_repo_name, helm_bin,
      helm_home, values, values_merge, release_name, release_namespace;
  document::Value values_local;
  std::vector<std::string> extra_args;
};

struct Kustomization {
  std::string api_version, kind;
  std::optional<ObjectMeta> metadata;
  StringMap openapi;
  std::string name_prefix, name_suffix, ns;
  StringMap common_labels, common_annotations;
  std::vector<Label> labels;
  std::vector<MergePatchText> merge_patches;
  std::vector<Patch> patches_json6902, patches;
  std::vector<Image> images, image_tags;
  std::vector<ReplacementField> replacements;
  std::vector<Replica> replicas;
  std::vector<Var> vars;
  std::optional<SortOptions> sort_options;
  std::vector<std::string> resources, bases, components, crds, configurations, generators,
      transformers, validators, build_metadata;
  std::vector<ConfigMapArgs> config_maps;
  std::vector<SecretArgs> secrets;
  std::optional<HelmGlobals> helm_globals;
  std::vector<HelmChartEntry> helm_charts;
  std::vector<HelmChartArgs> helm_chart_args;
  std::optional<GeneratorOptions> generator_options;

  bool HasBuildMetadata(std::string_view option) const;
};

inline constexpr std::string_view kKustomizationFileNames[] = {
    "kustomization.yaml", "kustomization.yml", "Kustomization"};
inline constexpr std::string_view kComponentKind = "Component";

// Decodes, fixes deprecated fields and checks; `root` is printed in errors, unknown fields fail
// when strict. Warnings are appended even when it fails.
base::Result<Kustomization> ParseKustomization(std::string_view text, std::string_view root,
                                               bool strict, std::vector<std::string>& warnings);

// What kustomize prints of a part of its file in error messages: sigs.k8s.io/yaml of the Go struct.
document::Value ToConfig(const Patch& patch);
document::Value ToConfig(const Selector& selector);
document::Value ToConfig(const ReplacementField& field);
document::Value ToConfig(const HelmChartEntry& chart, const std::optional<HelmGlobals>& globals);

}  // namespace sluice::kustomize
