#include "kustomize/generate.h"

#include <algorithm>
#include <set>

#include "base/strings.h"
#include "cache.h"
#include "context.h"
#include "document/json.h"
#include "document/yaml.h"
#include "kustfile_fields.h"
#include "reader.h"

namespace sluice::kustomize {
namespace {

using base::Cat;
using base::Result;
using base::Status;
using document::Value;

constexpr std::string_view kPlaceholder = "_placeholder";

std::string Join(std::string_view directory, std::string_view name) {
  return directory.empty() ? std::string(name) : Cat(directory, "/", name);
}

class Generation {
 public:
  Generation(const io::FileTree& tree, std::string_view directory,
             const KustomizationOverrides& overrides, std::string_view display_root)
      : tree_(tree),
        directory_(io::CleanPath(directory)),
        overrides_(overrides),
        display_root_(display_root) {
    if (directory_ == ".") directory_.clear();
  }

  Result<GeneratedKustomization> Run() {
    SLUICE_TRY(const bool found, FindFile());
    SLUICE_TRY(found ? ReadFile() : ScanDirectory());
    SLUICE_TRY(Edit());
    out_.text = document::ToYaml(file_);
    out_.inputs.assign(inputs_.begin(), inputs_.end());
    return std::move(out_);
  }

 private:
  std::string Shown(std::string_view path) const {
    return path.empty() ? std::string(display_root_) : Cat(display_root_, "/", path);
  }

  // The first of the known names that is a regular file.
  Result<bool> FindFile() {
    for (const std::string_view name : kKustomizationFileNames) {
      const std::string path = Join(directory_, name);
      const auto info = tree_.Stat(path);
      if (info.ok() && info->kind == io::FileKind::kRegular) {
        out_.path = path;
        return true;
      }
      inputs_.insert({Input::What::kMissing, path});
    }
    out_.path = Join(directory_, kKustomizationFileNames[0]);
    return false;
  }

  Status ReadFile() {
    inputs_.insert({Input::What::kFile, out_.path});
    SLUICE_TRY(const std::string text, tree_.ReadFile(out_.path));
    auto value = document::ParseYamlToValue(text);
    if (!value.ok()) return std::move(value).status().Wrap("error converting YAML to JSON");
    file_ = *std::move(value);
    if (file_.is_null()) file_ = Value::Object();
    Kustomization check;
    if (Status s = Decoder(/*strict=*/false).Decode(file_, check); !s.ok()) {
      return std::move(s).Wrap("error unmarshaling JSON: while decoding JSON");
    }
    if (!Field("apiVersion").is_string())
      file_.Set("apiVersion", "kustomize.config.k8s.io/v1beta1");
    if (!Field("kind").is_string()) file_.Set("kind", "Kustomization");
    if (Field("resources").empty()) Set("buildMetadata", Value::Array({"originAnnotations"}));
    return {};
  }

  const Value& Field(std::string_view name) const {
    if (const Value* exact = file_.Find(name)) return *exact;
    for (const auto& [key, value] : file_.members()) {
      if (base::EqualFold(key, name)) return value;
    }
    return Value::Null();
  }
  // Under the name the file has it by.
  Value& Set(std::string_view name, Value value) {
    for (const auto& [key, old] : file_.members()) {
      if (base::EqualFold(key, name)) return file_.Set(std::string(key), std::move(value));
    }
    return file_.Set(name, std::move(value));
  }

  Status ScanDirectory() {
    file_ = Value::Object();
    file_.Set("apiVersion", "kustomize.config.k8s.io/v1beta1");
    file_.Set("kind", "Kustomization");
    Value resources = Value::Array();
    SLUICE_TRY(Scan(directory_, 0, resources));
    if (resources.empty())
      file_.Set("namespace", kPlaceholder);
    else
      file_.Set("resources", std::move(resources));
    return {};
  }

  std::string Relative(std::string_view path) const {
    return Cat("./", directory_.empty() ? path : path.substr(directory_.size() + 1));
  }

  Status Scan(const std::string& directory, int depth, Value& resources) {
    constexpr int kMaxDepth = 256;
    if (depth > kMaxDepth)
      return base::ResourceExhausted(Cat("directories are nested too deeply: ", Shown(directory)));
    inputs_.insert({Input::What::kListing, directory});
    auto entries = tree_.ReadDir(directory);
    if (!entries.ok())
      return base::NotFound(Cat("lstat ", Shown(directory), ": no such file or directory"));
    for (const io::DirEntry& entry : *entries) {
      const std::string path = Join(directory, entry.name);
      if (entry.info.kind == io::FileKind::kDirectory) {
        if (HasKustomization(path))
          resources.Append(Relative(path));
        else
          SLUICE_TRY(Scan(path, depth + 1, resources));
        continue;
      }
      if (!entry.name.ends_with(".yaml") && !entry.name.ends_with(".yml")) continue;
      SLUICE_TRY(CheckManifest(path));
      resources.Append(Relative(path));
    }
    return {};
  }

  bool HasKustomization(const std::string& directory) {
    for (const std::string_view name : kKustomizationFileNames) {
      const std::string path = Join(directory, name);
      const auto info = tree_.Stat(path);
      const bool there = info.ok() && info->kind != io::FileKind::kDirectory;
      inputs_.insert({there ? Input::What::kFile : Input::What::kMissing, path});
      if (there) return true;
    }
    return false;
  }

  Status CheckManifest(const std::string& path) {
    inputs_.insert({Input::What::kFile, path});
    SLUICE_TRY(const std::string text, tree_.ReadFile(path));
    document::Arena arena;
    auto objects = ParseObjects(arena, text);
    if (objects.ok()) return {};
    Status why = std::move(objects).status();
    if (why.code() == kMalformedYaml) why = std::move(why).Wrap("MalformedYAMLError");
    return std::move(why).Wrap(Cat("failed to decode Kubernetes YAML from ", Shown(path)));
  }

  Status Edit() {
    if (!overrides_.target_namespace.empty()) Set("namespace", overrides_.target_namespace);
    if (!overrides_.name_prefix.empty()) Set("namePrefix", overrides_.name_prefix);
    if (!overrides_.name_suffix.empty()) Set("nameSuffix", overrides_.name_suffix);
    for (const Value& patch : overrides_.patches.items()) AppendTo("patches", patch);
    SLUICE_TRY(AddComponents());
    for (const Value& patch : overrides_.patches_strategic_merge.items()) {
      AppendTo("patchesStrategicMerge", document::ToJson(patch));
    }
    for (const Value& patch : overrides_.patches_json6902.items()) {
      Value entry = patch;
      entry.Set("patch", document::ToJson(patch["patch"]));
      AppendTo("patchesJson6902", std::move(entry));
    }
    for (const Value& image : overrides_.images.items()) EditImage(image);
    if (!overrides_.build_metadata.empty()) {
      Value list = Value::Array();
      for (const std::string& option : overrides_.build_metadata) list.Append(option);
      Set("buildMetadata", std::move(list));
    }
    return {};
  }

  void AppendTo(std::string_view field, Value item) {
    Value list = Field(field);
    if (!list.is_array()) list = Value::Array();
    list.Append(std::move(item));
    Set(field, std::move(list));
  }

  Status AddComponents() {
    for (const std::string& path : overrides_.components) {
      if (!IsLocal(path)) {
        return base::InvalidArgument(Cat("component path '", path, "' must be local and relative"))
            .Wrap("unable to get components");
      }
      if (overrides_.ignore_missing_components) {
        const std::string full = io::JoinPath(directory_, path);
        if (!tree_.Stat(full).ok()) {
          inputs_.insert({Input::What::kMissing, full});
          continue;
        }
      }
      AppendTo("components", path);
    }
    return {};
  }

  static bool IsLocal(std::string_view path) {
    if (path.starts_with('/')) return false;
    const std::string lower = base::ToLower(path);
    for (const std::string_view prefix : {"git::", "gh:", "ssh://", "https://", "http://", "git@",
                                          "github.com:", "github.com/", "file:///"}) {
      if (lower.starts_with(prefix)) return false;
    }
    return true;
  }

  void EditImage(const Value& image) {
    const std::string_view new_name = image["newName"].AsString(),
                           new_tag = image["newTag"].AsString(),
                           digest = image["digest"].AsString();
    Value entry = Value::Object({{"name", image["name"]}});
    Value list = Field("images");
    if (!list.is_array()) list = Value::Array();
    Value* target = nullptr;
    for (Value& old : list.mutable_items()) {
      if (old["name"].AsString() == image["name"].AsString()) target = &old;
    }
    const bool fresh = target == nullptr;
    if (fresh) target = &entry;
    const auto put = [&](std::string_view key, std::string_view text) {
      if (text.empty())
        target->Erase(key);
      else
        target->Set(key, text);
    };
    if (!new_name.empty()) put("newName", new_name);
    if (!new_tag.empty() || !digest.empty()) {
      put("newTag", new_tag);
      put("digest", digest);
    }
    if (fresh) list.Append(std::move(entry));
    Set("images", std::move(list));
  }

  const io::FileTree& tree_;
  std::string directory_;
  const KustomizationOverrides& overrides_;
  std::string_view display_root_;
  Value file_;
  GeneratedKustomization out_;
  std::set<Input> inputs_;
};

}  // namespace

Result<GeneratedKustomization> GenerateKustomization(const io::FileTree& tree,
                                                     std::string_view directory,
                                                     const KustomizationOverrides& overrides,
                                                     std::string_view display_root) {
  return Generation(tree, directory, overrides, display_root).Run();
}

Result<BuildOutput> BuildForFlux(const io::FileTree& tree, std::string_view directory,
                                 const KustomizationOverrides& overrides, BuildOptions options) {
  SLUICE_TRY(GeneratedKustomization generated,
             GenerateKustomization(tree, directory, overrides, options.display_root));
  options.load_restriction = LoadRestriction::kNone;
  options.reorder = Reorder::kInput;
  options.enable_plugins = false;
  options.openapi_adds = true;
  options.lenient = true;
  options.enable_helm = false;
  options.overlay[generated.path] = std::move(generated.text);
  options.more_inputs.insert(options.more_inputs.end(), generated.inputs.begin(),
                             generated.inputs.end());
  auto built = Build(tree, io::CleanPath(directory), options);
  if (!built.ok() && built.status().code() == kPanic)
    built = built.status().Wrap("recovered from kustomize build panic");
  return std::move(built).Wrap("kustomize build failed");
}

}  // namespace sluice::kustomize
