#include "gotemplate/function.h"

namespace sluice::gotemplate {

std::span<const Function> BuiltinFunctions() { return {}; }

}  // namespace sluice::gotemplate
