// A template's values as text: what encoding/json, sigs.k8s.io/yaml and go-yaml v3 make of them,
// written straight from the value. Private to the library. Pure.
#pragma once

#include <cstddef>
#include <string>

#include "base/status.h"
#include "document/json.h"
#include "gotemplate/value.h"

namespace sluice::gotemplate {

// One value's text may have so many bytes; past it every writer fails with kResourceExhausted.
// Other failures are Go's.
inline constexpr size_t kMaxFormatted = size_t{64} << 20;

// json.Marshal (or MarshalIndent): "json: unsupported value: NaN", "json: unsupported type:
// complex128".
base::Status AppendJson(std::string& out, const Value& value,
                        const document::JsonWriteOptions& options = {});
// sigs.k8s.io/yaml's Marshal. `out` must be empty; it ends in a newline.
base::Status AppendYaml(std::string& out, const Value& value);
// go-yaml v3's encoder with indent 2. `out` must be empty; it ends in a newline.
base::Status AppendYamlPretty(std::string& out, const Value& value);

}  // namespace sluice::gotemplate
