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
  PrefixAndSuffix(TransformerPtr prefix, TransformerPtr suffix)
      : prefix_(std::move(prefix)), suffix_(std::move(suffix)) {}
  Status Transform(ResMap& map) override {
    if (prefix_ != nullptr) SLUICE_TRY(prefix_->Transform(map));
    return suffix_ != nullptr ? suffix_->Transform(map) : Status();
  }

 private:
  TransformerPtr prefix_, suffix_;
};

using Plugin = std::variant<std::monostate, TransformerPtr, GeneratorPtr>;

// sigs.k8s.io/yaml's complaint; go-yaml v3, which reads prefixes and suffixes, has another, with a
// line that is not known here.
template <class T>
Result<T> Read(const Value& value) {
  T config;
  if (Status s = Decoder(/*strict=*/false).Decode(value, config); !s.ok()) {
    return std::move(s).Wrap("error unmarshaling JSON: while decoding JSON");
  }
  return config;
}

FieldSpecs Specs(PluginContext plugin, const std::optional<std::vector<FieldSpecEntry>>& entries) {
  return ToSpecs(plugin.build, entries.value_or(std::vector<FieldSpecEntry>()));
}

Result<Plugin> Wrap(Result<TransformerPtr> made) {
  if (!made.ok()) return std::move(made).status();
  return Plugin(*std::move(made));
}
Result<Plugin> Wrap(Result<GeneratorPtr> made) {
  if (!made.ok()) return std::move(made).status();
  return Plugin(*std::move(made));
}

template <class T>
Result<Plugin> MakeEntries(PluginContext plugin, const Value& value) {
  SLUICE_TRY(T c, Read<T>(value));
  return Plugin(MakeEntriesTransformer(std::move(c.entries), Specs(plugin, c.specs)));
}

GeneratorArgs Named(GeneratorArgs args, const ObjectMeta& metadata) {
  if (args.name.empty()) args.name = metadata.name;
  if (args.ns.empty()) args.ns = metadata.ns;
  return args;
}

Result<Plugin> MakeKeyValue(PluginContext plugin, const Value& value, bool secret) {
  if (secret) {
    SLUICE_TRY(auto c, Read<SecretPlugin>(value));
    return Plugin(MakeSecretGenerator(plugin, Named(std::move(c.generator.args), c.metadata),
                                      std::move(c.generator.type)));
  }
  SLUICE_TRY(auto c, Read<ConfigMapPlugin>(value));
  return Plugin(MakeConfigMapGenerator(plugin, Named(std::move(c.generator.args), c.metadata)));
}

Result<Plugin> MakeNamespace(PluginContext plugin, const Value& value) {
  auto c = Read<NamespacePlugin>(value);
  if (!c.ok()) return std::move(c).status().Wrap("unmarshalling NamespaceTransformer config");
  const std::string& subjects = c->subjects;
  if (!subjects.empty() && subjects != "defaultOnly" && subjects != "allServiceAccounts" &&
      subjects != "none") {
    return base::InvalidArgument(
        Cat("invalid value ", base::QuoteGo(subjects),
            " for setRoleBindingSubjects: must be one of \"defaultOnly\", \"none\" or "
            "\"allServiceAccounts\""));
  }
  NamespaceConfig config;
  config.ns = c->metadata.ns;
  config.specs = Specs(plugin, c->specs);
  config.unset_only = c->unset_only;
  config.subjects = subjects;
  return Plugin(MakeNamespaceTransformer(plugin.build, std::move(config)));
}

Result<Plugin> MakeName(PluginContext plugin, const Value& value, bool suffix) {
  NamePlugin c;
  SLUICE_TRY(Decoder(/*strict=*/false).Decode(value, c));
  if (!c.specs.has_value()) return base::InvalidArgument("fieldSpecs is not expected to be nil");
  return Plugin(MakeNameTransformer(plugin.build, suffix, suffix ? c.suffix : c.prefix,
                                    ToSpecs(plugin.build, *c.specs)));
}

Result<Plugin> MakePrefixAndSuffix(PluginContext plugin, const Value& value) {
  NamePlugin c;
  SLUICE_TRY(Decoder(/*strict=*/false).Decode(value, c));
  if (!c.specs.has_value()) return base::InvalidArgument("fieldSpecs is not expected to be nil");
  const FieldSpecs specs = ToSpecs(plugin.build, *c.specs);
  TransformerPtr prefix, suffix;
  if (!c.prefix.empty() || c.suffix.empty())
    prefix = MakeNameTransformer(plugin.build, false, c.prefix, specs);
  if (!c.suffix.empty()) suffix = MakeNameTransformer(plugin.build, true, c.suffix, specs);
  return Plugin(std::make_unique<PrefixAndSuffix>(std::move(prefix), std::move(suffix)));
}

Result<Plugin> MakeIam(PluginContext plugin, const Value& value) {
  SLUICE_TRY(auto c, Read<IamPlugin>(value));
  return Wrap(MakeIamPolicyGenerator(
      plugin.build, {c.cloud, c.service.name, c.service.ns, c.account.name, c.account.project_id}));
}

Result<Plugin> MakeHelm(PluginContext plugin, const Value& value) {
  // The peer looks at its flags before it reads.
  if (!plugin.build.options.enable_helm)
    return base::FailedPrecondition("must specify --enable-helm");
  SLUICE_TRY(auto c, Read<HelmPlugin>(value));
  return Wrap(MakeHelmGenerator(plugin, std::move(c.chart), c.globals, ""));
}

Result<Plugin> MakePatch(PluginContext plugin, std::string_view kind, const Value& value,
                         const std::string& text) {
  if (kind == "PatchTransformer") {
    SLUICE_TRY(auto c, Read<PatchPlugin>(value));
    return Wrap(MakePatchTransformer(plugin, std::move(c.patch), text));
  }
  if (kind == "PatchJson6902Transformer") {
    SLUICE_TRY(auto c, Read<Json6902Plugin>(value));
    return Wrap(MakeJson6902Transformer(plugin, std::move(c.config)));
  }
  SLUICE_TRY(const auto c, Read<MergePlugin>(value));
  std::vector<std::string> paths;
  for (const MergePatchText& path : c.paths) paths.push_back(path.text);
  return Wrap(MakeStrategicMergeTransformer(plugin, paths, c.patches));
}

// monostate: no built-in plugin of that kind.
Result<Plugin> Make(PluginContext plugin, std::string_view kind, const std::string& text) {
  SLUICE_TRY(const Value value, document::ParseYamlToValue(text));
  if (kind == "AnnotationsTransformer") return MakeEntries<AnnotationPlugin>(plugin, value);
  if (kind == "LabelTransformer") return MakeEntries<LabelPlugin>(plugin, value);
  if (kind == "ConfigMapGenerator") return MakeKeyValue(plugin, value, false);
  if (kind == "SecretGenerator") return MakeKeyValue(plugin, value, true);
  if (kind == "NamespaceTransformer") return MakeNamespace(plugin, value);
  if (kind == "PrefixTransformer") return MakeName(plugin, value, false);
  if (kind == "SuffixTransformer") return MakeName(plugin, value, true);
  if (kind == "PrefixSuffixTransformer") return MakePrefixAndSuffix(plugin, value);
  if (kind == "HashTransformer") return Plugin(std::make_unique<HashTransformer>(plugin.build));
  if (kind == "HelmChartInflationGenerator") return MakeHelm(plugin, value);
  if (kind == "IAMPolicyGenerator") return MakeIam(plugin, value);
  if (kind == "PatchTransformer" || kind == "PatchJson6902Transformer" ||
      kind == "PatchStrategicMergeTransformer") {
    return MakePatch(plugin, kind, value, text);
  }
  if (kind == "ValueAddTransformer") {
    SLUICE_TRY(auto c, Read<ValueAddConfig>(value));
    return Wrap(MakeValueAddTransformer(plugin, std::move(c)));
  }
  if (kind == "ImageTagTransformer") {
    SLUICE_TRY(auto c, Read<ImagePlugin>(value));
    return Wrap(MakeImageTransformer(plugin.build, std::move(c.image), Specs(plugin, c.specs)));
  }
  if (kind == "ReplicaCountTransformer") {
    SLUICE_TRY(auto c, Read<ReplicaPlugin>(value));
    return Plugin(
        MakeReplicaTransformer(plugin.build, std::move(c.replica), Specs(plugin, c.specs)));
  }
  if (kind == "ReplacementTransformer") {
    SLUICE_TRY(const auto c, Read<ReplacementPlugin>(value));
    return Wrap(MakeReplacementTransformer(plugin, c.replacements));
  }
  return Plugin();
}

// What is not built in: a function, where plugins are allowed.
Result<Plugin> LoadExternal(PluginContext plugin, const Resource& config, bool generator) {
  const ResId id = config.original_id();
  if (!plugin.build.options.enable_plugins) {
    return base::PermissionDenied(
        Cat("external plugins disabled; unable to load external plugin '", id.gvk.kind, "'"));
  }
  auto spec = ReadFunctionSpec(config);
  if (!spec.ok()) return std::move(spec).status().Wrap("loader");
  if (!spec->has_value()) {
    return base::Unimplemented(Cat("unable to load external plugin '", id.gvk.kind,
                                   "': only functions are run, not programs of a plugin home"));
  }
  SLUICE_TRY(CheckMounts(**spec, config));
  std::string text;
  SLUICE_TRY(document::AppendResourceYaml(text, *config.Dump(plugin.build.arena)));
  if (generator) return Wrap(MakeFunctionGenerator(plugin, **std::move(spec), std::move(text)));
  return Wrap(MakeFunctionTransformer(plugin, **std::move(spec), std::move(text)));
}

Result<Plugin> Load(PluginContext plugin, const Resource& config, bool generator) {
  const Gvk gvk = config.gvk();
  if (!gvk.group.empty() || gvk.version != "builtin")
    return LoadExternal(plugin, config, generator);
  std::string text;
  SLUICE_TRY(document::AppendResourceYaml(text, *config.Dump(plugin.build.arena)));
  auto made = Make(plugin, gvk.kind, text);
  if (!made.ok()) {
    return std::move(made).status().Wrap(
        Cat("plugin ", config.original_id().ToString(), " fails configuration"));
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
  origin.configured_by = {std::string(config.api_version()), std::string(config.kind()),
                          std::string(config.name()), std::string(config.ns())};
  return origin;
}

}  // namespace

Result<std::vector<TransformerPtr>> LoadTransformers(PluginContext plugin, const ResMap& configs) {
  std::vector<TransformerPtr> all;
  for (const Resource* config : configs) {
    SLUICE_TRY(Plugin made, Load(plugin, *config, /*generator=*/false));
    auto* transformer = std::get_if<TransformerPtr>(&made);
    if (transformer == nullptr) {
      return base::InvalidArgument(
          Cat("plugin ", config->original_id().ToString(), " not a transformer"));
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
      return base::InvalidArgument(
                 Cat("plugin ", config->original_id().ToString(), " not a generator"))
          .Wrap("failed to load generator");
    }
    (*generator)->origin = OriginOf(*config);
    all.push_back(std::move(*generator));
  }
  return all;
}

}  // namespace sluice::kustomize
