// A program between rendering and the result: it gets the manifests on its standard input and
// answers on its standard output.
#pragma once

#include <string>
#include <vector>

#include "helm/render.h"

namespace sluice::cli {

// Found in PATH unless it has a slash. Errors: "error while running command <path>. error
// output:\n<stderr>: exit status 1".
helm::PostRenderer MakePostRenderer(std::string program, std::vector<std::string> args,
                                    std::string directory);
// Whether there is such a program, in the words of a flag that has no such value.
base::Status CheckPostRenderer(const std::string& program, const std::string& directory);

}  // namespace sluice::cli
