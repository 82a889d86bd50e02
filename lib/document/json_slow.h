// The JSON reader that knows what Go's encoding/json accepts and how it says no. Private to the
// library.
#pragma once

#include <string_view>

#include "document/json.h"

namespace sluice::document {

base::Result<Value> ParseJsonSlowly(std::string_view text, const JsonReadOptions& options);

}  // namespace sluice::document
