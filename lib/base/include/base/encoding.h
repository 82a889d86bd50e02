// Hex, base32 and base64. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace sluice::base {

std::string HexEncode(std::string_view bytes);         // lower case
Result<std::string> HexDecode(std::string_view text);  // either case
std::string Base64Encode(std::string_view bytes);      // standard alphabet, padded
// Standard alphabet, padded; '\r' and '\n' are skipped. Error in Go's words: "illegal base64 data
// at input byte 4".
Result<std::string> Base64Decode(std::string_view text);
std::string Base64UrlEncode(std::string_view bytes);         // URL alphabet, no padding
Result<std::string> Base64UrlDecode(std::string_view text);  // URL alphabet, padding optional
// Standard alphabet, padded; '\r' and '\n' are skipped and not counted: "illegal base32 data at
// input byte 4".
std::string Base32Encode(std::string_view bytes);
Result<std::string> Base32Decode(std::string_view text);
// all but unreserved and `keep`
std::string PercentEncode(std::string_view text, std::string_view keep = "");

}  // namespace sluice::base
