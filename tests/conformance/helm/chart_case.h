// The chart of a case that gives its files in memory.
#pragma once

#include <memory>

#include "helm/chart.h"
#include "runner.h"

namespace sluice::conformance {

base::Result<std::unique_ptr<helm::Chart>> LoadCase(const Case& c);
document::Value TreeOf(const helm::Chart& chart);  // {dependencies, name, path, version}

}  // namespace sluice::conformance
