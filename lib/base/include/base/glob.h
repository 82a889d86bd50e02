// Shell patterns. Linear memory, no backtracking blow-up. Pure functions.
#pragma once

#include <string_view>

#include "base/status.h"

namespace sluice::base {

// Go's path.Match: '*' and '?' do not match '/', [classes] with ranges and '^', '\' escapes; the
// whole name must match. Error: "syntax error in pattern".
Result<bool> PathMatch(std::string_view pattern, std::string_view name);
// Go's filepath.Match on Unix: the same, but what follows the first '*' that `name` does not get
// past is not looked at, malformed or not.
Result<bool> FilepathMatch(std::string_view pattern, std::string_view name);

}  // namespace sluice::base
