// The table of operations of conformance-helm. To add one: write `Result<Value> Run(const Case&)`
// in the file of its family, name it in that file's table, and (for a new family) declare the
// table's function below and list it in kFamilies (main.cc).
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "document/value.h"
#include "helm/version.h"

namespace sluice::conformance {

// One case as one Helm answers it: it runs twice, for v3 and for v4.
struct Case {
  std::string_view name;
  // the recorded case; its numbers as JSON has them: AsHelmNumbers() for data
  const document::Value& json;
  const document::Value& common;  // what "dataRef": "common" names
  std::filesystem::path root;     // the directory with cases/, charts/, release/
  helm::HelmVersion version;

  std::string_view Text(std::string_view key) const { return json[key].AsString(); }
  std::vector<std::string> Texts(std::string_view key) const;
  // json[key] with every number a float64, as Helm reads values; left alone under "numbers":
  // "int64".
  document::Value AsHelmNumbers(std::string_view key) const;
  document::Value Data() const;  // "data" or what "dataRef" names, likewise
};

// The result to compare with "expect" (null where it is absent), or the error to compare with
// "error".
struct Op {
  std::string_view name;
  base::Result<document::Value> (*run)(const Case&);
};

// A family may also bring cases that do not stand in cases/*.json (charts/, release/): each an
// object with "name" and "op".
struct Family {
  std::span<const Op> ops;
  std::vector<document::Value> (*discover)(const std::filesystem::path& root) = nullptr;
};

Family ChartFamily();     // load ignore kubeversion
Family ValuesFamily();    // coalesce deps strvals valueopts
Family IndexFamily();     // index
Family ChartDirFamily();  // template: charts/
Family EngineFamily();    // render
Family ManifestFamily();  // manifests patch release
Family SchemaFamily();    // schema
Family SemVerFamily();    // semver-parse semver-check semver-constraint semver-sort
Family TemplateFamily();  // parse tmpl

std::string ReadFile(
    const std::filesystem::path& path);  // "" where it cannot be read; .gz inflated

}  // namespace sluice::conformance
