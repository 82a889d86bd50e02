// Random texts out of an environment's bytes. Private to the library.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "gotemplate/function.h"

namespace sluice::gotemplate {

std::string RandomBytes(Environment& environment, size_t n);
// `n` characters, each of `alphabet` equally likely. REQUIRES: alphabet of 1 to 256 characters
std::string RandomText(Environment& environment, size_t n, std::string_view alphabet);
std::string RandomUuid(Environment& environment);  // version 4

}  // namespace sluice::gotemplate
