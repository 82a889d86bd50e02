#include "oracle.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "document/json.h"

namespace sluice::differential {
namespace {

using document::Value;

constexpr int kTimeoutMilliseconds = 60'000;
// the peer keeps what it parsed: a fresh one bounds its memory
constexpr size_t kQuestionsPerProcess = 20'000;

}  // namespace

void Oracle::Start() {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) std::abort();
  pid_ = fork();
  if (pid_ == 0) {
    dup2(pair[1], STDIN_FILENO);
    dup2(pair[1], STDOUT_FILENO);
    execl(program_.c_str(), program_.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  close(pair[1]);
  socket_ = pair[0];
  buffer_.clear();
  asked_ = 0;
}

void Oracle::Stop() {
  if (pid_ <= 0) return;
  close(socket_);
  kill(pid_, SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

bool Oracle::Send(const std::string& line) const {
  for (size_t done = 0; done < line.size();) {
    const ssize_t n = send(socket_, line.data() + done, line.size() - done, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    done += static_cast<size_t>(n);
  }
  return true;
}

std::optional<std::string> Oracle::Receive() {
  size_t seen = 0;
  while (true) {
    if (const size_t end = buffer_.find('\n', seen); end != std::string::npos) {
      std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return line;
    }
    seen = buffer_.size();
    pollfd wait{socket_, POLLIN, 0};
    const int ready = poll(&wait, 1, kTimeoutMilliseconds);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return std::nullopt;
    char chunk[1 << 16];
    const ssize_t n = read(socket_, chunk, sizeof chunk);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return std::nullopt;
    buffer_.append(chunk, static_cast<size_t>(n));
  }
}

std::optional<std::string> Oracle::Exchange(const std::string& line) {
  if (asked_ >= kQuestionsPerProcess) Stop();
  if (pid_ <= 0) Start();
  ++asked_;
  if (!Send(line)) return std::nullopt;
  return Receive();
}

Value Oracle::Ask(const Value& question) {
  const std::string line = document::ToJson(question) + "\n";
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (const auto text = Exchange(line)) {
      auto answer = document::ParseJson(*text);
      if (answer.ok()) return *std::move(answer);
    }
    Stop();
  }
  ++deaths_;
  return Value::Object({{"error", "the peer died"}, {"died", true}});
}

}  // namespace sluice::differential
