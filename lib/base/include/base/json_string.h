// A JSON string literal, byte-equal to Go's encoding/json: for the writers of documents and of log
// lines. Pure.
#pragma once

#include <string>
#include <string_view>

namespace sluice::base {

// Quotes included. Invalid UTF-8 becomes \ufffd; `escape_html`: <, > and & as \u003c ….
void AppendJsonString(std::string& out, std::string_view text, bool escape_html = true);

}  // namespace sluice::base
