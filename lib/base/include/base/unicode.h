// Character classes as Go's package unicode has them (Unicode 15). Pure.
#pragma once

#include <cstdint>

namespace sluice::base {

bool IsPrint(uint32_t code);  // letters, marks, numbers, punctuation, symbols and the ASCII space
bool IsSpace(uint32_t code);  // White_Space

}  // namespace sluice::base
