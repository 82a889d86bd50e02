// `--jsonpath` of `sluice show values`: kubectl's JSONPath templates as far as values need them.
// Text outside braces stands for itself; inside: .field, ['field'], [index], [from:to], [*], .*,
// "text". Filters, ranges, unions and recursive descent are refused by name.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "document/value.h"

namespace sluice::cli {

// What the template prints of `data`; what is not there prints nothing. Texts that do not parse
// fail with "error parsing jsonpath …".
base::Result<std::string> PrintJsonPath(std::string_view text, const document::Value& data);

}  // namespace sluice::cli
