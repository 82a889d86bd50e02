// The texts of a failed wait. Pure.
#pragma once

#include <string>
#include <vector>

#include "apply/inventory.h"
#include "kube/kstatus.h"

namespace sluice::apply {

// "Deployment/apps/web status: 'InProgress'", with ": <error>" when reading it failed.
std::string DescribeStatus(const ObjectRef& object, kube::ObjectStatus status,
                           std::string_view error);
// "timeout waiting for: [a, b]"
std::string TimeoutText(const std::vector<std::string>& pending);

}  // namespace sluice::apply
