// sluice template --validate and --dry-run=server: capabilities from discovery, `lookup` live, and
// the checks Helm makes before an install.
#pragma once

#include <memory>

#include "cluster/session.h"
#include "helm_command.h"

namespace sluice::cli {

// `session` must outlive it.
std::unique_ptr<HelmCluster> MakeHelmCluster(Session& session, helm::HelmVersion version);

}  // namespace sluice::cli
