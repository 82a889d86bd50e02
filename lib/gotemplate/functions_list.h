// sprig's list functions (spec helm-engine §7.5). A list is any slice: []interface {}, []string,
// []int, bytes; new ones are
// []interface {}. Each fails in sprig's words for another kind and with Go's nil dereference for
// nil; the must… twins are the same functions, since text/template words a panic as it does an
// error. Argument shapes stand in functions_collections.cc.
#pragma once

#include "base/status.h"
#include "gotemplate/function.h"

namespace sluice::gotemplate::internal {

base::Result<Value> NewList(Call& call);
base::Result<Value> First(Call& call);
base::Result<Value> Last(Call& call);
base::Result<Value> Rest(Call& call);
base::Result<Value> Initial(Call& call);
base::Result<Value> Append(Call& call);
base::Result<Value> Prepend(Call& call);
base::Result<Value> Concat(Call& call);
base::Result<Value> Reverse(Call& call);
base::Result<Value> Uniq(Call& call);
base::Result<Value> Compact(Call& call);
base::Result<Value> Without(Call& call);
base::Result<Value> Has(Call& call);
base::Result<Value> Slice(Call& call);
base::Result<Value> Chunk(Call& call);
base::Result<Value> SortAlpha(Call& call);
base::Result<Value> ToStrings(Call& call);
base::Result<Value> Join(Call& call);

}  // namespace sluice::gotemplate::internal
