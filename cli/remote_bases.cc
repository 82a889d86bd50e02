#include "remote_bases.h"

#include "base/duration.h"
#include "base/strings.h"
#include "io/file_tree.h"

namespace sluice::cli {
namespace {

using base::Cat;
using base::Result;
using base::Status;
using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr std::string_view kNeedsGit = "exit status 3", kNoSuccess = "exit status 4",
                           kTimeOver = "exit status 5";

bool IsHttp(std::string_view url) {
  return url.starts_with("http://") || url.starts_with("https://");
}

milliseconds Limit(const kustomize::RemoteBase& base) {
  const auto limit = base::ParseDuration(base.timeout);
  return limit.ok() && limit->count() > 0 ? duration_cast<milliseconds>(*limit)
                                          : milliseconds(27'000);
}

Status TimeOver(const kustomize::RemoteBase& base, std::string_view command) {
  return base::DeadlineExceeded(
      Cat("hit ", base::FormatDuration(Limit(base)), " timeout running '", command, "'"));
}

std::string Ref(const kustomize::RemoteBase& base) { return base.ref.empty() ? "HEAD" : base.ref; }

}  // namespace

std::string RemoteBases::Git() const { return FindProgram("git", around_.path).value_or(""); }

Result<std::string> RemoteBases::Get(const std::string& url) {
  SLUICE_TRY(ProcessResult got, processes_.Run({.argv = {around_.program, "get", url}}));
  if (got.failure.empty()) return std::move(got.out);
  if (got.failure == kNoSuccess) return base::Unavailable(Cat("HTTP Error: ", got.err));
  return base::FailedPrecondition(got.err.empty() ? got.failure : got.err);
}

Result<kustomize::RemoteTree> RemoteBases::Fetch(const kustomize::RemoteBase& base) {
  // git would take it for an option.
  if (base.ref.starts_with('-') || base.repo.starts_with('-')) {
    return base::InvalidArgument(Cat("fatal: couldn't find remote ref ", base.ref));
  }
  SLUICE_TRY(io::TempDir folder, io::TempDir::Create(around_.temporary, "kustomize-"));
  const std::string directory = folder.path();
  folders_.push_back(std::move(folder));
  bool done = false;
  if (IsHttp(base.repo)) {
    SLUICE_TRY(done, FetchOverHttp(base, directory));
  }
  if (!done) SLUICE_TRY(FetchWithGit(base, directory));
  SLUICE_TRY(auto tree, io::OpenDirectory(directory));
  return kustomize::RemoteTree{std::move(tree), directory};
}

Result<bool> RemoteBases::FetchOverHttp(const kustomize::RemoteBase& base,
                                        const std::string& directory) {
  const std::string git = Git();
  const std::string command =
      Cat(git.empty() ? "git" : git, " fetch --depth=1 ", base.repo, " ", Ref(base));
  ProcessRequest request{
      .argv = {around_.program, "checkout", base.repo, directory, "--ref", Ref(base), "--timeout",
               Cat(std::to_string(Limit(base).count()), "ms")},
      .timeout = Limit(base) + milliseconds(2000)};
  if (!base.submodules) request.argv.emplace_back("--no-submodules");
  const auto got = processes_.Run(request);
  if (!got.ok()) return git.empty() ? Result<bool>(got.status()) : Result<bool>(false);
  if (got->failure.empty()) return true;
  if (got->failure == kNeedsGit && !git.empty()) return false;
  if (got->timed_out || got->failure == kTimeOver) return TimeOver(base, command);
  return base::FailedPrecondition(
      Cat("failed to run '", command, "': ", got->err, "\n: exit status 128"));
}

Status RemoteBases::FetchWithGit(const kustomize::RemoteBase& base, const std::string& directory) {
  const std::string git = Git();
  if (git.empty())
    return base::FailedPrecondition(
        "no 'git' program on path: exec: \"git\": executable file not found in $PATH");
  std::vector<std::vector<std::string>> commands = {{"init"},
                                                    {"remote", "add", "origin", base.repo},
                                                    {"fetch", "--depth=1", base.repo, Ref(base)},
                                                    {"checkout", "FETCH_HEAD"}};
  if (base.submodules) commands.push_back({"submodule", "update", "--init", "--recursive"});
  for (std::vector<std::string>& argv : commands) {
    argv.insert(argv.begin(), git);
    const std::string command = base::Join(argv, " ");
    SLUICE_TRY(const ProcessResult got,
               processes_.Run({.argv = argv,
                               .directory = directory,
                               .errors = ProcessRequest::Errors::kWithOutput,
                               .timeout = Limit(base)}));
    if (got.timed_out) return TimeOver(base, command);
    if (!got.failure.empty())
      return base::FailedPrecondition(
          Cat("failed to run '", command, "': ", got.out, ": ", got.failure));
  }
  return {};
}

}  // namespace sluice::cli
