#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "base/strings.h"
#include "credentials.h"
#include "document/json.h"

namespace sluice::kube {
namespace {

constexpr auto kTimeout = std::chrono::seconds(60);
constexpr size_t kMaxOutput = 1u << 20;

base::Status PluginError(const ExecPlugin& plugin, std::string_view why) {
  std::string message = base::Cat("getting credentials: exec: ", why);
  if (!plugin.install_hint.empty()) message += "\n\n" + plugin.install_hint;
  return base::Unauthenticated(std::move(message));
}

std::string ExecInfo(const Config& config) {
  document::Value info = document::Value::Object();
  info.Set("apiVersion", config.exec.api_version);
  info.Set("kind", "ExecCredential");
  info.Mutable("spec").Set("interactive", false);
  if (config.exec.provide_cluster_info)
    info.Mutable("spec").Mutable("cluster").Set("server", config.server);
  return document::ToJson(info);
}

// The child's environment: ours (PATH, HOME …), the plugin's own entries, and the request.
std::vector<std::string> ChildEnvironment(const Config& config) {
  std::vector<std::string> env;
  for (char** e = environ; *e != nullptr; ++e) env.emplace_back(*e);
  for (const auto& [name, value] : config.exec.env) env.push_back(base::Cat(name, "=", value));
  env.push_back("KUBERNETES_EXEC_INFO=" + ExecInfo(config));
  return env;
}

std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (auto& s : strings) out.push_back(s.data());
  out.push_back(nullptr);
  return out;
}

// Reads until the child closes its end. False: too late or too much.
bool ReadOutput(int fd, std::string& out) {
  const auto deadline = observe::Context::Clock::now() + kTimeout;
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - observe::Context::Clock::now())
            .count();
    if (left <= 0) return false;
    pollfd p{fd, POLLIN, 0};
    if (poll(&p, 1, static_cast<int>(left)) <= 0) {
      if (errno == EINTR) continue;
      return false;
    }
    char buffer[8192];
    const ssize_t n = read(fd, buffer, sizeof buffer);
    if (n == 0) return true;
    if (n < 0 && errno != EINTR) return false;
    if (n > 0) out.append(buffer, static_cast<size_t>(n));
    if (out.size() > kMaxOutput) return false;
  }
}

base::Result<PluginCredential> ParseCredential(const ExecPlugin& plugin,
                                               const std::string& output) {
  const auto parsed = document::ParseJson(output);
  if (!parsed.ok()) return PluginError(plugin, "decoding stdout: " + parsed.status().message());
  const auto& status = (*parsed)["status"];
  if (!status.is_object()) return PluginError(plugin, "exec plugin didn't return a status field");
  PluginCredential credential{base::SecretString(status["token"].AsString()),
                              std::string(status["expirationTimestamp"].AsString())};
  if (credential.token.empty()) return PluginError(plugin, "exec plugin didn't return a token");
  return credential;
}

}  // namespace

base::Result<PluginCredential> RunExecPlugin(const Config& config) {
  const ExecPlugin& plugin = config.exec;
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0) return PluginError(plugin, "too many open files");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
  // libraries open sockets that outlive an exec
  posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  std::vector<std::string> args = {plugin.command};
  args.insert(args.end(), plugin.args.begin(), plugin.args.end());
  auto env = ChildEnvironment(config);
  pid_t pid = 0;
  const int error = posix_spawnp(&pid, plugin.command.c_str(), &actions, &attributes,
                                 Pointers(args).data(), Pointers(env).data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  close(fds[1]);
  if (error != 0) {
    close(fds[0]);
    return PluginError(plugin, base::Cat("executable ", plugin.command, " not found"));
  }
  std::string output;
  const bool complete = ReadOutput(fds[0], output);
  close(fds[0]);
  if (!complete) kill(pid, SIGKILL);
  int wait_status = 0;
  while (waitpid(pid, &wait_status, 0) < 0 && errno == EINTR) {
  }
  if (!complete)
    return PluginError(plugin, base::Cat("executable ", plugin.command, " gave no answer in time"));
  if (!WIFEXITED(wait_status) || WEXITSTATUS(wait_status) != 0) {
    const std::string code =
        WIFEXITED(wait_status) ? std::to_string(WEXITSTATUS(wait_status)) : "-1";
    return PluginError(plugin,
                       base::Cat("executable ", plugin.command, " failed with exit code ", code));
  }
  auto credential = ParseCredential(plugin, output);
  base::ZeroAndClear(output);
  return credential;
}

}  // namespace sluice::kube
