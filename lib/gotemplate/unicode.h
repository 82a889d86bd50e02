// Code points as Go's unicode package classifies and maps them (Unicode 15, the version of
// Go 1.26); IsSpace and IsPrint are base's. Pure.
#pragma once

#include <cstdint>

#include "base/unicode.h"

namespace sluice::gotemplate::internal {

using base::IsSpace;
bool IsLetter(uint32_t r);
bool IsUpper(uint32_t r);
bool IsLower(uint32_t r);
bool IsTitle(uint32_t r);
bool IsDigit(uint32_t r);   // decimal digits
bool IsNumber(uint32_t r);  // and fractions, Roman numerals …
bool IsPunct(uint32_t r);
uint32_t ToUpper(uint32_t r);
uint32_t ToLower(uint32_t r);
uint32_t ToTitle(uint32_t r);

}  // namespace sluice::gotemplate::internal
