#include "config.h"

#include "base/strings.h"
#include "context.h"
#include "document/yaml.h"
#include "json_patch.h"
#include "kustfile_fields.h"

namespace sluice::kustomize {

using base::Cat;
using base::Result;
using base::Status;
using document::Value;

namespace {

// Lists that Go has a name for.
struct FsSlice : std::vector<FieldSpecEntry> {};
constexpr std::string_view GoTypeName(const FsSlice*) { return "types.FsSlice"; }
struct ReferenceEntry {
  std::string group, version, kind;
  FsSlice specs;
};
struct NbrSlice : std::vector<ReferenceEntry> {};
constexpr std::string_view GoTypeName(const NbrSlice*) { return "builtinconfig.nbrSlice"; }
constexpr std::string_view GoName(const ReferenceEntry*) { return "NameBackReferences"; }
template <class V>
void VisitFields(V& v, ReferenceEntry& t) {
  v("group", t.group), v("version", t.version), v("kind", t.kind), v("fieldSpecs", t.specs);
}

struct ConfigFile {
  FsSlice name_prefix, name_suffix, namespaces, common_labels, labels, template_labels,
      common_annotations, var_reference, images, replicas;
  NbrSlice name_reference;
};
constexpr std::string_view GoName(const ConfigFile*) { return "TransformerConfig"; }
constexpr std::string_view GoTypeName(const ConfigFile*) {
  return "builtinconfig.TransformerConfig";
}
constexpr std::string_view GoTypeName(const ReferenceEntry*) {
  return "builtinconfig.NameBackReferences";
}
template <class V>
void VisitFields(V& v, ConfigFile& t) {
  v("namePrefix", t.name_prefix), v("nameSuffix", t.name_suffix), v("namespace", t.namespaces);
  v("commonLabels", t.common_labels), v("labels", t.labels), v("templateLabels", t.template_labels);
  v("commonAnnotations", t.common_annotations), v("nameReference", t.name_reference);
  v("varReference", t.var_reference), v("images", t.images), v("replicas", t.replicas);
}

class Interner {
 public:
  explicit Interner(TextPool& pool) : pool_(pool) {}
  std::string_view Keep(std::string_view text) {
    return text.empty() ? text : std::string_view(pool_.emplace_back(text));
  }
  FieldSpecs Specs(const std::vector<FieldSpecEntry>& entries) {
    FieldSpecs specs;
    for (const FieldSpecEntry& e : entries) {
      specs.push_back({{Keep(e.group), Keep(e.version), Keep(e.kind)}, Keep(e.path), e.create});
    }
    return specs;
  }

 private:
  TextPool& pool_;
};

Status MergeNamed(FieldSpecs& list, const FieldSpecs& other, std::string_view name) {
  return MergeAll(list, other).Wrap(Cat("failed to merge ", name, " fieldSpec"));
}

Status MergeReferences(std::vector<NameReference>& list, const NameReference& other) {
  constexpr std::string_view kName = "NameReference";
  for (NameReference& have : list) {
    if (have.referent == other.referent) return MergeNamed(have.referrers, other.referrers, kName);
  }
  NameReference added{other.referent, {}};
  SLUICE_TRY(MergeNamed(added.referrers, other.referrers, kName));
  list.push_back(std::move(added));
  return {};
}

// ---- crds ----

class CrdReader {
 public:
  CrdReader(const Value& types, TransformerConfig& config, Interner& texts)
      : types_(types), config_(config), texts_(texts) {}

  void Read() {
    for (const auto& [name, type] : types_.members()) {
      const Value& properties = Properties(name);
      if (properties.Find("kind") == nullptr || properties.Find("apiVersion") == nullptr ||
          properties.Find("metadata") == nullptr) {
        continue;
      }
      kind_ = texts_.Keep(std::string_view(name).substr(name.rfind('.') + 1));
      std::vector<std::string> path;
      Walk(name, path);
    }
  }

 private:
  static constexpr size_t kMaxDepth = 64;

  static const Value& Member(const Value& value, std::string_view lower, std::string_view upper) {
    const Value* found = value.Find(lower);
    return found != nullptr ? *found : value[upper];
  }
  const Value& Properties(std::string_view name) const {
    return Member(Member(types_[name], "schema", "Schema"), "properties", "Properties");
  }

  void Walk(std::string_view type, std::vector<std::string>& path) {
    if (path.size() > kMaxDepth) return;
    for (const auto& [name, property] : Properties(type).members()) {
      path.push_back(name);
      Annotations(property, path);
      std::string_view ref = property["$ref"].AsString();
      if (ref.empty()) ref = property["items"]["$ref"].AsString();
      constexpr std::string_view kDefinitions = "#/definitions/";
      if (ref.starts_with(kDefinitions)) ref.remove_prefix(kDefinitions.size());
      if (!ref.empty() && ref != type) Walk(ref, path);
      path.pop_back();
    }
  }

  void Annotations(const Value& property, const std::vector<std::string>& path) {
    const std::string text = base::Join(path, "/");
    const FieldSpec spec{{"", "", kind_}, texts_.Keep(text), false};
    if (property.Find("x-kubernetes-annotation")) config_.common_annotations.push_back(spec);
    if (property.Find("x-kubernetes-label-selector")) config_.common_labels.push_back(spec);
    if (property.Find("x-kubernetes-identity")) config_.name_prefix.push_back(spec);
    const std::string_view version = property["x-kubernetes-object-ref-api-version"].AsString();
    const std::string_view kind = property["x-kubernetes-object-ref-kind"].AsString();
    if (version.empty() || kind.empty()) return;
    const std::string_view key = property["x-kubernetes-object-ref-name-key"].AsString("name");
    const NameReference reference{{"", texts_.Keep(version), texts_.Keep(kind)},
                                  {{{"", "", kind_}, texts_.Keep(Cat(text, "/", key)), false}}};
    (void)MergeReferences(config_.name_reference, reference);
  }

  const Value& types_;
  TransformerConfig& config_;
  Interner& texts_;
  std::string_view kind_;
};

}  // namespace

Status TransformerConfig::Merge(const TransformerConfig& o) {
  SLUICE_TRY(MergeNamed(name_prefix, o.name_prefix, "NamePrefix"));
  SLUICE_TRY(MergeNamed(name_suffix, o.name_suffix, "NameSuffix"));
  SLUICE_TRY(MergeNamed(namespaces, o.namespaces, "NameSpace"));
  SLUICE_TRY(MergeNamed(common_annotations, o.common_annotations, "CommonAnnotations"));
  SLUICE_TRY(MergeNamed(common_labels, o.common_labels, "CommonLabels"));
  SLUICE_TRY(MergeNamed(labels, o.labels, "Labels"));
  SLUICE_TRY(MergeNamed(template_labels, o.template_labels, "TemplateLabels"));
  SLUICE_TRY(MergeNamed(var_reference, o.var_reference, "VarReference"));
  for (const NameReference& reference : o.name_reference)
    SLUICE_TRY(MergeReferences(name_reference, reference));
  SLUICE_TRY(MergeNamed(images, o.images, "Images"));
  return MergeNamed(replicas, o.replicas, "Replicas");
}

Result<TransformerConfig> ParseConfiguration(std::string_view text, TextPool& pool) {
  auto value =
      document::ParseYamlToValue(text, {.duplicate_keys = document::DuplicateKeys::kError});
  if (!value.ok()) return std::move(value).status().Wrap("error converting YAML to JSON");
  ConfigFile file;
  if (Status s = Decoder(/*strict=*/true).Decode(*value, file); !s.ok()) {
    return std::move(s).Wrap("error unmarshaling JSON: while decoding JSON");
  }
  Interner texts(pool);
  TransformerConfig config;
  config.name_prefix = texts.Specs(file.name_prefix);
  config.name_suffix = texts.Specs(file.name_suffix);
  config.namespaces = texts.Specs(file.namespaces);
  config.common_labels = texts.Specs(file.common_labels);
  config.labels = texts.Specs(file.labels);
  config.template_labels = texts.Specs(file.template_labels);
  config.common_annotations = texts.Specs(file.common_annotations);
  config.var_reference = texts.Specs(file.var_reference);
  config.images = texts.Specs(file.images);
  config.replicas = texts.Specs(file.replicas);
  for (const ReferenceEntry& e : file.name_reference) {
    config.name_reference.push_back(
        {{texts.Keep(e.group), texts.Keep(e.version), texts.Keep(e.kind)}, texts.Specs(e.specs)});
  }
  return config;
}

Result<TransformerConfig> ConfigurationFromCrds(std::string_view text, TextPool& pool) {
  auto parsed = document::ParseYamlToValue(text);
  if (!parsed.ok()) return std::move(parsed).status().Wrap("error converting YAML to JSON");
  const Value& value = *parsed;
  constexpr std::string_view kDecoding = "error unmarshaling JSON: while decoding JSON";
  if (text.empty()) return Status(kPanic, "runtime error: index out of range [0] with length 0");
  if (!value.is_object() && !value.is_null()) {
    return base::InvalidArgument(Cat("json: cannot unmarshal ", JsonKind(value),
                                     " into Go value of type accumulator.nameToApiMap"))
        .Wrap(kDecoding);
  }
  for (const auto& [name, type] : value.members()) {
    if (type.is_object() || type.is_null()) continue;
    return base::InvalidArgument(Cat("json: cannot unmarshal ", JsonKind(type),
                                     " into Go value of type accumulator.OpenAPIDefinition"))
        .Wrap(kDecoding);
  }
  TransformerConfig config;
  Interner texts(pool);
  CrdReader(value, config, texts).Read();
  return config;
}

}  // namespace sluice::kustomize
