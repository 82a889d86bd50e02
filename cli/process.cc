#include "process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>

#include "base/strings.h"
#include "io/unique_fd.h"

extern char** environ;

namespace sluice::cli {
namespace {

using base::Cat;
using base::Result;
using base::Status;
using Clock = std::chrono::steady_clock;

struct Pipe {
  io::UniqueFd read, write;
};

Result<Pipe> MakePipe() {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0) return base::Unavailable(Cat("pipe: ", std::strerror(errno)));
  return Pipe{io::UniqueFd(fds[0]), io::UniqueFd(fds[1])};
}

// A child that closed its stdin early must not end us.
class IgnorePipeSignal {
 public:
  IgnorePipeSignal() { sigaction(SIGPIPE, &ignore_, &old_); }
  ~IgnorePipeSignal() { sigaction(SIGPIPE, &old_, nullptr); }
  IgnorePipeSignal(const IgnorePipeSignal&) = delete;
  IgnorePipeSignal& operator=(const IgnorePipeSignal&) = delete;

 private:
  static struct sigaction Ignore() {
    struct sigaction action {};
    action.sa_handler = SIG_IGN;
    return action;
  }
  struct sigaction ignore_ = Ignore(), old_{};
};

std::vector<std::string> Environment(const std::vector<std::string>& more) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::string_view key = text.substr(0, text.find('=') + 1);
    bool replaced = false;
    for (const std::string& other : more) replaced = replaced || other.starts_with(key);
    if (!replaced) all.emplace_back(text);
  }
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

class Child {
 public:
  explicit Child(const ProcessRequest& request) : request_(request) {}

  Status Start() {
    SLUICE_TRY(Pipe in, MakePipe());
    SLUICE_TRY(Pipe out, MakePipe());
    SLUICE_TRY(Pipe err, MakePipe());
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in.read.get(), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out.write.get(), STDOUT_FILENO);
    if (request_.errors == ProcessRequest::Errors::kCaptured)
      posix_spawn_file_actions_adddup2(&actions, err.write.get(), STDERR_FILENO);
    if (request_.errors == ProcessRequest::Errors::kWithOutput)
      posix_spawn_file_actions_adddup2(&actions, out.write.get(), STDERR_FILENO);
    if (!request_.directory.empty())
      posix_spawn_file_actions_addchdir_np(&actions, request_.directory.c_str());
    // libraries open sockets that outlive an exec
    posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    std::vector<std::string> argv = request_.argv, environment = Environment(request_.environment);
    const int error = posix_spawn(&pid_, argv[0].c_str(), &actions, &attributes,
                                  Pointers(argv).data(), Pointers(environment).data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0)
      return base::Unavailable(
          Cat("fork/exec ", argv[0], ": ", base::ToLower(std::strerror(error))));
    in_ = std::move(in.write);
    out_ = std::move(out.read);
    err_ = std::move(err.read);
    fcntl(in_.get(), F_SETFL, O_NONBLOCK);
    return {};
  }

  // Until both ends are closed, or the time is over.
  void Exchange(ProcessResult& result) {
    const Clock::time_point end = Clock::now() + request_.timeout;
    std::string_view left = request_.input;
    if (left.empty()) in_.Reset();
    while (out_ || err_) {
      int wait = -1;
      if (request_.timeout.count() > 0) {
        const auto rest =
            std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
        if (rest <= 0) {
          result.timed_out = true;
          kill(pid_, SIGKILL);
          return;
        }
        wait = static_cast<int>(std::min<int64_t>(rest, 60'000));
      }
      std::array<pollfd, 3> fds = {pollfd{in_.get(), POLLOUT, 0}, pollfd{out_.get(), POLLIN, 0},
                                   pollfd{err_.get(), POLLIN, 0}};
      if (poll(fds.data(), fds.size(), wait) < 0 && errno != EINTR) return;
      if (fds[0].revents != 0) Feed(left);
      if (fds[1].revents != 0) Drain(out_, result.out);
      if (fds[2].revents != 0) Drain(err_, result.err);
    }
  }

  void Wait(ProcessResult& result) {
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFSIGNALED(status)) {
      result.failure = Cat("signal: ", base::ToLower(strsignal(WTERMSIG(status))));
    } else if (WEXITSTATUS(status) != 0) {
      result.failure = Cat("exit status ", std::to_string(WEXITSTATUS(status)));
    }
  }

 private:
  void Feed(std::string_view& left) {
    const ssize_t n = write(in_.get(), left.data(), left.size());
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n > 0) left.remove_prefix(static_cast<size_t>(n));
    if (n <= 0 || left.empty()) in_.Reset();
  }

  static void Drain(io::UniqueFd& from, std::string& into) {
    char chunk[1 << 16];
    const ssize_t n = read(from.get(), chunk, sizeof chunk);
    if (n > 0)
      into.append(chunk, static_cast<size_t>(n));
    else if (n == 0 || errno != EINTR)
      from.Reset();
  }

  const ProcessRequest& request_;
  pid_t pid_ = -1;
  io::UniqueFd in_, out_, err_;
};

class System final : public Processes {
 public:
  Result<ProcessResult> Run(const ProcessRequest& request) override {
    const IgnorePipeSignal quiet;
    Child child(request);
    SLUICE_TRY(child.Start());
    ProcessResult result;
    child.Exchange(result);
    child.Wait(result);
    return result;
  }
};

}  // namespace

std::unique_ptr<Processes> SystemProcesses() { return std::make_unique<System>(); }

std::optional<std::string> FindProgram(std::string_view name, std::string_view path) {
  if (name.find('/') != name.npos) return std::string(name);
  for (const std::string_view directory : base::Split(path, ":")) {
    std::string candidate = Cat(directory.empty() ? "." : directory, "/", name);
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return std::nullopt;
}

std::string Sibling(std::string_view name) {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  return (self.parent_path() / name).string();
}

}  // namespace sluice::cli
