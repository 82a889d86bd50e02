// sluice show values|chart|crds|readme|all: parts of a chart, as `helm show` prints them.
#pragma once

#include <span>
#include <string>

#include "helm_command.h"

namespace sluice::cli {

HelmOutcome RunShow(std::span<const std::string> args, const HelmContext& context);

}  // namespace sluice::cli
