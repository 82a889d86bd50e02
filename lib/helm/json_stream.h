// JSON as encoding/json's Decoder reads it: one value from the front of a text. Pure.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/status.h"
#include "document/value.h"

namespace sluice::helm {

// The first value of `text`; `used` is where it ends. Errors in Go's words; a text that ends too
// early is "unexpected EOF", an empty one "EOF".
base::Result<document::Value> ReadJsonValue(std::string_view text, size_t* used);

}  // namespace sluice::helm
