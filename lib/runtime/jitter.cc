#include "runtime/jitter.h"

namespace sluice::runtime {

base::Duration Jitter(base::Duration interval, int percent, base::Random& random) {
  if (percent <= 0 || interval.count() <= 0) return interval;
  const double p = static_cast<double>(percent) / 100;
  const double factor = 1 + p * (2 * random.NextUnit() - 1);
  return base::Duration(static_cast<int64_t>(static_cast<double>(interval.count()) * factor));
}

}  // namespace sluice::runtime
