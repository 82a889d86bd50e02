// sluice template: `helm template` without a cluster.
#pragma once

#include <span>
#include <string>

#include "helm_command.h"

namespace sluice::cli {

HelmOutcome RunTemplate(std::span<const std::string> args, const HelmContext& context);

}  // namespace sluice::cli
