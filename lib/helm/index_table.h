// The table behind RepositoryIndex, and what fills it. Private to the library.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/status.h"
#include "document/value.h"
#include "helm/index.h"

namespace sluice::helm {

struct RepositoryIndex::Table {
  struct Row {
    uint32_t version;  // of `texts`: two bytes of length, then the text
    uint32_t detail;   // of `details`, see index_detail.h
  };
  struct Chart {
    std::string name;
    bool null = false;  // null in place of a list
    std::vector<Row> rows;
  };
  std::string_view VersionOf(const Row& row) const;
  const Chart* Find(std::string_view name) const;

  HelmVersion helm = HelmVersion::kV4;
  std::vector<Chart> charts;  // sorted by name
  bool null_entries = true;
  std::string texts, details;
  document::Value head;  // serverInfo, apiVersion, generated, publicKeys, annotations
  IndexSpill* spill = nullptr;
};

// Takes an index apart into a table. Errors of decoding wait until the text has been read to its
// end: a syntax error comes first.
class IndexBuilder {
 public:
  // `spilled`: bytes the spill holds already.
  IndexBuilder(const IndexOptions& options, IndexSpill* spill, bool strict, uint64_t spilled);

  // a member other than entries
  base::Status Head(std::string_view key, const document::Value& value);
  void Entries(bool null) { table_->null_entries = null; }
  void Chart(const std::string& name, bool null);    // begins (again): what it had is gone
  base::Status Entry(const document::Value& value);  // of the chart that began last
  void Mismatch(std::string_view path, const document::Value& value, std::string_view type);
  base::Result<RepositoryIndex> Finish();
  uint64_t spilled() const { return spilled_; }

 private:
  struct Decoded;
  // The first failure in the order Go decodes counts: of YAML that is by keys. One that aborts goes
  // before those that do not.
  struct Failure {
    base::Status status;
    std::string key;
  };
  void Fail(base::Status status, std::string_view key, bool aborts);
  base::Status Add(const Decoded& entry);
  uint32_t Intern(const std::string& version);
  void SortVersions(std::vector<RepositoryIndex::Table::Row>& rows) const;

  IndexOptions options_;
  bool strict_;
  Failure failed_, aborted_;
  std::unique_ptr<RepositoryIndex::Table> table_;
  std::map<std::string, RepositoryIndex::Table::Chart, std::less<>> charts_;
  RepositoryIndex::Table::Chart* current_ = nullptr;
  std::unordered_map<std::string, uint32_t> versions_;
  uint64_t entries_ = 0, spilled_ = 0;
};

// Reads the text as JSON, piece by piece. kUnimplemented where it is no JSON.
base::Status ReadJsonIndex(IndexSource& source, const IndexOptions& options, IndexBuilder& builder);
base::Status ReadYamlIndex(IndexSource& source, const IndexOptions& options, IndexBuilder& builder);

}  // namespace sluice::helm
