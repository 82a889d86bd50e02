#include "listen_address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "base/strings.h"

namespace sluice::http {
namespace {

base::Status SystemError(const std::string& address, std::string_view call, int error) {
  char buffer[128];
  return base::Unavailable(base::Cat("listen tcp ", address, ": ", call, ": ",
                                     base::ToLower(strerror_r(error, buffer, sizeof buffer))));
}

base::Result<int> BindOne(const std::string& address, const addrinfo& info) {
  const int fd = socket(info.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return SystemError(address, "socket", errno);
  const int on = 1, off = 0;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (info.ai_family == AF_INET6)
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);  // ":80" takes both
  if (bind(fd, info.ai_addr, info.ai_addrlen) != 0 || listen(fd, 1024) != 0) {
    const int error = errno;
    close(fd);
    return SystemError(address, "bind", error);
  }
  return fd;
}

}  // namespace

std::string AddressText(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = {};
  if (address.ss_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, &address, sizeof v4);
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    return base::Cat(text, ":", std::to_string(ntohs(v4.sin_port)));
  }
  sockaddr_in6 v6;
  std::memcpy(&v6, &address, sizeof v6);
  inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
  std::string_view host = text;
  if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
    host.remove_prefix(std::string_view("::ffff:").size());
    return base::Cat(host, ":", std::to_string(ntohs(v6.sin6_port)));
  }
  return base::Cat("[", host, "]:", std::to_string(ntohs(v6.sin6_port)));
}

base::Result<BoundAddress> Listen(const std::string& address) {
  const size_t colon = address.rfind(':');
  if (colon == address.npos) {
    return base::InvalidArgument(
        base::Cat("listen tcp: address ", address, ": missing port in address"));
  }
  std::string host = address.substr(0, colon);
  const std::string port = address.substr(colon + 1);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const char* node = host.empty() ? "::" : host.c_str();
  if (getaddrinfo(node, port.c_str(), &hints, &found) != 0 || found == nullptr) {
    return base::InvalidArgument(base::Cat("listen tcp: lookup ", host, ": no such host"));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  auto fd = BindOne(address, *found);
  if (!fd.ok() && host.empty()) {  // a machine without IPv6
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_port = htons(static_cast<uint16_t>(base::ParseUint64(port).value_or(0)));
    addrinfo v4{};
    v4.ai_family = AF_INET;
    v4.ai_addr = reinterpret_cast<sockaddr*>(&any);
    v4.ai_addrlen = sizeof any;
    auto second = BindOne(address, v4);
    if (second.ok()) fd = std::move(second);
  }
  if (!fd.ok()) return fd.status();
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  getsockname(*fd, reinterpret_cast<sockaddr*>(&bound), &size);
  BoundAddress out{*fd, 0, AddressText(bound)};
  out.port = static_cast<uint16_t>(
      base::ParseUint64(out.text.substr(out.text.rfind(':') + 1)).value_or(0));
  return out;
}

}  // namespace sluice::http
