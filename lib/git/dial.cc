#include "dial.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>

#include "base/encoding.h"
#include "base/owned.h"
#include "base/strings.h"
#include "http/url.h"

namespace sluice::git {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kSlice{200};  // how often a wait looks at its context
constexpr milliseconds kConnect{30'000}, kUntaken{60'000};
constexpr size_t kMaxAnswer = 16 << 10;  // of an HTTP proxy

std::string WordOf(int error) {
  switch (error) {
    case ECONNREFUSED:
      return "connect: connection refused";
    case EHOSTUNREACH:
      return "connect: no route to host";
    case ENETUNREACH:
      return "connect: network is unreachable";
    case ETIMEDOUT:
      return "connect: connection timed out";
    default:
      return base::Cat("connect: ", base::ToLower(std::strerror(error)));
  }
}

// TCP with the context looked at while waiting; errors in Go's words.
base::Result<io::UniqueFd> DialOne(const observe::Context& ctx, const addrinfo& address,
                                   const std::string& shown) {
  io::UniqueFd fd(socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return base::Internal(base::Cat("dial tcp ", shown, ": socket: ", std::strerror(errno)));
  if (connect(fd.get(), address.ai_addr, address.ai_addrlen) != 0 && errno != EINPROGRESS) {
    return base::Unavailable(base::Cat("dial tcp ", shown, ": ", WordOf(errno)));
  }
  for (milliseconds waited{0}; waited < kConnect; waited += kSlice) {
    SLUICE_TRY(ctx.Check());
    pollfd p{fd.get(), POLLOUT, 0};
    if (poll(&p, 1, static_cast<int>(kSlice.count())) <= 0) continue;
    int error = 0;
    socklen_t size = sizeof(error);
    getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return base::Unavailable(base::Cat("dial tcp ", shown, ": ", WordOf(error)));
    const int one = 1;
    setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    // Of a peer that takes nothing more, or is gone: libssh waits for its socket without an end.
    const auto untaken = static_cast<unsigned int>(kUntaken.count());
    setsockopt(fd.get(), IPPROTO_TCP, TCP_USER_TIMEOUT, &untaken, sizeof(untaken));
    return fd;
  }
  return base::Unavailable(base::Cat("dial tcp ", shown, ": i/o timeout"));
}

base::Result<io::UniqueFd> DialTcp(const observe::Context& ctx, const std::string& host,
                                   uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
    return base::Unavailable(base::Cat("dial tcp: lookup ", host, ": no such host"));
  }
  const base::Owned<addrinfo, freeaddrinfo> list(found);
  base::Status last = base::Unavailable(base::Cat("dial tcp: lookup ", host, ": no such host"));
  for (const addrinfo* a = found; a != nullptr; a = a->ai_next) {
    std::array<char, NI_MAXHOST> text{};
    getnameinfo(a->ai_addr, a->ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST);
    const bool v6 = a->ai_family == AF_INET6;
    auto fd = DialOne(ctx, *a,
                      base::Cat(v6 ? "[" : "", text.data(), v6 ? "]:" : ":", std::to_string(port)));
    if (fd.ok()) return fd;
    last = std::move(fd).status();
    if (ctx.done()) break;
  }
  return last;
}

// A short conversation with a proxy.
class Talk {
 public:
  Talk(const observe::Context& ctx, int fd) : ctx_(ctx), fd_(fd) {}

  base::Status Write(std::string_view bytes) {
    while (!bytes.empty()) {
      SLUICE_TRY(Wait(POLLOUT));
      const ssize_t n = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
      if (n <= 0) return Broken();
      bytes.remove_prefix(static_cast<size_t>(n));
    }
    return base::OkStatus();
  }
  // Just so many bytes: what follows is not ours.
  base::Result<std::string> Read(size_t count) {
    std::string out(count, '\0');
    for (size_t done = 0; done < count;) {
      SLUICE_TRY(Wait(POLLIN));
      const ssize_t n = recv(fd_, out.data() + done, count - done, 0);
      if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
      if (n <= 0) return Broken();
      done += static_cast<size_t>(n);
    }
    return out;
  }

 private:
  static base::Status Broken() { return base::Unavailable("the proxy closed the connection"); }
  base::Status Wait(short what) {
    for (milliseconds waited{0}; waited < kConnect; waited += kSlice) {
      SLUICE_TRY(ctx_.Check());
      pollfd p{fd_, what, 0};
      if (poll(&p, 1, static_cast<int>(kSlice.count())) > 0) return base::OkStatus();
    }
    return base::Unavailable("i/o timeout");
  }
  const observe::Context& ctx_;
  const int fd_;
};

std::string_view SocksError(uint8_t code) {
  constexpr std::array<std::string_view, 9> kTexts = {"",
                                                      "general SOCKS server failure",
                                                      "connection not allowed by ruleset",
                                                      "network unreachable",
                                                      "host unreachable",
                                                      "connection refused",
                                                      "TTL expired",
                                                      "command not supported",
                                                      "address type not supported"};
  return code < kTexts.size() ? kTexts[code] : std::string_view("unknown code");
}

base::Status Socks5(Talk& talk, const Proxy& proxy, const std::string& host, uint16_t port) {
  constexpr size_t kMaxText = 255;
  const std::string_view password = proxy.password.Reveal();
  if (host.size() > kMaxText || proxy.username.size() > kMaxText || password.size() > kMaxText)
    return base::InvalidArgument("a name is too long for SOCKS5");
  const bool login = !proxy.username.empty();
  SLUICE_TRY(talk.Write(login ? std::string_view("\5\2\0\2", 4) : std::string_view("\5\1\0", 3)));
  SLUICE_TRY(const std::string method, talk.Read(2));
  if (method[0] != 5) return base::Unavailable("unexpected protocol version of the proxy");
  if (method[1] == 2 && login) {
    std::string request = "\1";
    request += static_cast<char>(proxy.username.size());
    request += proxy.username;
    request += static_cast<char>(password.size());
    request += password;
    SLUICE_TRY(talk.Write(request));
    SLUICE_TRY(const std::string verdict, talk.Read(2));
    if (verdict[1] != 0) return base::Unauthenticated("username/password authentication failed");
  } else if (method[1] != 0) {
    return base::Unauthenticated("no acceptable authentication methods");
  }
  std::string request("\5\1\0\3", 4);
  request += static_cast<char>(host.size());
  request += host;
  request += static_cast<char>(port >> 8);
  request += static_cast<char>(port & 0xff);
  SLUICE_TRY(talk.Write(request));
  SLUICE_TRY(const std::string answer, talk.Read(4));
  if (answer[0] != 5) return base::Unavailable("unexpected protocol version of the proxy");
  if (answer[1] != 0)
    return base::Unavailable(
        base::Cat("unknown error ", SocksError(static_cast<uint8_t>(answer[1]))));
  size_t rest = 0;
  switch (answer[3]) {
    case 1:
      rest = 4;
      break;
    case 4:
      rest = 16;
      break;
    case 3: {
      SLUICE_TRY(const std::string size, talk.Read(1));
      rest = static_cast<uint8_t>(size[0]);
      break;
    }
    default:
      return base::Unavailable("unknown address type");
  }
  return talk.Read(rest + 2).status();
}

base::Status Connect(Talk& talk, const Proxy& proxy, const std::string& host, uint16_t port) {
  const std::string target = base::Cat(
      host.find(':') == host.npos ? host : base::Cat("[", host, "]"), ":", std::to_string(port));
  std::string request = base::Cat("CONNECT ", target, " HTTP/1.1\r\nHost: ", target, "\r\n");
  if (!proxy.username.empty()) {
    request += base::Cat(
        "Proxy-Authorization: Basic ",
        base::Base64Encode(base::Cat(proxy.username, ":", proxy.password.Reveal())), "\r\n");
  }
  SLUICE_TRY(talk.Write(request + "\r\n"));
  std::string head;
  while (!head.ends_with("\r\n\r\n")) {  // byte by byte: the server speaks first, right behind it
    SLUICE_TRY(const std::string next, talk.Read(1));
    head += next;
    if (head.size() > kMaxAnswer) return base::Unavailable("the proxy's answer is too long");
  }
  head.resize(head.find('\r'));
  const auto words = base::Fields(head);
  if (words.size() < 2 || !words[0].starts_with("HTTP/1."))
    return base::Unavailable("the proxy's answer is no HTTP");
  if (words[1] == "200") return base::OkStatus();
  if (words[1] == "407") return base::Unauthenticated("Proxy Authentication Required");
  return base::Unavailable(base::Cat("the proxy answered ", base::TruncateUtf8(words[1], 16)));
}

}  // namespace

base::Result<Proxy> Proxy::From(const RemoteAuth& auth) {
  Proxy out;
  if (auth.proxy_url.empty()) return out;
  const auto cut = base::Cut(auth.proxy_url, "://");
  const std::string scheme = cut ? base::ToLower(cut->first) : "";
  if (scheme != "http" && scheme != "socks5" && scheme != "socks5h") {
    return base::InvalidArgument(
        base::Cat("proxy: unknown scheme: ", base::TruncateUtf8(scheme, 32)));
  }
  SLUICE_TRY(const http::Url url, http::Url::Parse(base::Cat("http://", cut->second)));
  out.kind = scheme == "http" ? Kind::kHttp : Kind::kSocks5;
  out.host = url.host;
  out.port = url.has_port ? url.port : scheme == "http" ? uint16_t{80} : uint16_t{1080};
  out.username = auth.proxy_username;
  out.password = auth.proxy_password;
  return out;
}

base::Result<io::UniqueFd> Dial(const observe::Context& ctx, const std::string& host, uint16_t port,
                                const Proxy& proxy) {
  if (proxy.kind == Proxy::Kind::kNone) return DialTcp(ctx, host, port);
  SLUICE_TRY(io::UniqueFd fd, DialTcp(ctx, proxy.host, proxy.port));
  Talk talk(ctx, fd.get());
  auto status = proxy.kind == Proxy::Kind::kSocks5 ? Socks5(talk, proxy, host, port)
                                                   : Connect(talk, proxy, host, port);
  if (status.ok()) return fd;
  const std::string_view kind =
      proxy.kind == Proxy::Kind::kSocks5 ? "socks connect tcp " : "proxy connect tcp ";
  return std::move(status).Wrap(base::Cat(kind, proxy.host, ":", std::to_string(proxy.port), "->",
                                          host, ":", std::to_string(port)));
}

}  // namespace sluice::git
