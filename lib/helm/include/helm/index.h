// index.yaml of a chart repository, read piece by piece into a compact table: charts by name,
// versions newest first, and of each what a choice needs. The rest of an entry goes to a spill the
// caller may give (a file), from which the whole index can be written again as JSON. Memory is
// proportional to charts × versions, not to the text. Immutable once read; thread-safe for reading.
// Spec: helm-engine 21.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "document/value.h"
#include "helm/version.h"

namespace sluice::helm {

// The index's text, read once or twice from the front (JSON is tried before YAML).
class IndexSource {
 public:
  virtual ~IndexSource() = default;
  // At most into.size() bytes at `offset`; 0 = the end.
  virtual base::Result<size_t> ReadAt(uint64_t offset, std::span<char> into) = 0;
};
std::unique_ptr<IndexSource> MakeTextSource(std::string_view text);  // `text` must outlive it

// Append-only bytes.
class IndexSpill {
 public:
  virtual ~IndexSpill() = default;
  virtual base::Status Append(std::string_view bytes) = 0;
  virtual base::Result<std::string> ReadAt(uint64_t offset, size_t size) = 0;
};
std::unique_ptr<IndexSpill> MakeMemorySpill();

struct IndexOptions {
  HelmVersion version = HelmVersion::kV4;
  uint64_t max_bytes = 50 << 20;       // of the text
  uint64_t max_entries = 1'000'000;    // versions of all charts
  uint64_t max_entry_bytes = 4 << 20;  // of one, as JSON
};

// One version of a chart. Texts are its own.
struct ChartVersion {
  std::string name, version;
  std::vector<std::string> urls;  // relative ones are relative to the repository
  std::string digest;             // hex, as the index has it; may be empty
  base::Time created{};           // the epoch where the index has none
  bool removed = false;
};

class RepositoryIndex {
 public:
  // Errors: "empty index.yaml file", "no API version specified", and those of YAML, JSON and their
  // strict decoding; entries that fail validation are left out. kResourceExhausted past a limit.
  // `spill` may be null; where it is given it must outlive the index.
  static base::Result<RepositoryIndex> Read(IndexSource& source, const IndexOptions& options = {},
                                            IndexSpill* spill = nullptr);

  RepositoryIndex(RepositoryIndex&&) noexcept;
  RepositoryIndex& operator=(RepositoryIndex&&) noexcept;
  ~RepositoryIndex();

  std::vector<std::string_view> names() const;  // sorted
  size_t version_count() const;
  // Newest first; equal precedence as in the text. Empty where there is no such chart.
  std::vector<std::string_view> Versions(std::string_view chart) const;
  // REQUIRES: at < Versions(chart).size()
  ChartVersion At(std::string_view chart, size_t at) const;
  // What stands in the index for it, as Helm would write it. REQUIRES: a spill was given
  base::Result<document::Value> Entry(std::string_view chart, size_t at) const;

  // The place in Versions(chart) of the version asked for: the same text first, else the newest
  // that satisfies it as a constraint; "" is the newest that is no pre-release. Errors: "no chart
  // name found", "no chart version found", "no chart version found for a-2", `improper constraint:
  // "x"`.
  base::Result<size_t> Find(std::string_view chart, std::string_view version) const;
  base::Result<ChartVersion> Choose(std::string_view chart, std::string_view version) const;

  // The index as Flux stores it: json.MarshalIndent of Helm's IndexFile with two spaces. REQUIRES:
  // a spill was given
  base::Status WriteJson(const std::function<base::Status(std::string_view)>& sink) const;

  size_t HeapBytes() const;  // of the table

 private:
  friend class IndexBuilder;
  struct Table;
  explicit RepositoryIndex(std::unique_ptr<Table> table);
  std::unique_ptr<Table> table_;
};

}  // namespace sluice::helm
