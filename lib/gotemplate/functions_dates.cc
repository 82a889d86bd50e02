#include "gotemplate/function.h"

namespace sluice::gotemplate {

std::span<const Function> DateFunctions() { return {}; }

}  // namespace sluice::gotemplate
