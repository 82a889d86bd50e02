// `sluice build`: kustomize's build command.
#pragma once

namespace sluice::cli {

// argv[0] is the verb. Returns the exit status.
int RunBuild(int argc, char** argv);

}  // namespace sluice::cli
