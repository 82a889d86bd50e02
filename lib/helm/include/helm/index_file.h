// A repository's index as a file to look charts up in without reading it whole: what
// RepositoryIndex keeps of each version, laid out so that it can be mapped into memory. A cache:
// its form may change with any version, and a file that is not understood is made anew.
//
//   entries   of each version: version, name ("" = the chart's), digest, created (ns), removed,
//   urls; lengths and numbers as varints rows      4 bytes each, per chart newest first: where the
//   entry begins charts    sorted by name: offset and length of the name, offset and number of its
//   rows (4 × 4 bytes) names     of the charts footer    offset of the charts, their number, the
//   format's mark (4 + 4 + 8 bytes)
//
// Integers are little-endian. Every offset is checked when it is followed. Pure; thread-safe. Spec:
// source 9.3, 10.3.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "helm/index.h"

namespace sluice::helm {

// The file's bytes, in order.
base::Status WriteIndexFile(const RepositoryIndex& index,
                            const std::function<base::Status(std::string_view)>& sink);

// View of a file's bytes, which outlive it.
class IndexFileView {
 public:
  // kDataLoss: these bytes are no such file.
  static base::Result<IndexFileView> Open(std::string_view bytes);

  size_t chart_count() const { return charts_; }

  // The version Flux chooses: the same text first, else the newest that satisfies the constraint,
  // of those that differ in metadata alone the one created last; "" and "*" are the newest that is
  // no pre-release. Only versions with two dots count for a constraint. Errors: "no chart name
  // found", "no chart version found", "no '<chart>' chart with version matching '<version>' found"
  // (kNotFound), `improper constraint: "x"` (kInvalidArgument), kDataLoss.
  base::Result<ChartVersion> Choose(std::string_view chart, std::string_view version) const;

 private:
  struct Rows {
    uint32_t offset = 0, count = 0;
  };
  IndexFileView(std::string_view bytes, uint32_t directory, uint32_t charts)
      : bytes_(bytes), directory_(directory), charts_(charts) {}
  base::Result<Rows> Find(std::string_view chart) const;
  base::Result<uint32_t> U32(uint64_t at) const;
  base::Result<std::string_view> VersionAt(uint32_t entry) const;
  base::Result<ChartVersion> EntryAt(uint32_t entry, std::string_view chart) const;

  std::string_view bytes_;
  uint32_t directory_, charts_;
};

}  // namespace sluice::helm
