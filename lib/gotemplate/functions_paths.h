// Slash paths as Go's path package has them (spec helm-engine §7.8); on Linux the os… forms are the
// same.
#pragma once

#include "base/status.h"
#include "gotemplate/function.h"

namespace sluice::gotemplate::internal {

base::Result<Value> PathBase(Call& call);
base::Result<Value> PathDir(Call& call);
base::Result<Value> PathClean(Call& call);
base::Result<Value> PathExt(Call& call);
base::Result<Value> PathIsAbs(Call& call);

}  // namespace sluice::gotemplate::internal
