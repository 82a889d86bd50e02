#include "gotemplate/function.h"

namespace sluice::gotemplate {

std::span<const Function> StringFunctions() { return {}; }

}  // namespace sluice::gotemplate
