// What a chart says of itself, read without loading it: Chart.yaml, and requirements.yaml over it
// as charts of apiVersion v1 have it. The rest of the chart may be broken. Pure; thread-safe. Spec:
// source 10.3, 10.4.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"
#include "helm/metadata.h"
#include "io/file_tree.h"

namespace sluice::helm {

struct MetadataLimits {
  uint64_t max_chart_bytes = 10 << 20;  // of an archive as it is
  uint64_t max_file_bytes = 5 << 20;
};

// Not validated; apiVersion is v1 where there is none. `name` is the archive's file, as errors name
// it. Errors: "size of chart 'x' exceeds '1' bytes limit" (kResourceExhausted), "no 'Chart.yaml'
// found", "cannot load 'Chart.yaml': …", and those of archives with bad names in them.
base::Result<Metadata> ReadArchiveMetadata(std::string_view name, std::string bytes,
                                           const MetadataLimits& limits);

// `display` is the directory as errors name it. Errors: "open <display>/Chart.yaml: no such file or
// directory", "cannot load …".
base::Result<Metadata> ReadDirectoryMetadata(const io::FileTree& tree, std::string_view path,
                                             std::string_view display,
                                             const MetadataLimits& limits);

}  // namespace sluice::helm
