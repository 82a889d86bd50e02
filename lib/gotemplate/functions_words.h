// sprig's functions about words: case conversions (huandu/xstrings 1.5), wrapping and abbreviating
// (Masterminds/goutils), all of which tell words apart each in its own way (spec helm-engine §7.1).
#pragma once

#include "base/status.h"
#include "gotemplate/function.h"

namespace sluice::gotemplate::internal {

base::Result<Value> Upper(Call& call);
base::Result<Value> Lower(Call& call);
base::Result<Value> Title(Call& call);
base::Result<Value> Untitle(Call& call);
base::Result<Value> SwapCase(Call& call);
base::Result<Value> SnakeCase(Call& call);
base::Result<Value> KebabCase(Call& call);
base::Result<Value> CamelCase(Call& call);
base::Result<Value> Initials(Call& call);
base::Result<Value> NoSpace(Call& call);
base::Result<Value> Wrap(Call& call);
base::Result<Value> WrapWith(Call& call);
base::Result<Value> Abbreviate(Call& call);
base::Result<Value> AbbreviateBoth(Call& call);

}  // namespace sluice::gotemplate::internal
