// Go's %#v of an object's data, which the peer puts before an error of printing it.
#pragma once

#include <string>

#include "document/node.h"

namespace sluice::kustomize {

std::string GoDump(const document::Node& node);

}  // namespace sluice::kustomize
