#include "test_support/git_server.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "test_support/eventually.h"

namespace sluice::test_support {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

const Environment kPlainGit = {
    {"GIT_CONFIG_GLOBAL", "/dev/null"}, {"GIT_CONFIG_NOSYSTEM", "1"},
    {"GIT_AUTHOR_NAME", "Test"},        {"GIT_AUTHOR_EMAIL", "test@example.com"},
    {"GIT_COMMITTER_NAME", "Test"},     {"GIT_COMMITTER_EMAIL", "test@example.com"},
    {"GIT_TERMINAL_PROMPT", "0"}};

std::string MustRun(const std::vector<std::string>& argv, const Environment& env) {
  auto result = RunCommand(argv, "", env);
  if (!result.ok()) {
    std::string line;
    for (const auto& arg : argv) line += arg + " ";
    std::fprintf(stderr, "%s\n%s", line.c_str(), result.err.c_str());
  }
  SLUICE_CHECK(result.ok());
  if (!result.out.empty() && result.out.back() == '\n') result.out.pop_back();
  return result.out;
}

}  // namespace

GitServer::GitServer() { Start(); }

void GitServer::Start() {
  Process::Options options;
  options.stdout_file = root_.File("port");
  options.log_file = root_.File("server.log");
  root_.Write("port", "");
  auto process = Process::Start({"python3", SLUICE_TEST_SUPPORT_DIR "/git_server.py", root_.path(),
                                 "--user", std::string(kUser) + ":" + kPassword},
                                options);
  SLUICE_CHECK(process.ok());
  process_.emplace(*std::move(process));
  SLUICE_CHECK(
      Eventually(seconds(20), [this] { return ReadFile(root_.File("port")).ends_with("\n"); }));
  port_ = std::stoi(ReadFile(root_.File("port")));
}

size_t GitServer::Requests() const {
  const std::string log = ReadFile(root_.File("server.log"));
  return static_cast<size_t>(std::ranges::count(log, '\n'));
}

void GitServer::SetFault(const std::string& kind) const {
  std::error_code absent;
  fs::remove(root_.File("fault"), absent);
  if (!kind.empty()) static_cast<void>(root_.Write("fault", kind));
}

void GitServer::Stop() { process_.reset(); }

std::string GitServer::Url(const std::string& name) const {
  return "http://127.0.0.1:" + std::to_string(port_) + "/" + name + ".git";
}

std::string GitServer::Folder(const std::string& name) const { return root_.File(name + ".git"); }

GitWorkTree::GitWorkTree(const GitServer& server, const std::string& name)
    : server_(server), name_(name) {
  MustRun({"git", "init", "-q", "--bare", "-b", "main", server.Folder(name)}, kPlainGit);
  Git({"init", "-q", "-b", "main"});
  Git({"remote", "add", "origin", server.Folder(name)});
}

void GitWorkTree::Write(const std::string& file, const std::string& content) const {
  dir_.Write(file, content);
}

void GitWorkTree::Remove(const std::string& file) const { fs::remove(dir_.File(file)); }

void GitWorkTree::Symlink(const std::string& file, const std::string& target) const {
  const fs::path path = dir_.File(file);
  fs::create_directories(path.parent_path());
  fs::create_symlink(target, path);
}

std::string GitWorkTree::CommitAndPush(const std::string& message) {
  Git({"add", "-A"});
  Git({"commit", "-q", "--allow-empty", "-m", message});
  Git({"push", "-q", "--force", "--tags", "origin", "HEAD"});
  return Git({"rev-parse", "HEAD"});
}

std::string GitWorkTree::Git(std::vector<std::string> args) {
  auto env = kPlainGit;
  if (args[0] == "commit" || args[0] == "tag") ++commits_;
  env["GIT_AUTHOR_DATE"] = env["GIT_COMMITTER_DATE"] =
      std::to_string(1700000000 + 60 * commits_) + " +0000";
  args.insert(args.begin(), {"git", "-C", dir_.path()});
  return MustRun(args, env);
}

}  // namespace sluice::test_support
