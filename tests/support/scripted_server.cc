#include "test_support/scripted_server.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/status.h"
#include "base/strings.h"

namespace sluice::test_support {

namespace {

// As many bytes as Content-Length says, behind the head.
void ReadBody(int fd, std::string& request) {
  const size_t end = request.find("\r\n\r\n");
  if (end == request.npos) return;
  size_t length = 0;
  for (const auto line : base::Split(std::string_view(request).substr(0, end), "\r\n")) {
    const auto cut = base::Cut(line, ":");
    if (cut && base::EqualFold(cut->first, "Content-Length"))
      length = base::ParseUint64(base::TrimSpace(cut->second)).value_or(0);
  }
  char buffer[4096];
  while (request.size() - end - 4 < length) {
    const ssize_t n = read(fd, buffer, sizeof buffer);
    if (n <= 0) break;
    request.append(buffer, static_cast<size_t>(n));
  }
}

}  // namespace

ScriptedServer::ScriptedServer(Answer answer) : answer_(std::move(answer)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  SLUICE_CHECK(bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
  SLUICE_CHECK(listen(listener_, 64) == 0);
  getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { Serve(); });
}

ScriptedServer::~ScriptedServer() {
  shutdown(listener_, SHUT_RDWR);
  thread_.join();
  close(listener_);
}

std::vector<std::string> ScriptedServer::Seen() {
  const std::lock_guard lock(mu_);
  return seen_;
}

size_t ScriptedServer::Count(const std::string& start) {
  size_t n = 0;
  for (const auto& s : Seen()) n += s.starts_with(start) ? 1 : 0;
  return n;
}

void ScriptedServer::Serve() {
  for (int fd = accept(listener_, nullptr, nullptr); fd >= 0;
       fd = accept(listener_, nullptr, nullptr)) {
    std::string head;
    char buffer[4096];
    while (head.find("\r\n\r\n") == head.npos) {
      const ssize_t n = read(fd, buffer, sizeof buffer);
      if (n <= 0) break;
      head.append(buffer, static_cast<size_t>(n));
      if (head[0] == '\x16') break;  // a TLS hello
    }
    ReadBody(fd, head);
    std::string out = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    if (head.find("\r\n\r\n") != head.npos) {
      Note(head);
      out = answer_(head);
    }
    for (size_t at = 0; at < out.size();) {
      const ssize_t n = send(fd, out.data() + at, out.size() - at, MSG_NOSIGNAL);
      if (n <= 0) break;
      at += static_cast<size_t>(n);
    }
    shutdown(fd, SHUT_WR);
    while (read(fd, buffer, sizeof buffer) > 0) {
    }
    close(fd);
  }
}

void ScriptedServer::Note(const std::string& head) {
  std::string line = head.substr(0, head.find(" HTTP/"));
  for (const auto part : base::Split(head, "\r\n")) {
    if (part.starts_with("Authorization:") || part.starts_with("Range:"))
      line += " | " + std::string(part);
  }
  const std::lock_guard lock(mu_);
  seen_.push_back(std::move(line));
}

std::string Http(int status, const std::string& body, const std::string& headers) {
  return base::Cat("HTTP/1.1 ", std::to_string(status),
                   " X\r\nConnection: close\r\nContent-Length: ", std::to_string(body.size()),
                   "\r\n", headers, "\r\n", body);
}

}  // namespace sluice::test_support
