#include "target.h"

#include "base/strings.h"
#include "document/json.h"
#include "document/yaml.h"
#include "legacy_order.h"
#include "name_reference.h"
#include "plugins.h"
#include "reader.h"

namespace sluice::kustomize {
namespace {

using base::Cat;
using base::Result;
using base::Status;

constexpr std::string_view kLocalConfig = "config.kubernetes.io/local-config";

}  // namespace

Status Target::Load(bool strict) {
  std::string text;
  int found = 0;
  for (const std::string_view name : kKustomizationFileNames) {
    auto bytes = loader_->Load(name);
    if (!bytes.ok()) continue;
    ++found;
    text = *std::move(bytes);
    file_name_ = name;
  }
  if (found == 0) {
    return base::NotFound(
        Cat("unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in "
            "directory '",
            loader_->root(), "'"));
  }
  if (found > 1)
    return base::InvalidArgument(
        Cat("Found multiple kustomization files under: ", loader_->root(), "\n"));
  SLUICE_TRY(file_, ParseKustomization(text, loader_->root(), strict, context_.warnings));
  return {};
}

Status Target::SetSchema(bool top) {
  const auto path = file_.openapi.find("path");
  if (path == file_.openapi.end()) return context_.schema.Set(file_.openapi, nullptr, top);
  SLUICE_TRY(const std::string bytes, loader_->Load(path->second));
  return context_.schema.Set(file_.openapi, &bytes, top);
}

Result<ResMap> Target::Run() {
  if (!file_.build_metadata.empty()) origin_.emplace();
  Accumulator all;
  SLUICE_TRY(Accumulate(all));
  SLUICE_TRY(AddNameHashes(context_, all.resources));
  SLUICE_TRY(FixNameReferences(context_, all.resources, *all.config));
  SLUICE_TRY(all.vars.Resolve(context_, all.resources, all.config->var_reference));
  SLUICE_TRY(context_.schema.Check());
  ResMap kept;
  for (Resource* r : all.resources) {
    if (!ValidateObject(*r->root()).ok()) SLUICE_TRY(ValidateObject(*r->Dump(context_.arena)));
    const Node* map = r->annotations();
    const Node* local = map == nullptr ? nullptr : map->Find(kLocalConfig);
    if (local != nullptr && local->value() != "false") continue;
    // The peer panics here, which callers tell by the code.
    if (const Status s = kept.Append(r); !s.ok()) return Status(kPanic, s.message());
  }
  return kept;
}

Status Target::Accumulate(Accumulator& into) {
  if (Status s = AccumulateResources(into, file_.resources); !s.ok())
    return std::move(s).Wrap("accumulating resources");
  SLUICE_TRY(LoadConfigurations(into));
  SLUICE_TRY(RunGenerators(into));
  if (Status s = AccumulateComponents(into); !s.ok())
    return std::move(s).Wrap("accumulating components");
  SLUICE_TRY(RunTransformers(into));
  SLUICE_TRY(RunValidators(into));
  if (Status s = into.vars.Merge(file_.vars, into.resources); !s.ok()) {
    return std::move(s).Wrap(Cat("merging vars ", GoPrint(file_.vars)));
  }
  return {};
}

Status Target::AccumulateFile(Accumulator& into, const std::string& path) {
  const std::string wrap = Cat("accumulating resources from '", path, "'");
  auto text = loader_->Load(path);
  if (!text.ok()) return std::move(text).status().Wrap(wrap);
  auto map = ReadResMap(context_, *text);
  if (!map.ok()) return NameFile(map.status(), path).Wrap(wrap);
  if (origin_.has_value()) {
    const Origin origin = origin_->Append(path);
    for (Resource* r : *map) r->SetOrigin(origin);
  }
  return into.resources.AppendAll(*map).Wrap(Cat("merging resources from '", path, "'"));
}

Status Target::AccumulateResources(Accumulator& into, const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    Status as_file = AccumulateFile(into, path);
    if (as_file.ok()) continue;
    if (as_file.code() == kHttpFailure) return as_file;
    auto loader = loader_->New(path);
    Status s = loader.ok() ? Status() : loader.status();
    if (!loader.ok() && as_file.code() == kMalformedYaml && s.code() != kTimeout) return as_file;
    if (s.ok()) s = AccumulateDirectory(into, *std::move(loader), path, /*component=*/false);
    if (!s.ok()) return std::move(s).Wrap(Cat("accumulation err='", as_file.message(), "'"));
  }
  return {};
}

Status Target::AccumulateComponents(Accumulator& into) {
  for (const std::string& path : file_.components) {
    auto loader = loader_->New(path);
    if (!loader.ok()) {
      return {loader.status().code(), Cat("loader.New ", base::QuoteGo(loader.status().message()))};
    }
    if (Status s = AccumulateDirectory(into, *std::move(loader), path, /*component=*/true);
        !s.ok()) {
      return {s.code(), Cat("accumulateDirectory: ", base::QuoteGo(s.message()))};
    }
  }
  return {};
}

Status Target::AccumulateDirectory(Accumulator& into, std::unique_ptr<Loader> loader,
                                   const std::string& path, bool component) {
  const std::string root = loader->root();
  Target child(context_, std::move(loader));
  if (Status s = child.Load(); !s.ok())
    return std::move(s).Wrap(Cat("couldn't make target for path '", root, "'"));
  child.parent_ = this;
  child.file_.build_metadata = file_.build_metadata;
  if (origin_.has_value()) child.origin_ = origin_->Append(path);
  SLUICE_TRY(child.SetSchema(/*top=*/false));
  const bool is_component = child.file_.kind == kComponentKind;
  if (component && !is_component) {
    return base::InvalidArgument(Cat("expected kind '", kComponentKind, "' for path '", root,
                                     "' but got '", child.file_.kind, "'"));
  }
  if (!component && is_component) {
    return base::InvalidArgument(
        Cat("expected kind != '", kComponentKind, "' for path '", root, "'"));
  }
  const std::string recursed = Cat("recursed accumulation of path '", root, "'");
  if (component) {  // acts on what its parent has so far
    if (Status s = child.Accumulate(into); !s.ok()) return std::move(s).Wrap(recursed);
    ResMap merged;  // two that it gave one id are refused here
    Status s = merged.AppendAll(into.resources);
    into.resources = std::move(merged);
    return std::move(s).Wrap(Cat("recursed merging from path '", root, "'"));
  }
  Accumulator below;
  if (Status s = child.Accumulate(below); !s.ok()) return std::move(s).Wrap(recursed);
  Status s = into.resources.AppendAll(below.resources);
  if (s.ok()) s = MergeConfig(into, *below.config);
  if (s.ok()) s = into.vars.Merge(below.vars);
  return std::move(s).Wrap(Cat("recursed merging from path '", root, "'"));
}

Status Target::MergeConfig(Accumulator& into, const TransformerConfig& config) {
  const TransformerConfig* defaults = &DefaultConfig();
  if (into.config == &config || (into.config != nullptr && &config == defaults)) return {};
  if (into.config == nullptr || into.config == defaults) {
    into.config = &config;  // every configuration holds the defaults
    return {};
  }
  TransformerConfig& merged = context_.configs.emplace_back(*into.config);
  SLUICE_TRY(merged.Merge(config));
  into.config = &merged;
  return {};
}

Status Target::LoadConfigurations(Accumulator& into) {
  if (file_.configurations.empty()) {
    SLUICE_TRY(MergeConfig(into, DefaultConfig()));
  } else {
    TransformerConfig own;
    for (const std::string& path : file_.configurations) {
      SLUICE_TRY(const std::string text, loader_->Load(path));
      SLUICE_TRY(const TransformerConfig config, ParseConfiguration(text, context_.pool));
      SLUICE_TRY(own.Merge(config));
    }
    SLUICE_TRY(own.Merge(DefaultConfig()));
    SortFields(own);
    SLUICE_TRY(MergeConfig(into, context_.configs.emplace_back(std::move(own))));
  }
  if (file_.crds.empty()) return {};
  TransformerConfig merged = *into.config;
  for (const std::string& path : file_.crds) {
    const std::string wrap = Cat("loading CRDs [", base::Join(file_.crds, " "), "]");
    auto text = loader_->Load(path);
    if (!text.ok()) return std::move(text).status().Wrap(wrap);
    auto config = ConfigurationFromCrds(*text, context_.pool);
    if (!config.ok()) {
      return std::move(config)
          .status()
          .Wrap(Cat("unable to parse open API definition from '", path, "'"))
          .Wrap(wrap);
    }
    SLUICE_TRY(merged.Merge(*config));
  }
  into.config = &context_.configs.emplace_back(std::move(merged));
  return {};
}

std::optional<Origin> Target::OriginBy(std::string_view kind) const {
  if (!origin_.has_value()) return std::nullopt;
  Origin origin;
  origin.repo = origin_->repo;
  origin.ref = origin_->ref;
  const std::string path = io::JoinPath(origin_->path, file_name_);
  origin.configured_in = path;
  origin.configured_by = {"builtin", std::string(kind), "", ""};
  return origin;
}

std::string Target::InheritedNamespace() const {
  for (const Target* t = this; t != nullptr; t = t->parent_) {
    if (!t->file_.ns.empty()) return t->file_.ns;
  }
  return "";
}

Result<ResMap> Target::PluginConfigs(const std::vector<std::string>& entries,
                                     std::string_view what) {
  Accumulator found;
  std::vector<std::string> paths;
  for (const std::string& entry : entries) {
    auto map = ReadResMap(context_, entry);
    if (!map.ok()) {
      paths.push_back(entry);
      continue;
    }
    if (origin_.has_value()) {
      for (Resource* r : *map) r->SetOrigin(origin_->Append(file_name_));
    }
    if (Status s = found.resources.AppendAll(*map); !s.ok()) return std::move(s).Wrap(what);
  }
  SLUICE_TRY(AccumulateResources(found, paths));
  return std::move(found.resources);
}

Status Target::RunGenerators(Accumulator& into) {
  SLUICE_TRY(auto generators, BuiltinGenerators());
  if (!file_.generators.empty()) {
    const std::string_view wrap = "loading generator plugins";
    auto configs = PluginConfigs(file_.generators, "configuring external generator");
    if (!configs.ok()) return std::move(configs).status().Wrap(wrap);
    auto more = LoadGenerators(plugin(), *configs);
    if (!more.ok()) return std::move(more).status().Wrap(wrap);
    for (GeneratorPtr& g : *more) generators.push_back(std::move(g));
  }
  for (const GeneratorPtr& generator : generators) {
    SLUICE_TRY(const ResMap made, generator->Generate());
    if (generator->origin.has_value()) {
      for (Resource* r : made) {
        r->SetOrigin(*generator->origin);
        r->MakeAnnotationsTexts();
      }
    }
    if (Status s = Absorb(context_, into.resources, made); !s.ok()) {
      // Two pointers of the peer's: the generator, and its origin where that is kept.
      const std::string_view origin = generator->origin.has_value() ? "0xc000000000" : "<nil>";
      return std::move(s).Wrap(Cat("merging from generator &{0xc000000000 ", origin, "}"));
    }
  }
  return {};
}

Status Target::Apply(const std::vector<TransformerPtr>& transformers, ResMap& map) const {
  for (const TransformerPtr& transformer : transformers) {
    SLUICE_TRY(transformer->Transform(map));
    if (transformer->origin.has_value()) {
      for (Resource* r : map) {
        if (!r->IsNilOrEmpty()) r->AddTransformation(*transformer->origin);
      }
    }
    map.DropEmpties();
    map.Touch();
  }
  return {};
}

Status Target::RunTransformers(Accumulator& into) {
  SLUICE_TRY(auto transformers, BuiltinTransformers(*into.config));
  if (!file_.transformers.empty()) {
    SLUICE_TRY(const ResMap configs,
               PluginConfigs(file_.transformers, "configuring external transformer"));
    SLUICE_TRY(auto more, LoadTransformers(plugin(), configs));
    for (TransformerPtr& t : more) transformers.push_back(std::move(t));
  }
  return Apply(transformers, into.resources);
}

namespace {

// A resource as the peer prints it, without the mark that validators may leave.
std::string ValidatedText(BuildContext& context, const Resource& r) {
  Node* copy = r.root()->Clone(context.arena);
  if (Node* labels = copy->At({"metadata", "labels"}); labels != nullptr && labels->is_mapping()) {
    labels->Erase("validated-by");
    if (labels->empty()) copy->Find("metadata")->Erase("labels");
  }
  const auto value = document::ToValue(*copy);
  return value.ok() ? document::ToJson(*value) : value.status().message();
}

struct Validated {
  ResId id;
  std::string text;
};

// How Go prints pointers of lists and structs, whose addresses nobody can know.
constexpr std::string_view kGoResource =
    "&resource.Resource{RNode:yaml.RNode{fieldPath:[]string(nil), "
    "value:(*yaml.Node)(0xc000000000), ShouldKeep:false, "
    "Match:[]string(nil)}, refVarNames:[]string(nil)}";
std::string GoPointers(size_t n) {
  const std::vector<std::string> pointers(n, "(*resource.Resource)(0xc000000000)");
  return Cat("[]*resource.Resource{", base::Join(pointers, ", "), "}");
}

Status CheckUnchanged(BuildContext& context, const std::vector<Validated>& before,
                      const ResMap& after) {
  if (before.size() != after.size()) {
    return base::InvalidArgument(
        Cat("lists have different number of entries: ", GoPointers(before.size()),
            " doesn't equal ", GoPointers(after.size())));
  }
  for (const Validated& old : before) {
    std::vector<const Resource*> others;
    for (const Resource* r : after) {
      if (r->id().Equals(old.id)) others.push_back(r);
    }
    if (others.empty())
      return base::InvalidArgument(Cat("id in self missing from other; id: ", old.id.ToString()));
    if (others.size() > 1) {
      return base::InvalidArgument(Cat("id in self matches ", std::to_string(others.size()),
                                       " in other; id: ", old.id.ToString()));
    }
    const std::string text = ValidatedText(context, *others[0]);
    if (text == old.text) continue;
    return base::InvalidArgument(Cat("nodes unequal: \n -- ", old.text, ",\n -- ", text, "\n\n--\n",
                                     kGoResource, "\n------\n", kGoResource, "\n"));
  }
  return {};
}

}  // namespace

Status Target::RunValidators(Accumulator& into) {
  if (file_.validators.empty()) return {};
  SLUICE_TRY(const ResMap configs,
             PluginConfigs(file_.validators, "configuring external transformer"));
  SLUICE_TRY(const auto validators, LoadTransformers(plugin(), configs));
  for (const TransformerPtr& validator : validators) {
    std::vector<Validated> before;
    for (const Resource* r : into.resources)
      before.push_back({r->id(), ValidatedText(context_, *r)});
    SLUICE_TRY(validator->Transform(into.resources));
    into.resources.Touch();
    if (Status s = CheckUnchanged(context_, before, into.resources); !s.ok()) {
      return std::move(s).Wrap("validator shouldn't modify the resource map");
    }
  }
  return {};
}

}  // namespace sluice::kustomize
