#include "gotemplate/function.h"

namespace sluice::gotemplate {

std::span<const Function> TextFormatFunctions() { return {}; }

}  // namespace sluice::gotemplate
