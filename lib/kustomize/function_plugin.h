// KRM functions: plugins whose configuration says which program to run (spec §21.2). The program
// itself is started by the caller (BuildOptions::run_function); containers are refused in the
// peer's words.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "transformer.h"

namespace sluice::kustomize {

struct FunctionMount {
  std::string type, src, dst;
  bool rw = false;
};
struct FunctionContainer {
  std::string image;
  bool network = false;
  std::vector<FunctionMount> mounts;
  std::vector<std::string> envs;
};
struct FunctionExec {
  std::string path;
  std::vector<std::string> args, envs;
};
struct FunctionSpec {
  bool defer_failure = false;
  FunctionContainer container;
  FunctionExec exec;
};

// What a plugin's annotations (or metadata.configFn) say; nothing where it is no function.
base::Result<std::optional<FunctionSpec>> ReadFunctionSpec(const Resource& config);
// `text`: the configuration as the peer prints it. Both act as one function; which is asked for
// depends on the field that named it.
base::Result<TransformerPtr> MakeFunctionTransformer(PluginContext plugin, FunctionSpec spec,
                                                     std::string text);
base::Result<GeneratorPtr> MakeFunctionGenerator(PluginContext plugin, FunctionSpec spec,
                                                 std::string text);
// Mounts lie below the kustomization.
base::Status CheckMounts(const FunctionSpec& spec, const Resource& config);

}  // namespace sluice::kustomize
