// TOML in and out, in the words and the shape of BurntSushi/toml: 1.6 (TOML 1.1), which Helm 4
// embeds, and 1.5 (TOML 1.0) of Helm 3. Private to the library. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "gotemplate/function.h"
#include "gotemplate/value.h"

namespace sluice::gotemplate {

// Encoder.Encode, appended to `out`. Failures are the encoder's ("toml: cannot encode array with
// nil element"), the Go runtime's (kInternal: a panic) or kResourceExhausted.
base::Status AppendToml(std::string& out, const Value& value, HelmVersion helm);
inline bool IsTomlPanic(const base::Status& status) {
  return status.code() == base::StatusCode::kInternal;
}

struct TomlLimits {
  size_t max_bytes = size_t{16} << 20;
  size_t max_depth = 1000;  // of arrays, inline tables and parts of a key
  // levels of keys visited, and a quarter of the bytes of their names
  size_t max_steps = 20'000'000;
};

// A map of new values; local times get the environment's zone. Errors: `toml: line 2 (last key
// "a"): Key 'a' has already been defined.`; past a limit kResourceExhausted.
base::Result<Value> ParseToml(Heap& heap, std::string_view text, Environment& environment,
                              const TomlLimits& limits = {});

// A key's path as the library prints it: parts joined by dots, quoted where they are not bare.
void AppendTomlKeyPart(std::string& out, std::string_view part);
void AppendTomlQuoted(std::string& out, std::string_view text);

}  // namespace sluice::gotemplate
