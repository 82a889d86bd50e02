// Turns errno into a Status worded as Go's *PathError: "open a/b: no such file or directory".
#pragma once

#include <string_view>

#include "base/status.h"

namespace sluice::io {

base::Status ErrnoStatus(std::string_view operation, std::string_view path, int error);
// "open x: path escapes from parent", Go's os.Root words.
base::Status EscapesStatus(std::string_view operation, std::string_view path);

}  // namespace sluice::io
