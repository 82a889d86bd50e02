// Chart: one loaded chart with its subcharts. The files are an immutable snapshot shared by all copies (a chart is loaded once, rendered
// often, and dependency processing works on a Clone); metadata, default values and the list of subcharts belong to each copy.
// Invariant: parent() owns this chart through dependencies(), so a chart with subcharts must not move: it is held by unique_ptr.
// Thread-compatible: const use from many threads is fine. Spec: helm-engine 11.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "document/value.h"
#include "helm/metadata.h"

namespace sluice::helm {

struct File {
  std::string name;  // relative to the chart's own root: "templates/a.yaml"
  std::string data;
  std::optional<base::Time> modified{};  // nullopt: Go's zero time
};

// What stands in the archive, by use. `raw` holds every file once (BOM stripped), subcharts' included, in the order read; the others
// are copies of the part they name, as Helm keeps them.
struct ChartFiles {
  std::vector<File> raw;
  std::vector<File> templates;          // under templates/
  std::vector<File> files;              // .Files, crds/ included
  std::optional<std::string> schema;    // values.schema.json
  std::optional<base::Time> schema_modified;
  std::optional<base::Time> modified;   // of Chart.yaml
};

struct Crd {
  std::string name;       // "crds/a.yaml"
  std::string file_name;  // "parent/charts/child/crds/a.yaml"
  const File* file;       // lives as long as the chart's files()
};

class Chart {
 public:
  Chart() : files_(std::make_shared<ChartFiles>()), values_(std::make_shared<const document::Value>()) {}
  Chart(const Chart&) = delete;
  Chart& operator=(const Chart&) = delete;

  // A deep copy without parent: files and default values are shared, the rest is copied.
  std::unique_ptr<Chart> Clone() const;

  const std::string& name() const { return metadata.name; }
  bool is_root() const { return parent_ == nullptr; }
  bool is_library() const { return metadata.is_library(); }
  const Chart* parent() const { return parent_; }
  const Chart& root() const;
  std::string full_path() const;  // "parent/charts/child": the prefix of its template names
  std::string dot_path() const;   // "parent.child"

  const std::vector<File>& templates() const { return files_->templates; }
  const std::vector<File>& files() const { return files_->files; }
  const std::vector<File>& raw() const { return files_->raw; }
  const std::optional<std::string>& schema() const { return files_->schema; }
  const ChartFiles& content() const { return *files_; }
  void set_content(std::shared_ptr<const ChartFiles> files) { files_ = std::move(files); }

  // values.yaml, later with what import-values brought: an object; null where there is no values.yaml. Every number is a kDouble.
  const document::Value& values() const { return *values_; }
  void set_values(document::Value values) { values_ = std::make_shared<const document::Value>(std::move(values)); }

  // Own CRDs, then those of the dependencies.
  std::vector<Crd> Crds() const;

  // Subcharts, sorted by name where they were loaded.
  const std::vector<std::unique_ptr<Chart>>& dependencies() const { return dependencies_; }
  void AddDependency(std::unique_ptr<Chart> chart);
  std::vector<std::unique_ptr<Chart>> TakeDependencies();  // each without parent

  Metadata metadata;
  std::optional<Lock> lock;

 private:
  void AppendCrds(std::vector<Crd>& out) const;

  std::shared_ptr<const ChartFiles> files_;
  std::shared_ptr<const document::Value> values_;
  Chart* parent_ = nullptr;
  std::vector<std::unique_ptr<Chart>> dependencies_;
};

}  // namespace sluice::helm
