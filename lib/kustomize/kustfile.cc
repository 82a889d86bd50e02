#include "kustfile.h"

#include <algorithm>

#include "base/strings.h"
#include "document/json.h"
#include "document/yaml.h"
#include "kustfile_fields.h"

namespace sluice::kustomize {
namespace {

using base::Cat;
using base::Status;
using document::Value;

constexpr std::string_view kBetaVersion = "kustomize.config.k8s.io/v1beta1";
constexpr std::string_view kAlphaVersion = "kustomize.config.k8s.io/v1alpha1";
constexpr std::string_view kKustomizationKind = "Kustomization";

struct Deprecation {
  std::string_view field, instead, note;
};
constexpr Deprecation kDeprecations[] = {
    {"bases", "resources", ""},
    {"commonLabels", "labels", ""},
    {"imageTags", "images", ""},
    {"patchesJson6902", "patches", ""},
    {"patchesStrategicMerge", "patches", ""},
    {"vars", "replacements", "[EXPERIMENTAL] "},
};

const Value* FindField(const Value& file, std::string_view name) {
  if (const Value* exact = file.Find(name)) return exact;
  for (const auto& [key, value] : file.members()) {
    if (base::EqualFold(key, name)) return &value;
  }
  return nullptr;
}

void Warn(const Value& file, std::vector<std::string>& warnings) {
  for (const auto& [field, instead, note] : kDeprecations) {
    const Value* value = FindField(file, field);
    if (value == nullptr || value->is_null()) continue;
    warnings.push_back(Cat("# Warning: '", field, "' is deprecated. Please use '", instead,
                           "' instead. ", note,
                           "Run 'kustomize edit fix' to update your Kustomization automatically."));
  }
}

bool IsEmpty(const Value& file) {
  return std::ranges::all_of(file.members(), [](const Value::Member& member) {
    const auto& [key, value] = member;
    return base::EqualFold(key, "apiVersion") || base::EqualFold(key, "kind") || value.is_null() ||
           (value.is_string() && value.AsString().empty());
  });
}

void FixHelm(Kustomization& k) {
  if (k.helm_chart_args.empty()) return;
  HelmGlobals globals;
  for (HelmChartArgs& old : k.helm_chart_args) {
    HelmChartEntry chart;
    chart.name = old.chart_name;
    chart.version = old.chart_version;
    chart.repo = old.chart_repo_url;
    chart.values_file = old.values;
    chart.values_inline = std::move(old.values_local);
    chart.values_merge = old.values_merge;
    chart.release_name = old.release_name;
    if (!old.chart_home.empty()) globals.chart_home = old.chart_home;
    if (!old.helm_home.empty()) globals.config_home = old.helm_home;
    k.helm_charts.push_back(std::move(chart));
  }
  k.helm_chart_args.clear();
  if (!k.helm_globals.has_value()) k.helm_globals = globals;
}

void Fix(Kustomization& k) {
  if (k.kind.empty()) k.kind = kKustomizationKind;
  if (k.api_version.empty())
    k.api_version = k.kind == kComponentKind ? kAlphaVersion : kBetaVersion;
  k.resources.insert(k.resources.end(), k.bases.begin(), k.bases.end());
  k.images.insert(k.images.end(), k.image_tags.begin(), k.image_tags.end());
  const auto fix_env = [](GeneratorArgs& args) {
    if (!args.env.empty()) args.envs.push_back(std::move(args.env));
    args.env.clear();
  };
  for (ConfigMapArgs& g : k.config_maps) fix_env(g.args);
  for (SecretArgs& g : k.secrets) fix_env(g.args);
  FixHelm(k);
}

std::vector<std::string> Enforce(const Kustomization& k) {
  std::vector<std::string> errors;
  if (k.kind != kKustomizationKind && k.kind != kComponentKind) {
    errors.emplace_back("kind should be Kustomization or Component");
  }
  const std::string_view required = k.kind == kComponentKind ? kAlphaVersion : kBetaVersion;
  if (k.api_version != required)
    errors.push_back(Cat("apiVersion for ", k.kind, " should be ", required));
  return errors;
}

void SetIf(Value& object, std::string_view key, std::string_view text) {
  if (!text.empty()) object.Set(key, text);
}
void SetIf(Value& object, std::string_view key, bool flag) {
  if (flag) object.Set(key, true);
}
void SetIf(Value& object, std::string_view key, const std::vector<std::string>& list) {
  if (list.empty()) return;
  Value& out = object.Set(key, Value::Array());
  for (const std::string& item : list) out.Append(item);
}

}  // namespace

bool Kustomization::HasBuildMetadata(std::string_view option) const {
  return std::ranges::find(build_metadata, option) != build_metadata.end();
}

namespace {

constexpr std::string_view kNotConfigured[] = {
    "apiVersion", "kind",         "metadata",   "openapi",      "sortOptions",
    "resources",  "bases",        "components", "crds",         "configurations",
    "generators", "transformers", "validators", "buildMetadata"};

// What a transformer or generator is configured with the peer writes as JSON and reads as YAML,
// where U+0085 folds as line breaks do.
Status ReadAsConfigured(std::string_view text, Value& file) {
  if (text.find("\xc2\x85") == text.npos && text.find("\\N") == text.npos &&
      text.find("85") == text.npos)
    return {};
  if (!file.is_object()) return {};
  Value out = Value::Object();
  for (const auto& [key, value] : file.members()) {
    if (std::ranges::find(kNotConfigured, key) != std::end(kNotConfigured)) {
      out.Set(key, value);
      continue;
    }
    SLUICE_TRY(Value read, document::ParseYamlToValue(document::ToJson(value)));
    out.Set(key, std::move(read));
  }
  file = std::move(out);
  return {};
}

}  // namespace

base::Result<Kustomization> ParseKustomization(std::string_view text, std::string_view root,
                                               bool strict, std::vector<std::string>& warnings) {
  auto parsed = document::ParseYamlToValue(text);
  if (!parsed.ok()) return std::move(parsed).status().Wrap("invalid Kustomization");
  SLUICE_TRY(ReadAsConfigured(text, *parsed));
  Kustomization k;
  if (Status s = Decoder(strict).Decode(*parsed, k); !s.ok())
    return std::move(s).Wrap("invalid Kustomization");
  Warn(*parsed, warnings);
  Fix(k);
  if (IsEmpty(*parsed)) return base::InvalidArgument("kustomization.yaml is empty");
  if (const auto errors = Enforce(k); !errors.empty()) {
    return base::InvalidArgument(
        Cat("Failed to read kustomization file under ", root, ":\n", base::Join(errors, "\n")));
  }
  return k;
}

Value ToConfig(const Selector& s) {
  Value out = Value::Object();
  SetIf(out, "annotationSelector", s.annotation_selector);
  SetIf(out, "group", s.group);
  SetIf(out, "kind", s.kind);
  SetIf(out, "labelSelector", s.label_selector);
  SetIf(out, "name", s.name);
  SetIf(out, "namespace", s.ns);
  SetIf(out, "version", s.version);
  return out;
}

Value ToConfig(const Patch& patch) {
  Value out = Value::Object();
  if (patch.options.has_value()) {
    Value options = Value::Object();
    SetIf(options, "allowKindChange", patch.options->allow_kind_change);
    SetIf(options, "allowNameChange", patch.options->allow_name_change);
    out.Set("options", std::move(options));
  }
  SetIf(out, "patch", patch.patch);
  SetIf(out, "path", patch.path);
  if (patch.target.has_value()) out.Set("target", ToConfig(*patch.target));
  return out;
}

namespace {

Value ToConfig(const FieldOptions& o) {
  Value out = Value::Object();
  SetIf(out, "create", o.create);
  SetIf(out, "delimiter", o.delimiter);
  SetIf(out, "encoding", o.encoding);
  if (o.index != 0) out.Set("index", o.index);
  return out;
}

Value ToConfig(const SourceSelector& s) {
  Value out = ToConfig(Selector{s.group, s.version, s.kind, s.name, s.ns, "", ""});
  SetIf(out, "fieldPath", s.field_path);
  if (s.options.has_value()) out.Set("options", ToConfig(*s.options));
  return out;
}

Value ToConfig(const TargetSelector& t) {
  Value out = Value::Object();
  SetIf(out, "fieldPaths", t.field_paths);
  if (t.options.has_value()) out.Set("options", ToConfig(*t.options));
  if (!t.reject.empty()) {
    Value& list = out.Set("reject", Value::Array());
    for (const Selector& s : t.reject) list.Append(kustomize::ToConfig(s));
  }
  if (t.select.has_value()) out.Set("select", kustomize::ToConfig(*t.select));
  return out;
}

}  // namespace

Value ToConfig(const ReplacementField& field) {
  Value out = Value::Object();
  SetIf(out, "path", field.path);
  const Replacement& r = field.replacement;
  if (r.source.has_value()) out.Set("source", ToConfig(*r.source));
  if (r.source_value.has_value()) out.Set("sourceValue", *r.source_value);
  if (!r.targets.empty()) {
    Value& list = out.Set("targets", Value::Array());
    for (const TargetSelector& t : r.targets) list.Append(ToConfig(t));
  }
  return out;
}

Value ToConfig(const HelmChartEntry& c, const std::optional<HelmGlobals>& globals) {
  Value out = Value::Object();
  if (globals.has_value()) {
    SetIf(out, "chartHome", globals->chart_home);
    SetIf(out, "configHome", globals->config_home);
  }
  SetIf(out, "name", c.name);
  SetIf(out, "version", c.version);
  SetIf(out, "repo", c.repo);
  SetIf(out, "releaseName", c.release_name);
  SetIf(out, "namespace", c.ns);
  SetIf(out, "valuesFile", c.values_file);
  SetIf(out, "valuesMerge", c.values_merge);
  SetIf(out, "kubeVersion", c.kube_version);
  SetIf(out, "nameTemplate", c.name_template);
  SetIf(out, "additionalValuesFiles", c.additional_values_files);
  SetIf(out, "apiVersions", c.api_versions);
  if (!c.values_inline.is_null()) out.Set("valuesInline", c.values_inline);
  SetIf(out, "includeCRDs", c.include_crds);
  SetIf(out, "skipHooks", c.skip_hooks);
  SetIf(out, "skipTests", c.skip_tests);
  SetIf(out, "debug", c.debug);
  SetIf(out, "devel", c.devel);
  return out;
}

}  // namespace sluice::kustomize
