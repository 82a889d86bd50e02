// JSON in and out. Reading: simdjson, and on failure our own reader, which says why in the words of
// Go's encoding/json. Writing: byte-equal to Go's encoding/json. Pure, thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/status.h"
#include "document/value.h"

namespace sluice::document {

struct JsonReadOptions {
  size_t max_depth = 1000;
};
// Duplicate keys: the last wins, at the first one's place. Integers past uint64 become doubles.
// Invalid UTF-8 becomes U+FFFD. Errors: "invalid character 'x' looking for beginning of value",
// "unexpected end of JSON input".
base::Result<Value> ParseJson(std::string_view text, const JsonReadOptions& options = {});

// The same by our own reader alone: for small texts in programs that should not load simdjson.
base::Result<Value> ParseSmallJson(std::string_view text, const JsonReadOptions& options = {});

struct JsonWriteOptions {
  bool sort_keys = true;    // as a Go map; false keeps member order, as a Go struct
  bool escape_html = true;  // <, >, & as \u003c …; Encoder.SetEscapeHTML
  int indent = 0;           // spaces; 0 = compact
};
std::string ToJson(const Value& value, const JsonWriteOptions& options = {});
void AppendJson(std::string& out, const Value& value, const JsonWriteOptions& options = {});
// A double as encoding/json writes it; "null" for NaN and infinities, which JSON cannot say.
void AppendJsonNumber(std::string& out, double value);
void AppendJsonString(std::string& out, std::string_view text, bool escape_html = true);

}  // namespace sluice::document
