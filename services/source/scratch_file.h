// A file for what one pass needs and nobody else: it has no name by the time it is handed out, so
// that nothing stays behind, however the process ends.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "io/temp_dir.h"
#include "io/unique_fd.h"

namespace sluice::source {

// Opened for reading and writing, below `temp_dir`.
inline base::Result<io::UniqueFd> OpenScratchFile(const std::string& temp_dir,
                                                  std::string_view prefix) {
  SLUICE_TRY(const auto dir, io::TempDir::Create(temp_dir, prefix));
  return dir.fs().OpenReadWrite("scratch");
}

}  // namespace sluice::source
