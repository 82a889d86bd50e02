// The files of a chart's .tgz, under Helm's rules for names and sizes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "helm/chart.h"
#include "helm/loader.h"

namespace sluice::helm {

inline constexpr std::string_view kNoGzipHeader = "gzip: invalid header";

// Names lose their first part; directories are left out, links and devices are empty files. `*left`
// bytes may be inflated still, and are counted down.
base::Result<std::vector<File>> ReadChartArchive(std::string bytes, const LoadOptions& options,
                                                 uint64_t* left);

// Ok for gzip; else what the file seems to be.
base::Status CheckIsArchive(std::string_view name, std::string_view bytes);

}  // namespace sluice::helm
