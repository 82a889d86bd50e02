#include "post_renderer.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/strings.h"
#include "io/file_tree.h"
#include "process.h"

namespace sluice::cli {
namespace {

using base::Cat;
using base::Result;

Result<std::string> Find(const std::string& program) {
  const char* path = std::getenv("PATH");
  auto found = FindProgram(program, path == nullptr ? "" : path);
  if (found.has_value()) return *std::move(found);
  return base::NotFound(Cat("unable to find binary at ", program, ": exec: ",
                            base::QuoteGo(program), ": executable file not found in $PATH"));
}

Result<std::string> Run(const std::string& program, const std::vector<std::string>& args,
                        std::string_view input) {
  SLUICE_TRY(const std::string found, Find(program));
  ProcessRequest request{.argv = {found}, .input = std::string(input)};
  request.argv.insert(request.argv.end(), args.begin(), args.end());
  auto ran = SystemProcesses()->Run(request);
  if (!ran.ok()) return std::move(ran).status().Wrap(Cat("unable to find binary at ", program));
  if (!ran->failure.empty()) {
    return base::Internal(Cat("error while running command ", found, ". error output:\n", ran->err,
                              ": ", ran->failure));
  }
  if (base::TrimSpace(ran->out).empty())
    return base::Internal(Cat("post-renderer ", base::QuoteGo(program), " produced empty output"));
  return std::move(ran->out);
}

std::string Absolute(std::string program, const std::string& directory) {
  return base::Contains(program, "/") && !program.starts_with('/')
             ? io::JoinPath(directory, program)
             : program;
}

}  // namespace

base::Status CheckPostRenderer(const std::string& program, const std::string& directory) {
  const std::string path = Absolute(program, directory);
  std::string why;
  std::error_code error;
  if (!base::Contains(program, "/")) {
    const auto found = Find(path);
    if (!found.ok()) why = found.status().message();
  } else if (const auto status = std::filesystem::status(path, error);
             status.type() == std::filesystem::file_type::not_found) {
    why = Cat("stat ", program, ": no such file or directory");
  } else if (status.type() == std::filesystem::file_type::directory) {
    why = "is a directory";
  } else if (access(path.c_str(), X_OK) != 0) {
    why = "permission denied";
  }
  if (why.empty()) return {};
  if (!why.starts_with("unable"))
    why = Cat("unable to find binary at ", program, ": exec: ", base::QuoteGo(program), ": ", why);
  return base::InvalidArgument(
      Cat("invalid argument ", base::QuoteGo(program), " for \"--post-renderer\" flag: ", why));
}

helm::PostRenderer MakePostRenderer(std::string program, std::vector<std::string> args,
                                    std::string directory) {
  program = Absolute(std::move(program), directory);
  return [program = std::move(program), args = std::move(args)](std::string_view documents) {
    return Run(program, args, documents);
  };
}

}  // namespace sluice::cli
