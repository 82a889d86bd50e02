// Jitter of intervals: interval · (1 + U(-p, p)), so that objects made together do not reconcile
// together for ever. Pure.
#pragma once

#include "base/clock.h"
#include "base/duration.h"

namespace sluice::runtime {

// `percent` 0..99; 0 leaves the interval alone.
base::Duration Jitter(base::Duration interval, int percent, base::Random& random);

}  // namespace sluice::runtime
