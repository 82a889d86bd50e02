// The built-in generators and transformers that a kustomization's own fields configure, in the
// peer's order.
#include "base/strings.h"
#include "document/yaml.h"
#include "target.h"

namespace sluice::kustomize {
namespace {

using base::Cat;
using base::Result;
using base::Status;
using document::Value;

Status Trouble(Status status, std::string_view kind, const Value& config) {
  return std::move(status).Wrap(Cat("trouble configuring builtin ", kind, " with config: `\n",
                                    document::ToYaml(config), "`"));
}

// What `generatorOptions` say where the entry does not.
GeneratorArgs WithDefaults(GeneratorArgs args, const std::optional<GeneratorOptions>& defaults) {
  if (!defaults.has_value()) return args;
  if (!args.options.has_value()) args.options.emplace();
  args.options->labels.insert(defaults->labels.begin(), defaults->labels.end());
  args.options->annotations.insert(defaults->annotations.begin(), defaults->annotations.end());
  args.options->disable_name_suffix_hash |= defaults->disable_name_suffix_hash;
  args.options->immutable |= defaults->immutable;
  return args;
}

}  // namespace

void Target::Add(std::vector<TransformerPtr>& out, TransformerPtr transformer,
                 std::string_view kind) const {
  transformer->origin = OriginBy(kind);
  out.push_back(std::move(transformer));
}

Result<std::vector<GeneratorPtr>> Target::BuiltinGenerators() {
  std::vector<GeneratorPtr> out;
  const auto add = [&](GeneratorPtr generator, std::string_view kind) {
    generator->origin = OriginBy(kind);
    out.push_back(std::move(generator));
  };
  for (const ConfigMapArgs& g : file_.config_maps) {
    add(MakeConfigMapGenerator(plugin(), WithDefaults(g.args, file_.generator_options)),
        "ConfigMapGenerator");
  }
  for (const SecretArgs& g : file_.secrets) {
    add(MakeSecretGenerator(plugin(), WithDefaults(g.args, file_.generator_options), g.type),
        "SecretGenerator");
  }
  for (const HelmChartEntry& chart : file_.helm_charts) {
    constexpr std::string_view kKind = "HelmChartInflationGenerator";
    auto made = MakeHelmGenerator(plugin(), chart, file_.helm_globals, InheritedNamespace());
    if (!made.ok()) return Trouble(made.status(), kKind, ToConfig(chart, file_.helm_globals));
    add(*std::move(made), kKind);
  }
  return out;
}

Result<std::vector<TransformerPtr>> Target::BuiltinTransformers(const TransformerConfig& config) {
  std::vector<TransformerPtr> out;
  SLUICE_TRY(PatchTransformers(out));
  if (!file_.ns.empty()) {
    NamespaceConfig c;
    c.ns = file_.ns;
    c.specs = config.namespaces;
    Add(out, MakeNamespaceTransformer(context_, std::move(c)), "NamespaceTransformer");
  }
  if (!file_.name_prefix.empty()) {
    Add(out, MakeNameTransformer(context_, false, file_.name_prefix, config.name_prefix),
        "PrefixTransformer");
  }
  if (!file_.name_suffix.empty()) {
    Add(out, MakeNameTransformer(context_, true, file_.name_suffix, config.name_suffix),
        "SuffixTransformer");
  }
  SLUICE_TRY(LabelTransformers(config, out));
  SLUICE_TRY(LateTransformers(config, out));
  return out;
}

Status Target::PatchTransformers(std::vector<TransformerPtr>& out) {
  if (!file_.merge_patches.empty()) {
    constexpr std::string_view kKind = "PatchStrategicMergeTransformer";
    std::vector<std::string> texts;
    for (const MergePatchText& patch : file_.merge_patches) texts.push_back(patch.text);
    auto made = MakeStrategicMergeTransformer(plugin(), texts, "");
    if (!made.ok()) {
      Value paths = Value::Array();
      for (const std::string& text : texts) paths.Append(text);
      return Trouble(made.status(), kKind, Value::Object({{"paths", std::move(paths)}}));
    }
    Add(out, *std::move(made), kKind);
  }
  for (const Patch& patch : file_.patches) {
    constexpr std::string_view kKind = "PatchTransformer";
    // The configuration is only printed where there is neither path nor patch, or both.
    const bool printed = patch.path.empty() == base::TrimSpace(patch.patch).empty();
    auto made =
        MakePatchTransformer(plugin(), patch, printed ? document::ToYaml(ToConfig(patch)) : "");
    if (!made.ok()) return Trouble(made.status(), kKind, ToConfig(patch));
    Add(out, *std::move(made), kKind);
  }
  return {};
}

Status Target::LabelTransformers(const TransformerConfig& config,
                                 std::vector<TransformerPtr>& out) {
  constexpr std::string_view kKind = "LabelTransformer";
  if (!file_.labels.empty() || !file_.common_labels.empty()) {
    for (const Label& label : file_.labels) {
      FieldSpecs specs = ToSpecs(context_, label.fields);
      Status s = MergeAll(specs, config.labels);
      if (s.ok() && label.include_selectors) {
        s = MergeAll(specs, config.common_labels);
      } else if (s.ok()) {
        if (label.include_templates) s = MergeAll(specs, config.template_labels);
        if (s.ok()) s = MergeOne(specs, {{}, "metadata/labels", true});
      }
      if (!s.ok()) return std::move(s).Wrap("failed to merge labels");
      Add(out, MakeEntriesTransformer(label.pairs, std::move(specs)), kKind);
    }
    Add(out, MakeEntriesTransformer(file_.common_labels, config.common_labels), kKind);
  }
  if (!file_.common_annotations.empty()) {
    Add(out, MakeEntriesTransformer(file_.common_annotations, config.common_annotations),
        "AnnotationsTransformer");
  }
  return {};
}

Status Target::LateTransformers(const TransformerConfig& config, std::vector<TransformerPtr>& out) {
  for (const Patch& patch : file_.patches_json6902) {
    constexpr std::string_view kKind = "PatchJson6902Transformer";
    auto made = MakeJson6902Transformer(plugin(), {patch.target, patch.path, patch.patch});
    if (!made.ok()) {
      Value printed = Value::Object();
      if (patch.target.has_value()) printed.Set("target", ToConfig(*patch.target));
      if (!patch.path.empty()) printed.Set("path", patch.path);
      if (!patch.patch.empty()) printed.Set("jsonOp", patch.patch);
      return Trouble(made.status(), kKind, printed);
    }
    Add(out, *std::move(made), kKind);
  }
  for (const Replica& replica : file_.replicas) {
    Add(out, MakeReplicaTransformer(context_, replica, config.replicas), "ReplicaCountTransformer");
  }
  for (const Image& image : file_.images) {
    SLUICE_TRY(auto made, MakeImageTransformer(context_, image, config.images));
    Add(out, std::move(made), "ImageTagTransformer");
  }
  if (!file_.replacements.empty()) {
    constexpr std::string_view kKind = "ReplacementTransformer";
    auto made = MakeReplacementTransformer(plugin(), file_.replacements);
    if (!made.ok()) {
      Value list = Value::Array();
      for (const ReplacementField& field : file_.replacements) list.Append(ToConfig(field));
      return Trouble(made.status(), kKind, Value::Object({{"Replacements", std::move(list)}}));
    }
    Add(out, *std::move(made), kKind);
  }
  return {};
}

}  // namespace sluice::kustomize
