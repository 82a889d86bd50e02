// Charts from a directory, an archive or files in memory. Pure: bytes and FileTrees in, a Chart or
// Helm's error out. Thread-safe. Spec: helm-engine 11.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "helm/chart.h"
#include "helm/version.h"
#include "helm/warning.h"
#include "io/file_tree.h"

namespace sluice::helm {

// Whose words tell why a directory cannot be read.
enum class LoaderWords : uint8_t { kHelm, kFlux };

struct LoadOptions {
  HelmVersion version = HelmVersion::kV4;
  uint64_t max_chart_bytes = 100 << 20;  // of one archive, inflated
  uint64_t max_file_bytes = 5 << 20;
  // Past what Helm limits: entries of one archive or directory, how deep folders and charts nest,
  // and what archives within archives may inflate to together, as a multiple of max_chart_bytes.
  uint64_t max_entries = 100'000;
  int max_depth = 64;
  uint64_t max_nested = 4;
  LoaderWords words = LoaderWords::kHelm;
  WarningSink warn = {};  // links, files of the wrong age; empty: nobody wants to know
};

// A chart directory at `path` of `tree`; links inside the tree are followed, .helmignore is obeyed.
// `display` is the directory as error texts name it. Errors: "cannot load irregular file /c/x as it
// has file mode type bits set", `chart file "x" is larger than the maximum file size 5242880`, and
// those of LoadFiles.
base::Result<std::unique_ptr<Chart>> LoadDirectory(const io::FileTree& tree, std::string_view path,
                                                   std::string_view display,
                                                   const LoadOptions& options = {});

// The files that LoadDirectory loads, for LoadFiles.
base::Result<std::vector<File>> ReadDirectory(const io::FileTree& tree, std::string_view path,
                                              std::string_view display,
                                              const LoadOptions& options = {});

// A .tgz. Errors: "no files in chart archive", "chart illegally contains absolute paths",
// "decompressed chart is larger than the maximum size 104857600" …
base::Result<std::unique_ptr<Chart>> LoadArchive(std::string bytes,
                                                 const LoadOptions& options = {});
// The same for a file called `name`: says what it is where it is no gzip file ("file 'x' does not
// appear to be a gzipped archive; …").
base::Result<std::unique_ptr<Chart>> LoadArchiveFile(std::string_view name, std::string bytes,
                                                     const LoadOptions& options = {});

// Names relative to the chart's root. Errors: "Chart.yaml file is missing", "cannot load
// values.yaml: …", "validation: …", "error unpacking subchart s in c: …".
base::Result<std::unique_ptr<Chart>> LoadFiles(std::vector<File> files,
                                               const LoadOptions& options = {});

}  // namespace sluice::helm
