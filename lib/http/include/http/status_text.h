// The words that Go's net/http has for a status. Pure.
#pragma once

#include <string_view>

namespace sluice::http {

std::string_view StatusText(int status);  // "Service Unavailable"; "" for an unknown one

}  // namespace sluice::http
