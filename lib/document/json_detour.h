// What a string goes through when it is written as JSON and that text is read as YAML, as
// sigs.k8s.io/yaml does. Private to the library.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace sluice::document {

// False: the string comes out as it went in.
bool NeedsDetour(std::string_view text);
// Invalid UTF-8 becomes U+FFFD, U+0085 folds like a line break; "yaml: control characters are not
// allowed".
base::Result<std::string> DetourOverJson(std::string_view text);
// Keys that YAML cannot read back from one line of JSON.
base::Status CheckJsonKey(std::string_view key);

}  // namespace sluice::document
