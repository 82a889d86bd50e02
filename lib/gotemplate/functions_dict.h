// sprig's dictionary functions (spec helm-engine §7.6). Maps are references: set, unset and the
// merges change their first argument.
#pragma once

#include "base/status.h"
#include "gotemplate/function.h"

namespace sluice::gotemplate::internal {

base::Result<Value> Dict(Call& call);
base::Result<Value> Get(Call& call);
base::Result<Value> Set(Call& call);
base::Result<Value> Unset(Call& call);
base::Result<Value> HasKey(Call& call);
base::Result<Value> Pluck(Call& call);
base::Result<Value> Keys(Call& call);
base::Result<Value> Values(Call& call);
base::Result<Value> Pick(Call& call);
base::Result<Value> Omit(Call& call);
base::Result<Value> Dig(Call& call);
base::Result<Value> DeepCopy(Call& call);

// merge.cc: dario.cat/mergo 1.0.1's Merge and MergeWithOverwrite on maps. The plain forms answer ""
// where the must… forms fail.
base::Result<Value> Merge(Call& call);
base::Result<Value> MergeOverwrite(Call& call);
base::Result<Value> MustMerge(Call& call);
base::Result<Value> MustMergeOverwrite(Call& call);

}  // namespace sluice::gotemplate::internal
