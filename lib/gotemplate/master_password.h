// derivePassword: the Master Password algorithm (sites' passwords out of one secret), as sprig has
// it. Private to the library. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace sluice::gotemplate {

bool IsPasswordType(std::string_view type);  // maximum, long, medium, short, basic, pin
// Takes a tenth of a second and 32 MB: scrypt with N 32768, r 8, p 2. REQUIRES:
// IsPasswordType(type)
base::Result<std::string> MasterPassword(uint32_t counter, std::string_view type,
                                         std::string_view password, std::string_view user,
                                         std::string_view site);

}  // namespace sluice::gotemplate
