#include "gotemplate/function.h"

namespace sluice::gotemplate {

std::span<const Function> NumberFunctions() { return {}; }

}  // namespace sluice::gotemplate
