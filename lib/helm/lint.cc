#include "helm/lint.h"

#include <algorithm>
#include <set>

#include "base/semver.h"
#include "base/strings.h"
#include "document/yaml.h"
#include "go_decode.h"
#include "helm/capabilities.h"
#include "helm/dependencies.h"
#include "helm/engine.h"
#include "helm/manifests.h"
#include "helm/schema.h"
#include "helm/values.h"
#include "io/file_tree.h"
#include "lint_text.h"
#include "manifest_text.h"
#include "yaml_documents.h"

namespace sluice::helm {
namespace {

using base::Cat;
using document::Value;

// What lint reads of an object.
struct Resource {
  std::string api_version, kind, ns, name;
};
constexpr GoField<Resource> kMetadataFields[] = {
    {"Namespace", [](GoDecoder& d, const Value& v, Resource& r) { d.Text(v, r.ns); }},
    {"Name", [](GoDecoder& d, const Value& v, Resource& r) { d.Text(v, r.name); }},
};
constexpr GoField<Resource> kResourceFields[] = {
    {"apiVersion", [](GoDecoder& d, const Value& v, Resource& r) { d.Text(v, r.api_version); }},
    {"Kind", [](GoDecoder& d, const Value& v, Resource& r) { d.Text(v, r.kind); }},
    {"Metadata",
     [](GoDecoder& d, const Value& v, Resource& r) {
       d.Object<Resource>(v, "rules.k8sYamlMetadata", kMetadataFields, r);
     }},
};

std::string_view GoTypeOf(const Value& value) {
  if (value.is_null()) return "<nil>";
  if (value.is_bool()) return "bool";
  if (value.is_array()) return "[]interface {}";
  return value.is_object() ? "map[string]interface {}" : "float64";
}

// "helm.sh/hook": crd-install, quoted or not.
bool IsCrdHook(std::string_view text) {
  constexpr std::string_view kHook = "helm.sh/hook";
  for (size_t at = text.find(kHook); at != text.npos; at = text.find(kHook, at + 1)) {
    std::string_view rest = base::TrimPrefix(text.substr(at + kHook.size()), "\"");
    if (!rest.starts_with(':')) continue;
    rest.remove_prefix(1);
    const size_t space = std::min(rest.find_first_not_of(" \t\n\f\r"), rest.size());
    if (space > 0 && rest.substr(space).starts_with("crd-install")) return true;
  }
  return false;
}

class Linter {
 public:
  Linter(const LintInput& input, const LintOptions& options) : in_(input), options_(options) {}

  std::vector<LintMessage> Run() {
    ChartFile();
    Values();
    Templates();
    Dependencies();
    if (!v3()) Crds();
    return std::move(messages_);
  }

 private:
  bool v3() const { return options_.version == HelmVersion::kV3; }
  void Say(LintSeverity severity, std::string_view path, std::string text) {
    messages_.push_back({severity, std::string(path), std::move(text)});
  }
  void Error(std::string_view path, std::string text) {
    Say(LintSeverity::kError, path, std::move(text));
  }
  void Warn(std::string_view path, std::string text) {
    Say(LintSeverity::kWarning, path, std::move(text));
  }
  // Helm loads the chart for each set of rules, and logs each time.
  const Chart* Loaded() const {
    for (const Warning& warning : in_.load_warnings) {
      if (options_.warn) options_.warn(warning);
    }
    return in_.chart;
  }

  void ChartFile() {
    constexpr std::string_view kPath = "Chart.yaml";
    if (in_.chart_yaml_is_directory) Error(kPath, "should be a file, not a directory");
    Metadata m;
    auto status =
        in_.chart_yaml_is_directory
            ? base::InvalidArgument(Cat("read ", options_.directory, "/Chart.yaml: is a directory"))
            : FromYaml(in_.chart_yaml, &m, options_.version);
    if (!status.ok()) return Error(kPath, Cat("unable to parse YAML\n\t", status.message()));
    if (!v3()) {
      const auto strict = CheckStrictly(in_.chart_yaml);
      if (!strict.ok())
        Warn(kPath, Cat("failed to strictly parse chart metadata file\n\t", strict.message()));
    }
    const auto typed = document::ParseYamlToValue(in_.chart_yaml);
    const auto must_be_text = [&](std::string_view key) {
      const Value* value = typed.ok() ? typed->Find(key) : nullptr;
      if (value != nullptr && !value->is_string())
        Error(kPath, Cat(key, " should be of type string but it's of type ", GoTypeOf(*value)));
    };
    if (m.name.empty())
      Error(kPath, "name is required");
    else if (m.name.find('/') != m.name.npos && m.name != "/")
      Error(kPath, Cat("chart name ", base::QuoteGo(m.name), " is invalid"));
    if (m.api_version != "v1" && m.api_version != "v2") {
      Error(kPath, m.api_version.empty()
                       ? "apiVersion is required. The value must be either \"v1\" or \"v2\""
                       : Cat("apiVersion '", m.api_version,
                             "' is not valid. The value must be either \"v1\" or \"v2\""));
    }
    must_be_text("version");
    Version(m.version, kPath);
    must_be_text("appVersion");
    Maintainers(m, kPath);
    const auto bad = std::ranges::find_if(
        m.sources, [](const std::string& source) { return !IsRequestUrl(source); });
    if (bad != m.sources.end()) Error(kPath, Cat("invalid source URL '", *bad, "'"));
    if (m.icon.empty())
      Say(LintSeverity::kInfo, kPath, "icon is recommended");
    else if (!IsRequestUrl(m.icon))
      Error(kPath, Cat("invalid icon URL '", m.icon, "'"));
    if (!m.type.empty() && m.api_version != "v2") {
      Error(kPath, Cat("chart type is not valid in apiVersion '", m.api_version,
                       "'. It is valid in apiVersion 'v2'"));
    }
    if (!m.dependencies.empty() && m.api_version != "v2") {
      Error(kPath, Cat("dependencies are not valid in the Chart file with apiVersion '",
                       m.api_version, "'. They are valid in apiVersion 'v2'"));
    }
    if (!v3() && !base::SemVer::ParseStrict(m.version).ok())
      Warn(kPath, Cat("version '", m.version, "' is not a valid SemVerV2"));
  }

  void Version(const std::string& text, std::string_view path) {
    if (text.empty()) return Error(path, "version is required");
    const auto version = base::SemVer::Parse(text);
    if (!version.ok()) return Error(path, Cat("version '", text, "' is not a valid SemVer"));
    const auto positive = base::SemVerConstraint::Parse(
        ">0.0.0-0", v3() ? base::SemVerWords::kPlain : base::SemVerWords::kQuoted);
    const auto reasons = positive.ok() ? positive->Reasons(*version) : std::vector<std::string>();
    if (!reasons.empty()) Error(path, Cat("version ", reasons[0]));
  }

  void Maintainers(const Metadata& metadata, std::string_view path) {
    for (const Maintainer& m : metadata.maintainers) {
      if (m.null) return Error(path, "a maintainer entry is empty");
      if (m.name.empty()) return Error(path, "each maintainer requires a name");
      if (!m.email.empty() && !IsEmail(m.email))
        return Error(path, Cat("invalid email '", m.email, "' for maintainer '", m.name, "'"));
      if (!m.url.empty() && !IsWebUrl(m.url))
        return Error(path, Cat("invalid url '", m.url, "' for maintainer '", m.name, "'"));
    }
  }

  void Values() {
    constexpr std::string_view kPath = "values.yaml";
    if (!in_.values_yaml.has_value()) return Say(LintSeverity::kInfo, kPath, "file does not exist");
    const auto values = ParseValues(*in_.values_yaml, HelmVersion::kV3);  // of both: one document
    if (!values.ok()) {
      const std::string type = v3() ? "chartutil.Values" : "common.Values";
      return Error(
          kPath, Cat("unable to parse YAML: ",
                     base::ReplaceAll(values.status().message(), "map[string]interface {}", type)));
    }
    const Value coalesced =
        CoalesceTables(options_.values, *values, options_.version, options_.warn);
    if (!in_.schema.has_value() || in_.schema->empty() ||
        (options_.skip_schema_validation && !v3()))
      return;
    const auto schema = Schema::Compile(*in_.schema, options_.version, options_.schema_loader);
    const base::Status status = schema.ok() ? (*schema)->Validate(coalesced) : schema.status();
    if (!status.ok()) Error(kPath, status.message());
  }

  void Templates() {
    constexpr std::string_view kPath = "templates/";
    using Entry = LintInput::Entry;
    if (in_.templates == Entry::kAbsent && !v3()) return Warn(kPath, "directory does not exist");
    if (in_.templates == Entry::kFile)
      return Say(v3() ? LintSeverity::kWarning : LintSeverity::kError, kPath, "not a directory");
    const Chart* chart = Loaded();
    if (chart == nullptr) return Error(kPath, in_.load_error.message());
    const auto clone = chart->Clone();
    if (!ProcessDependencies(*clone, options_.values, options_.version, options_.warn).ok()) return;
    const auto values = CoalesceValues(*clone, options_.values, options_.version, options_.warn);
    if (!values.ok()) return;
    const auto again = CoalesceValues(*clone, *values, options_.version, options_.warn);
    if (!again.ok()) return Error(kPath, again.status().message());
    if (!options_.skip_schema_validation) {
      if (const auto status =
              ValidateAgainstSchemas(*clone, *again, options_.version, options_.schema_loader);
          !status.ok()) {
        return Error(kPath, Cat("values don't meet the specifications of the schema(s) in the "
                                "following chart(s):\n",
                                status.message()));
      }
    }
    Capabilities capabilities = Capabilities::Default(options_.version);
    if (options_.kube_version.has_value()) capabilities.kube_version = *options_.kube_version;
    minor_ = base::ParseInt64(capabilities.kube_version.minor).value_or(0);
    const ReleaseOptions release{.name = "test-release",
                                 .namespace_ = options_.namespace_,
                                 .revision = 0,
                                 .is_install = false};
    const auto files =
        RenderTemplates(*clone, *again, release, capabilities,
                        {.version = options_.version, .lint = true, .warn = options_.warn});
    if (!files.ok()) return Error(kPath, files.status().message());
    for (const File& file : clone->templates()) {
      if (!Template(file, *files, clone->name())) return;
    }
  }

  // False where the text does not parse: nothing after it is looked at.
  bool Template(const File& file, const std::vector<RenderedFile>& rendered,
                const std::string& chart) {
    const std::string_view base = std::string_view(file.name).substr(file.name.rfind('/') + 1);
    const std::string_view extension =
        base.rfind('.') == base.npos ? "" : base.substr(base.rfind('.'));
    if (extension != ".yaml" && extension != ".yml" && extension != ".tpl" && extension != ".txt") {
      Error(file.name, Cat("file extension '", extension,
                           "' not valid. Valid extensions are .yaml, .yml, .tpl, or .txt"));
    }
    if (v3()) {
      if (IsCrdHook(file.data.view())) {
        Warn(file.name,
             "manifest is a crd-install hook. This hook is no longer supported in v3 and all CRDs "
             "should also exist the crds/ directory "
             "at the top level of the chart");
      }
      if (base::Contains(file.data.view(), ".Release.Time")) {
        Error(file.name,
              ".Release.Time has been removed in v3, please replace with the `now` function in "
              "your templates");
      }
    }
    const std::string lower = base::ToLower(extension);
    if (v3() ? extension != ".yaml" : lower != ".yaml" && lower != ".yml") return true;
    const auto at =
        std::ranges::find(rendered, io::JoinPath(chart, file.name), &RenderedFile::path);
    if (at == rendered.end() || TrimLeftSpace(at->content).empty()) return true;
    for (const std::string_view line : base::Split(at->content, "\n")) {
      if (TrimLeftSpace(line).empty()) continue;
      if (line.starts_with(' ') || line.starts_with('\t')) {
        Warn(file.name, Cat("document starts with an illegal indent: ",
                            base::QuoteGo(base::TrimSuffix(line, "\r")),
                            ", which may cause parsing problems"));
      }
      break;
    }
    return Documents(file.name, at->content, [&](const Resource& resource) {
      CheckResource(file.name, resource, at->content);
    });
  }

  // Calls `check` for each object of the text; false where it does not parse.
  bool Documents(std::string_view path, std::string_view content, const auto& check) {
    DocumentReader reader(content);
    std::string text;
    for (;;) {
      const auto more = reader.Next(&text);
      base::Status status = more.ok() ? base::OkStatus() : more.status();
      if (status.ok() && !*more) return true;
      Resource resource;
      bool null = false;
      if (status.ok()) status = Read(text, resource, &null);
      if (!status.ok()) {
        Error(path, Cat("unable to parse YAML: ", status.message()));
        return false;
      }
      if (!null) check(resource);
    }
  }

  base::Status Read(std::string_view text, Resource& resource, bool* null) const {
    const auto document = document::ParseYamlToValue(text);
    if (!document.ok())
      return base::InvalidArgument(
          Cat("error converting YAML to JSON: ", document.status().message()));
    *null = document->is_null();
    GoDecoder decoder({.coerce = true});
    decoder.Object<Resource>(*document, v3() ? "rules.K8sYamlStruct" : "rules.k8sYamlStruct",
                             kResourceFields, resource);
    return decoder.status().Wrap("error unmarshaling JSON: while decoding JSON");
  }

  void CheckResource(const std::string& path, const Resource& resource, std::string_view content) {
    const std::string quoted = base::QuoteGo(resource.name);
    std::vector<std::string> problems = NameProblems(resource.kind, resource.name);
    for (std::string& problem : problems)
      problem = Cat("metadata.name: Invalid value: ", quoted, ": ", problem);
    if (!problems.empty()) {
      const std::string all =
          problems.size() == 1 ? problems[0] : Cat("[", base::Join(problems, ", "), "]");
      Warn(path, Cat("object name does not conform to Kubernetes naming requirements: ", quoted,
                     ": ", all));
    }
    if (std::string words =
            Deprecation(resource.api_version, resource.kind, minor_, options_.version);
        !words.empty())
      Warn(path, std::move(words));
    constexpr std::string_view kSelecting[] = {"Deployment", "ReplicaSet", "DaemonSet",
                                               "StatefulSet"};
    if (std::ranges::find(kSelecting, resource.kind) != std::end(kSelecting) &&
        !base::Contains(content, "matchLabels") && !base::Contains(content, "matchExpressions")) {
      Error(path, Cat("a ", resource.kind, " must contain matchLabels or matchExpressions, and ",
                      quoted, " does not"));
    }
    if (resource.kind == "List") ListAnnotations(path, content);
  }

  void ListAnnotations(const std::string& path, std::string_view content) {
    const auto list = document::ParseYamlToValue(content);
    if (!list.ok())
      return Error(path, Cat("unable to parse YAML: error converting YAML to JSON: ",
                             list.status().message()));
    const bool kept = std::ranges::any_of((*list)["items"].items(), [](const Value& item) {
      return item["metadata"]["annotations"].Find("helm.sh/resource-policy") != nullptr;
    });
    if (kept)
      Error(path, Cat(v3() ? "A" : "a",
                      "nnotation 'helm.sh/resource-policy' within List objects are ignored"));
  }

  void Dependencies() {
    const Chart* chart = Loaded();
    if (chart == nullptr)
      return Error("", Cat("unable to load chart\n\t", in_.load_error.message()));
    std::set<std::string> declared, there;
    std::vector<std::string> missing, unknown;
    for (const Dependency& d : chart->metadata.dependencies) declared.insert(d.name);
    for (const auto& c : chart->dependencies()) there.insert(c->name());
    for (const auto& c : chart->dependencies()) {
      if (!declared.contains(c->name())) unknown.push_back(c->name());
    }
    for (const Dependency& d : chart->metadata.dependencies) {
      if (!there.contains(d.name)) missing.push_back(d.name);
    }
    if (!unknown.empty())
      Error(options_.directory,
            Cat("chart metadata is missing these dependencies: ", base::Join(unknown, ",")));
    if (!missing.empty())
      Warn(options_.directory,
           Cat("chart directory is missing these dependencies: ", base::Join(missing, ",")));
  }

  void Crds() {
    constexpr std::string_view kPath = "crds/";
    if (in_.crds == LintInput::Entry::kAbsent) return;
    if (in_.crds == LintInput::Entry::kFile) return Error(kPath, "not a directory");
    const Chart* chart = Loaded();
    if (chart == nullptr) return Error(kPath, in_.load_error.message());
    for (const Crd& crd : chart->Crds()) {
      const bool good = Documents(crd.name, crd.file->data.view(), [&](const Resource& resource) {
        if (!resource.api_version.starts_with("apiextensions.k8s.io"))
          Error(crd.name, "apiVersion is not in 'apiextensions.k8s.io'");
        if (resource.kind != "CustomResourceDefinition")
          Error(crd.name, "object kind is not 'CustomResourceDefinition'");
      });
      if (!good) return;
    }
  }

  const LintInput& in_;
  const LintOptions& options_;
  int64_t minor_ = 0;  // of Kubernetes 1
  std::vector<LintMessage> messages_;
};

}  // namespace

std::string LintMessage::Text() const {
  constexpr std::string_view kNames[] = {"INFO", "WARNING", "ERROR"};
  return Cat("[", kNames[static_cast<size_t>(severity)], "] ", path, ": ", text);
}

std::vector<LintMessage> LintChart(const LintInput& input, const LintOptions& options) {
  return Linter(input, options).Run();
}

}  // namespace sluice::helm
