#include "post_renderer.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/strings.h"
#include "io/file_tree.h"

extern char** environ;

namespace sluice::cli {
namespace {

using base::Cat;
using base::Result;

class Pipe {
 public:
  Pipe() {
    if (pipe2(ends_, O_CLOEXEC) != 0) ends_[0] = ends_[1] = -1;
  }
  ~Pipe() {
    Close(0);
    Close(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  int end(int i) const { return ends_[i]; }
  void Close(int i) {
    if (ends_[i] >= 0) close(ends_[i]);
    ends_[i] = -1;
  }

 private:
  int ends_[2];
};

// Writes and reads at once, so that neither side waits for the other.
void Talk(Pipe& in, Pipe& out, Pipe& err, std::string_view input, std::string& output, std::string& errors) {
  fcntl(in.end(1), F_SETFL, O_NONBLOCK);
  if (input.empty()) in.Close(1);
  while (out.end(0) >= 0 || err.end(0) >= 0) {
    std::array<pollfd, 3> fds = {{{in.end(1), POLLOUT, 0}, {out.end(0), POLLIN, 0}, {err.end(0), POLLIN, 0}}};
    if (poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR) return;
    if (fds[0].revents != 0) {
      const ssize_t n = write(in.end(1), input.data(), input.size());
      if (n > 0) input.remove_prefix(static_cast<size_t>(n));
      if ((n < 0 && errno != EAGAIN) || input.empty()) in.Close(1);
    }
    const auto read_from = [](pollfd& fd, Pipe& pipe, std::string& into) {
      if (fd.revents == 0) return;
      char buffer[1 << 16];
      const ssize_t n = read(fd.fd, buffer, sizeof buffer);
      if (n > 0) into.append(buffer, static_cast<size_t>(n));
      else pipe.Close(0);
    };
    read_from(fds[1], out, output);
    read_from(fds[2], err, errors);
  }
}

Result<std::string> Run(const std::string& program, const std::vector<std::string>& args, std::string_view input) {
  Pipe in, out, err;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.end(0), 0);
  posix_spawn_file_actions_adddup2(&actions, out.end(1), 1);
  posix_spawn_file_actions_adddup2(&actions, err.end(1), 2);
  std::vector<char*> argv = {const_cast<char*>(program.c_str())};
  for (const std::string& arg : args) argv.push_back(const_cast<char*>(arg.c_str()));
  argv.push_back(nullptr);
  signal(SIGPIPE, SIG_IGN);
  pid_t pid = 0;
  const int failed = posix_spawnp(&pid, program.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return base::NotFound(Cat("unable to find binary at ", program, ": ", std::strerror(failed)));
  in.Close(0);
  out.Close(1);
  err.Close(1);
  std::string output, errors;
  Talk(in, out, err, input, output, errors);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    const std::string how = WIFEXITED(status) ? Cat("exit status ", std::to_string(WEXITSTATUS(status))) : "killed by a signal";
    return base::Internal(Cat("error while running command ", program, ". error output:\n", errors, ": ", how));
  }
  if (base::TrimSpace(output).empty()) return base::Internal(Cat("post-renderer ", base::QuoteGo(program), " produced empty output"));
  return output;
}

}  // namespace

helm::PostRenderer MakePostRenderer(std::string program, std::vector<std::string> args, std::string directory) {
  if (base::Contains(program, "/") && !program.starts_with('/')) program = io::JoinPath(directory, program);
  return [program = std::move(program), args = std::move(args)](std::string_view documents) { return Run(program, args, documents); };
}

}  // namespace sluice::cli
