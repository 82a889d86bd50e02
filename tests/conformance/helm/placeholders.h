// What stands for the engine's own functions where a template runs without a chart, as in the
// recorded cases and their oracle.
#pragma once

#include "gotemplate/template.h"

namespace sluice::conformance {

inline base::Result<gotemplate::Value> NotImplemented(gotemplate::Call& call) {
  return call.String("not implemented");
}
inline base::Result<gotemplate::Value> NothingFound(gotemplate::Call& call) {
  return gotemplate::Value::Of(call.heap.NewMap());
}
inline constexpr gotemplate::Function kPlaceholders[] = {
    {"include", "SA>S", NotImplemented},
    {"lookup", "SSSS>M", NothingFound},
    {"required", "SA>A", NotImplemented},
    {"tpl", "SA>A", NotImplemented},
};

inline const gotemplate::FunctionTable& PlaceholderFunctions(gotemplate::HelmVersion helm) {
  static constexpr gotemplate::FunctionTable kV3(kPlaceholders, gotemplate::HelmVersion::k3),
      kV4(kPlaceholders, gotemplate::HelmVersion::k4);
  return helm == gotemplate::HelmVersion::k3 ? kV3 : kV4;
}

}  // namespace sluice::conformance
