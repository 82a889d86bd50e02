// sprig's functions about values of any kind: defaults, truth, types (spec helm-engine §7.4).
#pragma once

#include "base/status.h"
#include "gotemplate/function.h"

namespace sluice::gotemplate::internal {

base::Result<Value> Default(Call& call);
base::Result<Value> Empty(Call& call);
base::Result<Value> Coalesce(Call& call);
base::Result<Value> All(Call& call);
base::Result<Value> Any(Call& call);
base::Result<Value> Ternary(Call& call);
base::Result<Value> TypeOf(Call& call);
base::Result<Value> TypeIs(Call& call);
base::Result<Value> TypeIsLike(Call& call);
base::Result<Value> KindOf(Call& call);
base::Result<Value> KindIs(Call& call);
base::Result<Value> DeepEqualCall(Call& call);
base::Result<Value> ToStringCall(Call& call);

}  // namespace sluice::gotemplate::internal
