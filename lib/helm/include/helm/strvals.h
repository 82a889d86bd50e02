// The grammars of --set, --set-string, --set-file, --set-literal and --set-json, with Helm's
// errors. Pure (files come by a callback); thread-safe. Integers of --set are kInt, JSON's numbers
// kDouble. Spec: helm-engine 12.2.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "document/value.h"
#include "helm/version.h"

namespace sluice::helm {

enum class SetKind : uint8_t { kSet, kString, kFile, kLiteral, kJson };

// The content of a file that --set-file names.
using FileReader = std::function<base::Result<std::string>(std::string_view path)>;

// Sets what `text` says in `into`, an object. A failure leaves it half set. `read` is asked for
// kFile alone. Errors: `key "a" has no value`, "index of 70000 is greater than maximum supported
// index of 65536" … Past Helm's limits, one text may make lists of 4 million elements together, and
// nest them 1000 deep (kResourceExhausted).
base::Status ParseSet(std::string_view text, SetKind kind, HelmVersion version,
                      document::Value* into, const FileReader& read = {});

}  // namespace sluice::helm
