// The flags of `sluice build`, which are kustomize's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "kustomize/build.h"

namespace sluice::cli {

struct BuildCommand {
  kustomize::BuildOptions options;
  std::string path = ".";
  std::string output;  // -o
  bool help = false;
  std::vector<std::string> notes;  // for stderr, before an error too
};

// `managed_by_variable`: the value of KUSTOMIZE_ENABLE_MANAGEDBY_LABEL.
base::Status ParseBuildFlags(const std::vector<std::string>& args,
                             std::string_view managed_by_variable, BuildCommand& command);

// The name kustomize gives an object's file under `-o DIR`.
std::string OutputFileName(const kustomize::ObjectId& id, bool with_namespace);

}  // namespace sluice::cli
