// Which Helm is answered for where the two differ (docs of the engine: spec section 24).
#pragma once

#include <cstdint>

namespace sluice::helm {

enum class HelmVersion : uint8_t { kV3, kV4 };

}  // namespace sluice::helm
