// sluice lint: what is wrong with a chart, as `helm lint` says it.
#pragma once

#include <span>
#include <string>

#include "helm_command.h"

namespace sluice::cli {

HelmOutcome RunLint(std::span<const std::string> args, const HelmContext& context);

}  // namespace sluice::cli
