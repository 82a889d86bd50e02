// Chart.yaml and Chart.lock as data. Values; pure; thread-compatible. Spec: helm-engine 11.1, 23.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "document/value.h"
#include "helm/version.h"

namespace sluice::helm {

struct Maintainer {
  std::string name, email, url;
  bool null = false;  // a null in the list: Validate refuses it
};

struct Dependency {
  std::string name, version, repository, condition;
  std::vector<std::string> tags;
  bool enabled = false;
  std::vector<document::Value> import_values;  // a string, or {child, parent}
  std::string alias;
  bool null = false;  // a null in the list: Validate refuses it

  // "alias" where there is one: the name its values and its copy of the chart go by.
  const std::string& effective_name() const { return alias.empty() ? name : alias; }
};

// An empty string or list is an absent one, as Go's omitempty has it.
struct Metadata {
  std::string name, home;
  std::vector<std::string> sources;
  std::string version, description;
  std::vector<std::string> keywords;
  std::vector<Maintainer> maintainers;
  std::string icon, api_version, condition, tags, app_version;
  bool deprecated = false;
  std::map<std::string, std::string> annotations;
  std::string kube_version;
  std::vector<Dependency> dependencies;
  bool empty_dependencies = false;  // "dependencies: []": processed, unlike an absent list
  std::string type;

  bool is_library() const;  // type "library" in any case, as the engine compares

  // Sanitises every text (white space → space, what cannot be printed is dropped), then checks.
  // Errors: "validation: chart.metadata.name is required" …; kInvalidArgument.
  base::Status Validate(HelmVersion version);
};

struct Lock {
  // RFC 3339, as Go prints it again; Go's zero time where there is none
  std::string generated = "0001-01-01T00:00:00Z";
  std::string digest;                                   // "sha256:<hex>"
  std::optional<std::vector<Dependency>> dependencies;  // nullopt: a nil list, null in JSON
};

// JSON form, members in the order of Helm's structs (write it with sort_keys = false); empty fields
// are left out as Helm does.
document::Value ToValue(const Dependency& dependency);
document::Value ToValue(const Metadata& metadata);
document::Value ToValue(const Lock& lock);

// Back from it: keys in any case, numbers and bools become text where text is due only in FromYaml.
// Errors in encoding/json's words: "json: cannot unmarshal array into Go struct field Metadata.name
// of type string". `into` keeps what the document does not name (requirements.yaml is read over
// Chart.yaml), also of each element of its lists.
base::Status FromValue(const document::Value& value, Metadata* into);
base::Status FromValue(const document::Value& value, Lock* into);
// Errors: "error converting YAML to JSON: yaml: …", "error unmarshaling JSON: while decoding JSON:
// json: …".
base::Status FromYaml(std::string_view text, Metadata* into,
                      HelmVersion version = HelmVersion::kV4);
// Fields that Chart.yaml does not have and keys that stand there twice are errors, too: `json:
// unknown field "x"`.
base::Status CheckStrictly(std::string_view chart_yaml, HelmVersion version = HelmVersion::kV4);
// nullopt where the document is null
base::Status FromYaml(std::string_view text, std::optional<Lock>* into,
                      HelmVersion version = HelmVersion::kV4);

}  // namespace sluice::helm
