// Transformers and generators configured by resources: the built-in ones, functions where they are
// allowed; others are refused (spec §21.1–21.2).
#pragma once

#include <vector>

#include "transformer.h"

namespace sluice::kustomize {

base::Result<std::vector<TransformerPtr>> LoadTransformers(PluginContext plugin,
                                                           const ResMap& configs);
base::Result<std::vector<GeneratorPtr>> LoadGenerators(PluginContext plugin, const ResMap& configs);

}  // namespace sluice::kustomize
