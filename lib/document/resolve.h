// What plain scalars mean to go-yaml: the rules of its resolve.go for both generations. Private to
// the library.
#pragma once

#include <string>
#include <string_view>

#include "document/yaml.h"

namespace sluice::document {

// resolve(tag, text) with a tag from the text or kNone: the value, or "cannot decode !!str `x` as a
// !!int".
base::Result<Resolved> ResolveTagged(Tag tag, std::string_view text, YamlDialect dialect);

// A timestamp in one of go-yaml's four formats, as RFC 3339 text with nanoseconds where there are
// some; "" = none of them.
std::string ParseTimestamp(std::string_view text);

// "1:30", which YAML 1.1 reads as base 60, and "yes", which it reads as true: go-yaml quotes both
// on the way out.
bool IsBase60(std::string_view text);
bool IsOldBool(std::string_view text);

// False if `text` can not be anything but a string, from its first byte alone.
bool MayResolve(std::string_view text);

Tag TagFromText(std::string_view tag);  // short or long form; kCustom where unknown
std::string_view ShortenTag(std::string_view tag, std::string& buffer);

// Standard base64, strictly as Go's StdEncoding (line breaks are skipped).
bool DecodeBase64(std::string_view text, std::string& out);

}  // namespace sluice::document
