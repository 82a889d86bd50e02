// sprig's functions that make or read structured texts: URLs (spec helm-engine §7.8) and semantic
// versions (§7.9).
#pragma once

#include "base/status.h"
#include "gotemplate/function.h"

namespace sluice::gotemplate::internal {

base::Result<Value> UrlParse(Call& call);
base::Result<Value> UrlJoin(Call& call);
base::Result<Value> Semver(Call& call);
base::Result<Value> SemverCompare(Call& call);

}  // namespace sluice::gotemplate::internal
