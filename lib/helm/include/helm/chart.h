// Chart: one loaded chart with its subcharts. The files are an immutable snapshot shared by all
// copies (a chart is loaded once, rendered often, and dependency processing works on a Clone);
// metadata, default values and the list of subcharts belong to each copy. Invariant: parent() owns
// this chart through dependencies(), so a chart with subcharts must not move: it is held by
// unique_ptr. Thread-compatible: const use from many threads is fine. Spec: helm-engine 11.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "document/value.h"
#include "helm/metadata.h"

namespace sluice::helm {

// Immutable bytes, shared: a chart's files point into the one buffer its archive was inflated into.
// Copying copies a pointer.
class SharedText {
 public:
  SharedText() = default;
  SharedText(std::string text)  // NOLINT(google-explicit-constructor)
      : owner_(std::make_shared<const std::string>(std::move(text))), size_(owner_->size()) {}
  // REQUIRES: `part` lies in *owner
  SharedText(std::shared_ptr<const std::string> owner, std::string_view part)
      : owner_(std::move(owner)),
        at_(static_cast<size_t>(part.data() - owner_->data())),
        size_(part.size()) {}

  std::string_view view() const {
    return owner_ == nullptr ? std::string_view() : std::string_view(owner_->data() + at_, size_);
  }
  const std::shared_ptr<const std::string>& owner() const {
    return owner_;
  }                                                     // null where empty by default
  operator std::string_view() const { return view(); }  // NOLINT(google-explicit-constructor)
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

 private:
  std::shared_ptr<const std::string> owner_;
  size_t at_ = 0, size_ = 0;
};

struct File {
  std::string name;  // relative to the chart's own root: "templates/a.yaml"
  SharedText data;
  std::optional<base::Time> modified{};  // nullopt: Go's zero time
};

// What stands in the archive, by use. `raw` holds every file once (BOM stripped), subcharts'
// included, in the order read; the others name parts of it again, as Helm keeps them.
struct ChartFiles {
  std::vector<File> raw;
  std::vector<File> templates;       // under templates/
  std::vector<File> files;           // .Files, crds/ included
  std::optional<SharedText> schema;  // values.schema.json
  std::optional<base::Time> schema_modified;
  std::optional<base::Time> modified;  // of Chart.yaml
};

struct Crd {
  std::string name;       // "crds/a.yaml"
  std::string file_name;  // "parent/charts/child/crds/a.yaml"
  const File* file;       // lives as long as the chart's files()
};

class Chart {
 public:
  Chart()
      : files_(std::make_shared<ChartFiles>()),
        values_(std::make_shared<const document::Value>()) {}
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
  const std::optional<SharedText>& schema() const { return files_->schema; }
  const ChartFiles& content() const { return *files_; }
  const std::shared_ptr<const ChartFiles>& shared_content() const { return files_; }
  void set_content(std::shared_ptr<const ChartFiles> files) { files_ = std::move(files); }

  // values.yaml, later with what import-values brought: an object; null where there is no
  // values.yaml. Every number is a kDouble.
  const document::Value& values() const { return *values_; }
  const std::shared_ptr<const document::Value>& shared_values() const { return values_; }
  void set_values(std::shared_ptr<const document::Value> values) { values_ = std::move(values); }
  void set_values(document::Value values) {
    values_ = std::make_shared<const document::Value>(std::move(values));
  }

  // Own CRDs, then those of the dependencies.
  std::vector<Crd> Crds() const;

  // Subcharts, sorted by name where they were loaded.
  const std::vector<std::unique_ptr<Chart>>& dependencies() const { return dependencies_; }
  void AddDependency(std::unique_ptr<Chart> chart);
  std::vector<std::unique_ptr<Chart>> TakeDependencies();  // each without parent
  // Helm's copies of an aliased chart leave some descendants with another parent: their full_path()
  // goes on from `path`, until they are added to a chart again.
  void PinParentPath(std::string path) { pinned_parent_path_ = std::move(path); }

  Metadata metadata;
  std::optional<Lock> lock;

 private:
  void AppendCrds(std::vector<Crd>& out) const;

  std::shared_ptr<const ChartFiles> files_;
  std::shared_ptr<const document::Value> values_;
  Chart* parent_ = nullptr;
  std::string pinned_parent_path_;
  std::vector<std::unique_ptr<Chart>> dependencies_;
};

}  // namespace sluice::helm
