#include "function_plugin.h"

#include <algorithm>
#include <map>

#include "base/strings.h"
#include "decode.h"
#include "document/json.h"
#include "document/yaml.h"
#include "fieldspec.h"
#include "reader.h"

namespace sluice::kustomize {

constexpr std::string_view GoName(const FunctionMount*) { return "StorageMount"; }
template <class V>
void VisitFields(V& v, FunctionMount& t) {
  v("type", t.type), v("src", t.src), v("dst", t.dst), v("rw", t.rw);
}
constexpr std::string_view GoName(const FunctionContainer*) { return "ContainerSpec"; }
template <class V>
void VisitFields(V& v, FunctionContainer& t) {
  v("image", t.image), v("network", t.network), v("mounts", t.mounts), v("envs", t.envs);
}
constexpr std::string_view GoName(const FunctionExec*) { return "ExecSpec"; }
template <class V>
void VisitFields(V& v, FunctionExec& t) {
  v("path", t.path), v("args", t.args), v("envs", t.envs);
}
constexpr std::string_view GoName(const FunctionSpec*) { return "FunctionSpec"; }
template <class V>
void VisitFields(V& v, FunctionSpec& t) {
  v("deferFailure", t.defer_failure), v("container", t.container), v("exec", t.exec);
}

namespace {

using base::Cat;
using base::Result;
using base::Status;
using document::Value;

constexpr std::string_view kIdOfResource = "kustomize.config.k8s.io/id";
constexpr std::string_view kNeedsHash = "kustomize.config.k8s.io/needs-hash",
                           kBehavior = "kustomize.config.k8s.io/behavior";
constexpr std::string_view kPath = "config.kubernetes.io/path",
                           kInternalPath = "internal.config.kubernetes.io/path";
// What the peer's reader and runner write on every item, and take away after.
constexpr std::string_view kFromZero[] = {
    "config.kubernetes.io/index", "internal.config.kubernetes.io/index",
    "internal.config.kubernetes.io/annotations-migration-resource-id"};
constexpr std::string_view kFromOne[] = {"internal.config.kubernetes.io/id", "config.k8s.io/id"};
constexpr document::Yaml3WriteOptions kStyle{.indent = 2, .compact_sequences = true};

Node* Annotations(Node* object) {
  Node* meta = object->FindOrAddMapping("metadata");
  Node* map = meta->Find("annotations");
  if (map == nullptr || !map->is_mapping())
    map = meta->Set("annotations", object->arena().NewMapping());
  return map;
}

void Annotate(Node* object, std::string_view key, std::string_view value) {
  Node* map = Annotations(object);
  if (Node* old = map->Find(key); old != nullptr && old->is_scalar()) {
    old->SetScalar(value, Tag::kStr, old->style());
  } else {
    map->Set(key, map->arena().NewScalar(value, Tag::kStr, Node::Style::kSingleQuoted));
  }
}

std::string IdAsYaml(const Resource& r) {
  const ResId id = r.id();
  Value map = Value::Object();
  const std::pair<std::string_view, std::string_view> fields[] = {{"group", id.gvk.group},
                                                                  {"kind", id.gvk.kind},
                                                                  {"name", id.name},
                                                                  {"namespace", id.ns},
                                                                  {"version", id.gvk.version}};
  for (const auto& [key, text] : fields) {
    if (!text.empty()) map.Set(key, text);
  }
  return document::ToYaml(map);
}

std::string IdAsJson(const Resource& r) {
  const ResId id = r.id();
  Value map = Value::Object();
  const std::pair<std::string_view, std::string_view> fields[] = {{"group", id.gvk.group},
                                                                  {"version", id.gvk.version},
                                                                  {"kind", id.gvk.kind},
                                                                  {"name", id.name},
                                                                  {"namespace", id.ns}};
  for (const auto& [key, text] : fields) {
    if (!text.empty()) map.Set(key, text);
  }
  return document::ToJson(map);
}

// The function's environment: the configuration's, then the command line's; sorted, the last of a
// key wins.
std::vector<std::string> MergeEnvironment(std::vector<std::string> all,
                                          const std::vector<std::string>& more) {
  all.insert(all.end(), more.begin(), more.end());
  std::map<std::string, std::string, std::less<>> merged;
  for (const std::string& entry : all) {
    const auto parts = base::Split(entry, "=");
    if (parts.size() == 2) merged[std::string(parts[0])] = parts[1];
  }
  std::vector<std::string> out;
  for (const auto& [key, value] : merged) out.push_back(Cat(key, "=", value));
  return out;
}

class Function {
 public:
  Function(PluginContext plugin, FunctionSpec spec, std::string text)
      : plugin_(plugin), spec_(std::move(spec)), text_(std::move(text)) {}

  // `items` as text, or the configuration itself; what the function made of them.
  Result<std::string> Invoke(const std::vector<std::string>* items) {
    auto answer = Run(items);
    return std::move(answer).Wrap("couldn't execute function");
  }

  std::string name() const {
    const auto config = document::ParseYamlToValue(text_);
    const Value value = config.ok() ? *config : Value();
    return Cat("api: ", value["apiVersion"].AsString(), ", kind: ", value["kind"].AsString(),
               ", name: ", value.At({"metadata", "name"}).AsString());
  }

  PluginContext plugin() const { return plugin_; }

 private:
  Result<Node*> Parse(std::string_view text) {
    SLUICE_TRY(const auto documents,
               document::ParseYaml(arena_, text, {.first_document_only = true}));
    return documents.empty() ? arena_.NewMapping() : documents.front();
  }

  Result<std::string> Run(const std::vector<std::string>* items) {
    const BuildOptions& options = plugin_.build.options;
    SLUICE_TRY(Node* const config, Parse(text_));
    Annotate(config, "config.kubernetes.io/local-config", "true");
    std::vector<Node*> nodes;
    if (items == nullptr)
      nodes.push_back(config->Clone(arena_));
    else {
      for (const std::string& item : *items) {
        SLUICE_TRY(Node* const node, Parse(item));
        nodes.push_back(node);
      }
    }
    if (spec_.container.network && !options.function_network) {
      return base::FailedPrecondition("network required but not enabled with --network");
    }
    if (!spec_.container.image.empty())
      return base::Unimplemented("exec: \"docker\": executable file not found in $PATH");
    if (!options.enable_exec || spec_.exec.path.empty()) return Write(nodes);
    const std::string root = plugin_.loader.root();
    if (root == "/") return base::FailedPrecondition("root working directory '/' not allowed");
    if (!options.run_function) return base::Unimplemented("functions are not run here");
    SLUICE_TRY(const FunctionAnswer answer,
               options.run_function({spec_.exec.path, spec_.exec.args,
                                     MergeEnvironment(spec_.exec.envs, options.function_env), root,
                                     ResourceList(nodes, config)}));
    SLUICE_TRY(std::vector<Node*> output, ReadAnswer(answer.output));
    if (!answer.failure.empty()) return base::FailedPrecondition(answer.failure);
    for (Node* node : output) Clean(node);
    return Write(output);
  }

  std::string ResourceList(const std::vector<Node*>& nodes, Node* config) {
    Node* list = arena_.NewMapping();
    list->Set("apiVersion", "config.kubernetes.io/v1");
    list->Set("kind", "ResourceList");
    Node* items = arena_.NewSequence();
    for (size_t i = 0; i < nodes.size(); ++i) {
      for (const std::string_view key : kFromZero) Annotate(nodes[i], key, std::to_string(i));
      for (const std::string_view key : kFromOne) Annotate(nodes[i], key, std::to_string(i + 1));
      items->Append(nodes[i]);
    }
    list->Set("items", items);
    list->Set("functionConfig", config);
    return document::WriteYaml3(*list, kStyle);
  }

  // A ResourceList or List, or plain documents.
  Result<std::vector<Node*>> ReadAnswer(const std::string& text) {
    auto documents = document::ParseYaml(arena_, text, {});
    if (!documents.ok())
      return Status(documents.status().code(),
                    Cat("MalformedYAMLError: ", documents.status().message()));
    std::vector<Node*> out;
    for (Node* document : *documents) {
      if (document->IsNull() || !document->is_mapping()) continue;
      SLUICE_TRY(document::ExpandAliases(document));
      const Node* kind = document->Find("kind");
      const std::string_view name = kind == nullptr ? std::string_view() : kind->value();
      const Node* items = document->Find("items");
      const bool list = name == "ResourceList" || name == "List";
      if (!list || (items == nullptr && document->Find("functionConfig") == nullptr)) {
        out.push_back(document);
      } else if (items != nullptr) {
        out.insert(out.end(), items->items().begin(), items->items().end());
      }
    }
    return out;
  }

  // Takes away what the runner wrote, and names a file where there is none.
  static void Clean(Node* object) {
    Node* map = Annotations(object);
    for (const std::string_view key : kFromZero) map->Erase(key);
    for (const std::string_view key : kFromOne) map->Erase(key);
    const auto text = [&](std::string_view key) {
      const Node* node = object->At({"metadata", key});
      return node == nullptr ? std::string_view() : node->value();
    };
    const Node* kind = object->Find("kind");
    const std::string file =
        Cat(base::ToLower(kind == nullptr ? std::string_view() : kind->value()), "_", text("name"),
            ".yaml");
    const std::string path = text("namespace").empty() ? file : Cat(text("namespace"), "/", file);
    for (const std::string_view key : {kPath, kInternalPath}) {
      if (map->Find(key) == nullptr) Annotate(object, key, path);
    }
  }

  static std::string Write(const std::vector<Node*>& nodes) {
    std::string out;
    for (const Node* node : nodes) {
      if (!out.empty()) out += "---\n";
      out += document::WriteYaml3(*node, kStyle);
    }
    return out;
  }

  PluginContext plugin_;
  FunctionSpec spec_;
  std::string text_;
  Arena arena_;
};

class FunctionTransformer final : public Transformer {
 public:
  explicit FunctionTransformer(std::unique_ptr<Function> function)
      : function_(std::move(function)) {}

  Status Transform(ResMap& map) override {
    BuildContext& context = function_->plugin().build;
    std::vector<std::string> items;
    for (const Resource* r : map) {
      Resource dumped(context.schema, r->Dump(context.arena));
      dumped.SetAnnotation(kIdOfResource, IdAsYaml(*r));
      dumped.MakeAnnotationsTexts();
      SLUICE_TRY(document::AppendResourceYaml(items.emplace_back(), *dumped.root()));
    }
    auto output = function_->Invoke(&items);
    if (!output.ok()) return {output.status().code(), Cat(output.status().message(), " ")};
    SLUICE_TRY(const auto resources, ReadResources(context, *output));
    return Update(map, resources);
  }

 private:
  Status Update(ResMap& map, const std::vector<Resource*>& resources) const {
    ResMap made, updated;
    for (Resource* r : resources) {
      if (Node* annotations = r->annotations()) annotations->Erase(kIdOfResource);
      r->MakeAnnotationsTexts();
      if (!made.Append(r).ok()) {
        return base::AlreadyExists(
            Cat("plugin ", function_->name(), " generated duplicate resource: ", IdAsJson(*r)));
      }
    }
    for (const Resource* old : map) {
      const auto now = made.FindByCurrentId(old->id());
      if (now.empty()) continue;
      now[0]->var_names = old->var_names;
      SLUICE_TRY(updated.Append(now[0]));
    }
    for (Resource* r : made) {
      if (map.FindByCurrentId(r->id()).empty()) SLUICE_TRY(updated.Append(r));
    }
    map = std::move(updated);
    return {};
  }

  std::unique_ptr<Function> function_;
};

class FunctionGenerator final : public Generator {
 public:
  explicit FunctionGenerator(std::unique_ptr<Function> function) : function_(std::move(function)) {}

  Result<ResMap> Generate() override {
    SLUICE_TRY(const std::string output, function_->Invoke(nullptr));
    SLUICE_TRY(ResMap map, ReadResMap(function_->plugin().build, output));
    for (Resource* r : map) SLUICE_TRY(TakeOptions(*r));
    return map;
  }

 private:
  // Hashes are for those that ask for one.
  static Status TakeOptions(Resource& r) {
    const std::string hash(r.annotation(kNeedsHash)), behavior(r.annotation(kBehavior));
    if (!hash.empty()) {
      const auto flag = base::ParseBool(hash);
      if (!flag.has_value()) {
        return base::InvalidArgument(Cat("the annotation ", base::QuoteGo(kNeedsHash),
                                         " contains an invalid value (", base::QuoteGo(hash), ")"));
      }
      r.needs_hash = *flag;
    }
    if (Node* map = r.annotations()) {
      map->Erase(kNeedsHash);
      map->Erase(kBehavior);
    }
    r.MakeAnnotationsTexts();
    r.behavior = Behavior::kUnspecified;
    for (const Behavior b : {Behavior::kCreate, Behavior::kMerge, Behavior::kReplace}) {
      if (BehaviorName(b) == behavior) r.behavior = b;
    }
    return {};
  }

  std::unique_ptr<Function> function_;
};

}  // namespace

Result<std::optional<FunctionSpec>> ReadFunctionSpec(const Resource& config) {
  std::string text, from;
  for (const std::string_view key : {"config.kubernetes.io/function", "config.k8s.io/function"}) {
    if (!text.empty()) break;
    text = config.annotation(key);
    from = key;
  }
  if (const Node* node = config.root()->At({"metadata", "configFn"});
      text.empty() && node != nullptr && !node->IsNull()) {
    text = document::WriteYaml3(*node, kStyle);
    from = "configFn";
  }
  FunctionSpec spec;
  if (text.empty()) {
    spec.container.image = config.annotation("config.kubernetes.io/container");
    return spec.container.image.empty() ? std::optional<FunctionSpec>() : std::optional(spec);
  }
  const auto read = [&]() -> Status {
    SLUICE_TRY(const Value value, document::ParseYamlToValue(
                                      text, {.duplicate_keys = document::DuplicateKeys::kError}));
    return Decoder(/*strict=*/true)
        .Decode(value, spec)
        .Wrap("error unmarshaling JSON: while decoding JSON");
  };
  if (Status s = read(); !s.ok())
    return std::move(s).Wrap(Cat(from, " unmarshal error")).Wrap("failed to get FunctionSpec");
  return std::optional(spec);
}

Status CheckMounts(const FunctionSpec& spec, const Resource& config) {
  for (const FunctionMount& mount : spec.container.mounts) {
    const std::string wrong = Cat("plugin ", config.original_id().ToString(), " with mount path '",
                                  mount.src, "' is not permitted; mount paths must be ");
    if (mount.src.starts_with('/'))
      return base::PermissionDenied(Cat(wrong, "relative to the current kustomization directory"));
    if (io::CleanPath(mount.src).starts_with(".."))
      return base::PermissionDenied(Cat(wrong, "under the current kustomization directory"));
  }
  return {};
}

Result<TransformerPtr> MakeFunctionTransformer(PluginContext plugin, FunctionSpec spec,
                                               std::string text) {
  return TransformerPtr(std::make_unique<FunctionTransformer>(
      std::make_unique<Function>(plugin, std::move(spec), std::move(text))));
}

Result<GeneratorPtr> MakeFunctionGenerator(PluginContext plugin, FunctionSpec spec,
                                           std::string text) {
  return GeneratorPtr(std::make_unique<FunctionGenerator>(
      std::make_unique<Function>(plugin, std::move(spec), std::move(text))));
}

}  // namespace sluice::kustomize
