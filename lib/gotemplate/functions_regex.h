// sprig's regular expressions: RE2 with the rules of Go's regexp package for successive matches,
// replacement templates and texts that are no UTF-8 (spec helm-engine §7.2). The plain forms fail
// as regexp.MustCompile panics, must… ones as Compile fails.
#pragma once

#include "base/status.h"
#include "gotemplate/function.h"

namespace sluice::gotemplate::internal {

base::Result<Value> RegexMatch(Call& call);
base::Result<Value> MustRegexMatch(Call& call);
base::Result<Value> RegexFind(Call& call);
base::Result<Value> MustRegexFind(Call& call);
base::Result<Value> RegexFindAll(Call& call);
base::Result<Value> MustRegexFindAll(Call& call);
base::Result<Value> RegexReplaceAll(Call& call);
base::Result<Value> MustRegexReplaceAll(Call& call);
base::Result<Value> RegexReplaceAllLiteral(Call& call);
base::Result<Value> MustRegexReplaceAllLiteral(Call& call);
base::Result<Value> RegexSplit(Call& call);
base::Result<Value> MustRegexSplit(Call& call);
base::Result<Value> RegexQuoteMeta(Call& call);

}  // namespace sluice::gotemplate::internal
