// The pieces of kubeconfig reading that LoadConfig shares.
#pragma once

#include <string>
#include <string_view>

#include "document/value.h"
#include "kube/config.h"

namespace sluice::kube {

inline constexpr std::string_view kNoConfiguration =
    "invalid configuration: no configuration has been provided, try setting KUBERNETES_MASTER "
    "environment variable";

base::Result<std::string> ReadSmallFile(const std::string& path);  // ≤ 4 MiB
// The `member` of the entry called `name` in a kubeconfig's list ("clusters", "cluster"); null if
// absent.
const document::Value& NamedEntry(const document::Value& config, std::string_view list,
                                  std::string_view name, std::string_view member);
base::Result<Config> ConfigFromValue(const document::Value& root, const KubeconfigPolicy& policy);

}  // namespace sluice::kube
