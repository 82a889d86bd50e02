// Packed pieces of recorded cases.
#pragma once

#include <filesystem>
#include <string>

#include "base/status.h"

namespace sluice::conformance {

// Unpacks a tar archive, compressed or not, below `into`.
base::Status UnpackTar(const std::filesystem::path& archive, const std::filesystem::path& into);
// The bytes of a gzip file.
base::Result<std::string> ReadGzip(const std::filesystem::path& file);

}  // namespace sluice::conformance
