#include "helm/lint.h"

#include <algorithm>
#include <set>

#include "base/semver.h"
#include "base/strings.h"
#include "document/yaml.h"
#include "helm/capabilities.h"
#include "helm/dependencies.h"
#include "helm/engine.h"
#include "helm/manifests.h"
#include "helm/schema.h"
#include "helm/values.h"
#include "io/file_tree.h"
#include "manifest_text.h"

namespace sluice::helm {
namespace {

using base::Cat;
using document::Value;

bool IsUrl(std::string_view text) {  // an absolute URL
  const size_t colon = text.find("://");
  return colon != text.npos && colon > 0 && colon + 3 < text.size() && text.find(' ') == text.npos;
}

bool IsEmail(std::string_view text) {
  const size_t at = text.find('@');
  return at != text.npos && at > 0 && text.find('.', at) != text.npos && text.find(' ') == text.npos;
}

// RFC 1123: labels of lower-case letters, digits and '-', joined by dots where `dots`.
bool IsDnsName(std::string_view name, bool dots) {
  const auto good = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (name.empty() || name.size() > (dots ? 253u : 63u)) return false;
  for (const std::string_view label : base::Split(name, dots ? "." : "\n")) {
    if (label.empty() || !good(label.front()) || !good(label.back())) return false;
    if (!std::ranges::all_of(label, [&](char c) { return good(c) || c == '-'; })) return false;
  }
  return true;
}

constexpr std::string_view kSubdomain =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an "
    "alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
constexpr std::string_view kLabel =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric "
    "character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
constexpr std::string_view kLabel1035 =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an "
    "alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

std::string_view NameProblem(std::string_view kind, std::string_view name) {
  const std::string lower = base::ToLower(kind);
  if (lower == "certificatesigningrequest") return "";
  if (lower == "role" || lower == "clusterrole" || lower == "rolebinding" || lower == "clusterrolebinding") {
    if (name == "." || name == "..") return "may not be '.' or '..'";
    return name.find('/') != name.npos ? "may not contain '/'" : name.find('%') != name.npos ? "may not contain '%'" : "";
  }
  if (lower == "service") return IsDnsName(name, false) && name[0] >= 'a' ? "" : kLabel1035;
  if (lower == "namespace") return IsDnsName(name, false) ? "" : kLabel;
  return IsDnsName(name, true) ? "" : kSubdomain;
}

class Linter {
 public:
  Linter(const LintInput& input, const LintOptions& options) : in_(input), options_(options) {}

  std::vector<LintMessage> Run() {
    ChartFile();
    Values();
    Templates();
    Dependencies();
    Crds();
    return std::move(messages_);
  }

 private:
  void Say(LintSeverity severity, std::string_view path, std::string text) {
    messages_.push_back({severity, std::string(path), std::move(text)});
  }
  void Error(std::string_view path, std::string text) { Say(LintSeverity::kError, path, std::move(text)); }

  void ChartFile() {
    constexpr std::string_view kPath = "Chart.yaml";
    Metadata m;
    if (const auto status = FromYaml(in_.chart_yaml, &m); !status.ok()) return Error(kPath, Cat("unable to parse YAML\n\t", status.message()));
    const auto typed = document::ParseYamlToValue(in_.chart_yaml);
    const auto must_be_text = [&](std::string_view key) {
      const Value* value = typed.ok() ? typed->Find(key) : nullptr;
      if (value != nullptr && !value->is_string()) {
        Error(kPath, Cat(key, " should be of type string but it's of type ", value->is_null() ? "<nil>" : value->is_bool() ? "bool" : "float64"));
      }
    };
    if (m.name.empty()) Error(kPath, "name is required");
    else if (m.name.find('/') != m.name.npos) Error(kPath, Cat("chart name ", base::QuoteGo(m.name), " is invalid"));
    if (m.api_version != "v1" && m.api_version != "v2") {
      Error(kPath, m.api_version.empty() ? "apiVersion is required. The value must be either \"v1\" or \"v2\""
                                         : Cat("apiVersion '", m.api_version, "' is not valid. The value must be either \"v1\" or \"v2\""));
    }
    must_be_text("version");
    if (m.version.empty()) Error(kPath, "version is required");
    else if (!base::SemVer::Parse(m.version).ok()) Error(kPath, Cat("version '", m.version, "' is not a valid SemVer"));
    must_be_text("appVersion");
    Maintainers(m, kPath);
    for (const std::string& source : m.sources) {
      if (!IsUrl(source)) Error(kPath, Cat("invalid source URL '", source, "'"));
    }
    if (m.icon.empty()) Say(LintSeverity::kInfo, kPath, "icon is recommended");
    else if (!IsUrl(m.icon)) Error(kPath, Cat("invalid icon URL '", m.icon, "'"));
    if (!m.type.empty() && m.api_version != "v2") {
      Error(kPath, Cat("chart type is not valid in apiVersion '", m.api_version, "'. It is valid in apiVersion 'v2'"));
    }
    if (!m.dependencies.empty() && m.api_version != "v2") {
      Error(kPath, Cat("dependencies are not valid in the Chart file with apiVersion '", m.api_version, "'. They are valid in apiVersion 'v2'"));
    }
    if (options_.version == HelmVersion::kV4 && !base::SemVer::ParseStrict(m.version).ok()) {
      Say(LintSeverity::kWarning, kPath, Cat("version '", m.version, "' is not a valid SemVerV2"));
    }
  }

  void Maintainers(const Metadata& metadata, std::string_view path) {
    for (const Maintainer& m : metadata.maintainers) {
      if (m.null) return Error(path, "a maintainer entry is empty");
      if (m.name.empty()) return Error(path, "each maintainer requires a name");
      if (!m.email.empty() && !IsEmail(m.email)) return Error(path, Cat("invalid email '", m.email, "' for maintainer '", m.name, "'"));
      if (!m.url.empty() && !IsUrl(m.url)) return Error(path, Cat("invalid url '", m.url, "' for maintainer '", m.name, "'"));
    }
  }

  void Values() {
    constexpr std::string_view kPath = "values.yaml";
    if (!in_.values_yaml.has_value()) return Say(LintSeverity::kInfo, kPath, "file does not exist");
    const auto values = ParseValues(*in_.values_yaml, options_.version);
    if (!values.ok()) return Error(kPath, Cat("unable to parse YAML: ", values.status().message()));
    if (!in_.schema.has_value() || in_.schema->empty() || options_.skip_schema_validation) return;
    const auto schema = Schema::Compile(*in_.schema, options_.version);
    const base::Status status = schema.ok() ? (*schema)->Validate(CoalesceTables(options_.values, *values, options_.version)) : schema.status();
    if (!status.ok()) Error(kPath, status.message());
  }

  void Templates() {
    constexpr std::string_view kPath = "templates/";
    if (!in_.has_templates && options_.version == HelmVersion::kV4) return Say(LintSeverity::kWarning, kPath, "directory does not exist");
    if (in_.chart == nullptr) return Error(kPath, in_.load_error.message());
    const auto clone = in_.chart->Clone();
    if (!ProcessDependencies(*clone, options_.values, options_.version).ok()) return;
    const auto values = CoalesceValues(*clone, options_.values, options_.version);
    if (!values.ok()) return;
    if (!options_.skip_schema_validation) {
      if (const auto status = ValidateAgainstSchemas(*clone, *values, options_.version); !status.ok()) {
        return Error(kPath, Cat("values don't meet the specifications of the schema(s) in the following chart(s):\n", status.message()));
      }
    }
    Capabilities capabilities = Capabilities::Default(options_.version);
    if (options_.kube_version.has_value()) capabilities.kube_version = *options_.kube_version;
    const ReleaseOptions release{.name = "test-release", .namespace_ = options_.namespace_, .revision = 0, .is_install = false};
    const auto files = RenderTemplates(*clone, *values, release, capabilities, {.version = options_.version, .lint = true});
    if (!files.ok()) return Error(kPath, files.status().message());
    for (const File& file : clone->templates()) {
      const size_t dot = file.name.rfind('.');
      const std::string extension = dot == file.name.npos ? "" : file.name.substr(dot);
      if (extension != ".yaml" && extension != ".yml" && extension != ".tpl" && extension != ".txt") {
        Error(file.name, Cat("file extension '", extension, "' not valid. Valid extensions are .yaml, .yml, .tpl, or .txt"));
      }
      if (extension != ".yaml" && extension != ".yml") continue;
      const auto rendered = std::ranges::find(*files, io::JoinPath(clone->name(), file.name), &RenderedFile::path);
      if (rendered != files->end() && !Documents(file.name, rendered->content)) return;
    }
  }

  // False where the text does not parse: nothing after it is looked at.
  bool Documents(const std::string& path, std::string_view content) {
    if (TrimLeftSpace(content).empty()) return true;
    for (const std::string_view line : base::Split(content, "\n")) {
      if (TrimLeftSpace(line).empty()) continue;
      if (line.starts_with(' ') || line.starts_with('\t')) {
        Say(LintSeverity::kWarning, path, Cat("document starts with an illegal indent: ", base::QuoteGo(line), ", which may cause parsing problems"));
      }
      break;
    }
    for (const std::string_view text : SplitManifests(content, HelmVersion::kV4)) {
      const auto document = document::ParseYamlToValue(text);
      if (!document.ok()) {
        Error(path, Cat("unable to parse YAML: error converting YAML to JSON: ", document.status().message()));
        return false;
      }
      if (!document->is_null()) Document(path, *document, content);
    }
    return true;
  }

  void Document(const std::string& path, const Value& document, std::string_view content) {
    const std::string_view kind = document["kind"].AsString(), name = document["metadata"]["name"].AsString();
    if (const std::string_view problem = NameProblem(kind, name); !problem.empty()) {
      const std::string quoted = base::QuoteGo(name);
      Say(LintSeverity::kWarning, path, Cat("object name does not conform to Kubernetes naming requirements: ", quoted,
                                            ": metadata.name: Invalid value: ", quoted, ": ", problem));
    }
    constexpr std::string_view kSelecting[] = {"Deployment", "ReplicaSet", "DaemonSet", "StatefulSet"};
    if (std::ranges::find(kSelecting, kind) != std::end(kSelecting) && !base::Contains(content, "matchLabels") &&
        !base::Contains(content, "matchExpressions")) {
      Error(path, Cat("a ", kind, " must contain matchLabels or matchExpressions, and ", base::QuoteGo(name), " does not"));
    }
    for (const Value& item : kind == "List" ? document["items"].items() : std::vector<Value>()) {
      if (item["metadata"]["annotations"].Find("helm.sh/resource-policy") == nullptr) continue;
      Error(path, "annotation 'helm.sh/resource-policy' within List objects are ignored");
      break;
    }
  }

  void Dependencies() {
    if (in_.chart == nullptr) return Error("", Cat("unable to load chart\n\t", in_.load_error.message()));
    std::set<std::string> declared, there;
    std::vector<std::string> missing, unknown;
    for (const Dependency& d : in_.chart->metadata.dependencies) declared.insert(d.name);
    for (const auto& c : in_.chart->dependencies()) there.insert(c->name());
    for (const auto& c : in_.chart->dependencies()) {
      if (!declared.contains(c->name())) unknown.push_back(c->name());
    }
    for (const Dependency& d : in_.chart->metadata.dependencies) {
      if (!there.contains(d.name)) missing.push_back(d.name);
    }
    if (!unknown.empty()) Error(options_.directory, Cat("chart metadata is missing these dependencies: ", base::Join(unknown, ",")));
    if (!missing.empty()) Say(LintSeverity::kWarning, options_.directory, Cat("chart directory is missing these dependencies: ", base::Join(missing, ",")));
  }

  void Crds() {
    if (in_.chart == nullptr || options_.version == HelmVersion::kV3) return;
    for (const Crd& crd : in_.chart->Crds()) {
      const auto documents = document::ParseYamlStream(crd.file->data.view());
      if (!documents.ok()) return Error(crd.name, Cat("unable to parse YAML: error converting YAML to JSON: ", documents.status().message()));
      for (const Value& document : *documents) {
        if (!document["apiVersion"].AsString().starts_with("apiextensions.k8s.io")) Error(crd.name, "apiVersion is not in 'apiextensions.k8s.io'");
        if (document["kind"].AsString() != "CustomResourceDefinition") Error(crd.name, "object kind is not 'CustomResourceDefinition'");
      }
    }
  }

  const LintInput& in_;
  const LintOptions& options_;
  std::vector<LintMessage> messages_;
};

}  // namespace

std::string LintMessage::Text() const {
  constexpr std::string_view kNames[] = {"INFO", "WARNING", "ERROR"};
  return Cat("[", kNames[static_cast<size_t>(severity)], "] ", path, ": ", text);
}

std::vector<LintMessage> LintChart(const LintInput& input, const LintOptions& options) { return Linter(input, options).Run(); }

}  // namespace sluice::helm
