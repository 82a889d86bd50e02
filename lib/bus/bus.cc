#include "bus/bus.h"

#include "loop.h"

namespace sluice::bus {

Bus::~Bus() = default;

base::Result<std::unique_ptr<Bus>> Bus::Start(BusOptions options) {
  SLUICE_TRY(auto loop, Loop::Start(std::move(options)));
  return std::unique_ptr<Bus>(std::move(loop));
}

}  // namespace sluice::bus
