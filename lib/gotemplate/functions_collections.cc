#include "gotemplate/function.h"

namespace sluice::gotemplate {

std::span<const Function> CollectionFunctions() { return {}; }

}  // namespace sluice::gotemplate
