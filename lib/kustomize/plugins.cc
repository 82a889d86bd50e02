#include "plugins.h"

#include <variant>

#include "base/strings.h"
#include "document/yaml.h"
#include "function_plugin.h"
#include "plugin_fields.h"

namespace sluice::kustomize {
namespace {

using base::Cat;
using base::Result;
using base::Status;
using document::Value;

// The peer's function that adds hashes, as a plugin.
class HashTransformer final : public Transformer {
 public:
  explicit HashTransformer(BuildContext& context) : context_(context) {}
  Status Transform(ResMap& map) override { return AddNameHashes(context_, map); }

 private:
  BuildContext& context_;
};

// The older name of both in one.
class PrefixAndSuffix final : public Transformer {
 public:
  PrefixAndSuffix(TransformerPtr prefix, TransformerPtr suffix) : prefix_(std::move(prefix)), suffix_(std::move(suffix)) {}
  Status Transform(ResMap& map) override {
    if (prefix_ != nullptr) SLUICE_TRY(prefix_->Transform(map));
    return suffix_ != nullptr ? suffix_->Transform(map) : Status();
  }

 private:
  TransformerPtr prefix_, suffix_;
};

using Plugin = std::variant<std::monostate, TransformerPtr, GeneratorPtr>;

template <class T>
Result<T> Read(const Value& value) {
  T config;
  SLUICE_TRY(Decoder(/*strict=*/false).Decode(value, config));
  return config;
}

Result<Plugin> Wrap(Result<TransformerPtr> made) {
  if (!made.ok()) return std::move(made).status();
  return Plugin(*std::move(made));
}
Result<Plugin> Wrap(Result<GeneratorPtr> made) {
  if (!made.ok()) return std::move(made).status();
  return Plugin(*std::move(made));
}

Result<Plugin> MakeEntries(PluginContext plugin, const Value& value, bool labels) {
  SLUICE_TRY(auto c, Read<EntriesPlugin>(value));
  return Plugin(MakeEntriesTransformer(std::move(labels ? c.labels : c.annotations),
                                       ToSpecs(plugin.build, c.specs.value_or(std::vector<FieldSpecEntry>()))));
}

Result<Plugin> MakeKeyValue(PluginContext plugin, const Value& value, bool secret) {
  SLUICE_TRY(auto c, Read<GeneratorPlugin>(value));
  if (c.args.name.empty()) c.args.name = c.metadata.name;
  if (c.args.ns.empty()) c.args.ns = c.metadata.ns;
  if (secret) return Plugin(MakeSecretGenerator(plugin, std::move(c.args), std::move(c.type)));
  return Plugin(MakeConfigMapGenerator(plugin, std::move(c.args)));
}

Result<Plugin> MakeNamespace(PluginContext plugin, const Value& value) {
  SLUICE_TRY(auto c, Read<NamespacePlugin>(value));
  const std::string& subjects = c.set_role_binding_subjects;
  if (!subjects.empty() && subjects != "defaultOnly" && subjects != "allServiceAccounts" && subjects != "none") {
    return base::InvalidArgument(Cat("invalid value ", base::QuoteGo(subjects),
                                     " for setRoleBindingSubjects: must be one of \"defaultOnly\", \"none\" or "
                                     "\"allServiceAccounts\""));
  }
  NamespaceConfig config;
  config.ns = c.metadata.ns;
  config.specs = ToSpecs(plugin.build, c.specs.value_or(std::vector<FieldSpecEntry>()));
  config.unset_only = c.unset_only;
  config.subjects = subjects;
  return Plugin(MakeNamespaceTransformer(plugin.build, std::move(config)));
}

Result<Plugin> MakeName(PluginContext plugin, const Value& value, bool suffix) {
  SLUICE_TRY(auto c, Read<OtherPlugin>(value));
  if (!c.specs.has_value()) return base::InvalidArgument("fieldSpecs is not expected to be nil");
  return Plugin(MakeNameTransformer(plugin.build, suffix, suffix ? c.suffix : c.prefix, ToSpecs(plugin.build, *c.specs)));
}

Result<Plugin> MakePrefixAndSuffix(PluginContext plugin, const Value& value) {
  SLUICE_TRY(auto c, Read<OtherPlugin>(value));
  if (!c.specs.has_value()) return base::InvalidArgument("fieldSpecs is not expected to be nil");
  const FieldSpecs specs = ToSpecs(plugin.build, *c.specs);
  TransformerPtr prefix, suffix;
  if (!c.prefix.empty() || c.suffix.empty()) prefix = MakeNameTransformer(plugin.build, false, c.prefix, specs);
  if (!c.suffix.empty()) suffix = MakeNameTransformer(plugin.build, true, c.suffix, specs);
  return Plugin(std::make_unique<PrefixAndSuffix>(std::move(prefix), std::move(suffix)));
}

Result<Plugin> MakeOther(PluginContext plugin, std::string_view kind, const Value& value) {
  SLUICE_TRY(auto c, Read<OtherPlugin>(value));
  FieldSpecs specs = ToSpecs(plugin.build, c.specs.value_or(std::vector<FieldSpecEntry>()));
  if (kind == "ImageTagTransformer") return Wrap(MakeImageTransformer(plugin.build, std::move(c.image), std::move(specs)));
  if (kind == "ReplicaCountTransformer") {
    return Plugin(MakeReplicaTransformer(plugin.build, std::move(c.replica), std::move(specs)));
  }
  if (kind == "ReplacementTransformer") return Wrap(MakeReplacementTransformer(plugin, c.replacements));
  return Wrap(MakeIamPolicyGenerator(plugin.build, {c.cloud, c.kubernetes_service.name, c.kubernetes_service.ns,
                                                    c.service_account.name, c.service_account.project_id}));
}

Result<Plugin> MakeHelm(PluginContext plugin, const Value& value) {
  SLUICE_TRY(auto chart, Read<HelmChartEntry>(value));
  SLUICE_TRY(const auto globals, Read<HelmGlobals>(value));
  return Wrap(MakeHelmGenerator(plugin, std::move(chart), globals, ""));
}

// monostate: no built-in plugin of that kind.
Result<Plugin> Make(PluginContext plugin, std::string_view kind, const std::string& text) {
  SLUICE_TRY(const Value value, document::ParseYamlToValue(text));
  if (kind == "AnnotationsTransformer") return MakeEntries(plugin, value, false);
  if (kind == "LabelTransformer") return MakeEntries(plugin, value, true);
  if (kind == "ConfigMapGenerator") return MakeKeyValue(plugin, value, false);
  if (kind == "SecretGenerator") return MakeKeyValue(plugin, value, true);
  if (kind == "NamespaceTransformer") return MakeNamespace(plugin, value);
  if (kind == "PrefixTransformer") return MakeName(plugin, value, false);
  if (kind == "SuffixTransformer") return MakeName(plugin, value, true);
  if (kind == "PrefixSuffixTransformer") return MakePrefixAndSuffix(plugin, value);
  if (kind == "HashTransformer") return Plugin(std::make_unique<HashTransformer>(plugin.build));
  if (kind == "HelmChartInflationGenerator") return MakeHelm(plugin, value);
  if (kind == "PatchTransformer") {
    SLUICE_TRY(auto c, Read<PatchPlugin>(value));
    return Wrap(MakePatchTransformer(plugin, {c.path, c.patch, c.target, c.options}, text));
  }
  if (kind == "PatchJson6902Transformer") {
    SLUICE_TRY(auto c, Read<PatchPlugin>(value));
    return Wrap(MakeJson6902Transformer(plugin, {c.target, c.path, c.json_op}));
  }
  if (kind == "PatchStrategicMergeTransformer") {
    SLUICE_TRY(auto c, Read<MergePlugin>(value));
    return Wrap(MakeStrategicMergeTransformer(plugin, c.paths, c.patches));
  }
  if (kind == "ValueAddTransformer") {
    SLUICE_TRY(auto c, Read<ValueAddConfig>(value));
    return Wrap(MakeValueAddTransformer(plugin, std::move(c)));
  }
  if (kind == "ImageTagTransformer" || kind == "ReplicaCountTransformer" || kind == "ReplacementTransformer" ||
      kind == "IAMPolicyGenerator") {
    return MakeOther(plugin, kind, value);
  }
  return Plugin();
}

// What is not built in: a function, where plugins are allowed.
Result<Plugin> LoadExternal(PluginContext plugin, const Resource& config, bool generator) {
  const ResId id = config.original_id();
  if (!plugin.build.options.enable_plugins) {
    return base::PermissionDenied(Cat("external plugins disabled; unable to load external plugin '", id.gvk.kind, "'"));
  }
  auto spec = ReadFunctionSpec(config);
  if (!spec.ok()) return std::move(spec).status().Wrap("loader");
  if (!spec->has_value()) {
    return base::Unimplemented(Cat("unable to load external plugin '", id.gvk.kind, "': only functions are run, not programs of a plugin home"));
  }
  SLUICE_TRY(CheckMounts(**spec, config));
  std::string text;
  SLUICE_TRY(document::AppendResourceYaml(text, *config.Dump(plugin.build.arena)));
  if (generator) return Wrap(MakeFunctionGenerator(plugin, **std::move(spec), std::move(text)));
  return Wrap(MakeFunctionTransformer(plugin, **std::move(spec), std::move(text)));
}

Result<Plugin> Load(PluginContext plugin, const Resource& config, bool generator) {
  const Gvk gvk = config.gvk();
  if (!gvk.group.empty() || gvk.version != "builtin") return LoadExternal(plugin, config, generator);
  std::string text;
  SLUICE_TRY(document::AppendResourceYaml(text, *config.Dump(plugin.build.arena)));
  auto made = Make(plugin, gvk.kind, text);
  if (!made.ok()) {
    return std::move(made).status().Wrap(Cat("plugin ", config.original_id().ToString(), " fails configuration"));
  }
  if (std::holds_alternative<std::monostate>(*made)) {
    return base::InvalidArgument(Cat("unable to load builtin ", gvk.ToString()));
  }
  return made;
}

// What a plugin's configuration says about where it came from.
std::optional<Origin> OriginOf(const Resource& config) {
  const std::optional<Origin> known = config.origin();
  if (!known.has_value()) return std::nullopt;
  Origin origin = *known;
  origin.configured_in = std::move(origin.path);
  origin.path.clear();
  origin.configured_by = {std::string(config.api_version()), std::string(config.kind()), std::string(config.name()),
                          std::string(config.ns())};
  return origin;
}

}  // namespace

Result<std::vector<TransformerPtr>> LoadTransformers(PluginContext plugin, const ResMap& configs) {
  std::vector<TransformerPtr> all;
  for (const Resource* config : configs) {
    SLUICE_TRY(Plugin made, Load(plugin, *config, /*generator=*/false));
    auto* transformer = std::get_if<TransformerPtr>(&made);
    if (transformer == nullptr) {
      return base::InvalidArgument(Cat("plugin ", config->original_id().ToString(), " not a transformer"));
    }
    (*transformer)->origin = OriginOf(*config);
    all.push_back(std::move(*transformer));
  }
  return all;
}

Result<std::vector<GeneratorPtr>> LoadGenerators(PluginContext plugin, const ResMap& configs) {
  std::vector<GeneratorPtr> all;
  for (const Resource* config : configs) {
    auto made = Load(plugin, *config, /*generator=*/true);
    if (!made.ok()) return std::move(made).status().Wrap("failed to load generator");
    auto* generator = std::get_if<GeneratorPtr>(&*made);
    if (generator == nullptr) {
      return base::InvalidArgument(Cat("plugin ", config->original_id().ToString(), " not a generator"))
          .Wrap("failed to load generator");
    }
    (*generator)->origin = OriginOf(*config);
    all.push_back(std::move(*generator));
  }
  return all;
}

}  // namespace sluice::kustomize
