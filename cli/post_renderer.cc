#include "post_renderer.h"

#include <cstdlib>

#include "base/strings.h"
#include "io/file_tree.h"
#include "process.h"

namespace sluice::cli {
namespace {

using base::Cat;
using base::Result;

Result<std::string> Run(const std::string& program, const std::vector<std::string>& args, std::string_view input) {
  const char* path = std::getenv("PATH");
  const auto found = FindProgram(program, path == nullptr ? "" : path);
  if (!found.has_value()) {
    return base::NotFound(
        Cat("unable to find binary at ", program, ": exec: ", base::QuoteGo(program), ": executable file not found in $PATH"));
  }
  ProcessRequest request{.argv = {*found}, .input = std::string(input)};
  request.argv.insert(request.argv.end(), args.begin(), args.end());
  auto ran = SystemProcesses()->Run(request);
  if (!ran.ok()) return std::move(ran).status().Wrap(Cat("unable to find binary at ", program));
  if (!ran->failure.empty()) {
    return base::Internal(Cat("error while running command ", program, ". error output:\n", ran->err, ": ", ran->failure));
  }
  if (base::TrimSpace(ran->out).empty()) return base::Internal(Cat("post-renderer ", base::QuoteGo(program), " produced empty output"));
  return std::move(ran->out);
}

}  // namespace

helm::PostRenderer MakePostRenderer(std::string program, std::vector<std::string> args, std::string directory) {
  if (base::Contains(program, "/") && !program.starts_with('/')) program = io::JoinPath(directory, program);
  return [program = std::move(program), args = std::move(args)](std::string_view documents) { return Run(program, args, documents); };
}

}  // namespace sluice::cli
