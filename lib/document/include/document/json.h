// JSON in and out. Reading: simdjson, and on failure our own reader, which says why in the words of Go's encoding/json.
// Writing: byte-equal to Go's encoding/json. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "document/value.h"

namespace sluice::document {

struct JsonReadOptions {
  size_t max_depth = 1000;
};
base::Result<Value> ParseJson(std::string_view text, const JsonReadOptions& options = {});

struct JsonWriteOptions {
  bool sort_keys = true;     // as a Go map; false keeps member order, as a Go struct
  bool escape_html = true;   // <, >, & as \u003c …; Encoder.SetEscapeHTML
  int indent = 0;            // spaces; 0 = compact
};
std::string ToJson(const Value& value, const JsonWriteOptions& options = {});
void AppendJsonString(std::string& out, std::string_view text, bool escape_html = true);

}  // namespace sluice::document
