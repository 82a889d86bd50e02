#include "gotemplate/function.h"

namespace sluice::gotemplate {

std::span<const Function> CryptoFunctions() { return {}; }

}  // namespace sluice::gotemplate
