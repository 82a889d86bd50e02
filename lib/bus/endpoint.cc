#include <sys/stat.h>

#include <charconv>

#include "base/strings.h"
#include "bus/bus.h"

namespace sluice::bus {
namespace {

constexpr std::string_view kTcp = "tcp://";
constexpr std::string_view kIpc = "ipc://";
// A socket's path, with room for the second channel's name.
constexpr size_t kMaxIpcPath = 107 - sizeof("/bus.artifacts");

struct TcpParts {
  std::string_view host, port;
};

TcpParts SplitTcp(std::string_view endpoint) {
  endpoint.remove_prefix(kTcp.size());
  const size_t colon = endpoint.rfind(':');
  if (colon == endpoint.npos) return {endpoint, ""};
  return {endpoint.substr(0, colon), endpoint.substr(colon + 1)};
}

int PortOf(std::string_view text) {
  int port = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port <= 65535 ? port : -1;
}

}  // namespace

std::string_view RoleName(Role role) {
  switch (role) {
    case Role::kSource:
      return "source";
    case Role::kKustomize:
      return "kustomize";
    case Role::kHelm:
      return "helm";
    case Role::kNotify:
      return "notify";
  }
  return "";
}

base::Status CheckEndpoint(std::string_view endpoint) {
  const auto bad = [&](std::string_view why) {
    return base::InvalidArgument(
        base::Cat("invalid bus endpoint '", endpoint.substr(0, 200), "': ", why));
  };
  if (endpoint.find('\0') != endpoint.npos || base::Fields(endpoint).size() != 1)
    return bad("blanks in it");
  if (endpoint.starts_with(kIpc)) {
    const auto path = endpoint.substr(kIpc.size());
    if (!path.starts_with('/')) return bad("an ipc path must be absolute");
    if (path.size() > kMaxIpcPath) return bad("the path is too long for a socket");
    return base::OkStatus();
  }
  if (!endpoint.starts_with(kTcp)) return bad("it must start with tcp:// or ipc://");
  const auto [host, port] = SplitTcp(endpoint);
  if (host.empty() || host.find_first_of("/;@") != host.npos) return bad("no host");
  // The second channel has the next port.
  if (PortOf(port) < 0 || PortOf(port) == 65535) return bad("no port from 0 to 65534");
  return base::OkStatus();
}

base::Result<std::vector<std::string>> ParseEndpoints(std::string_view list) {
  std::vector<std::string> out;
  if (list.empty() || list == "off") return out;
  for (const auto part : base::Split(list, ",")) {
    const auto endpoint = base::TrimSpace(part);
    SLUICE_TRY(CheckEndpoint(endpoint));
    out.emplace_back(endpoint);
  }
  return out;
}

std::string SocketEndpoint(std::string_view endpoint) {
  std::string out(endpoint);
  struct stat st;
  if (!endpoint.starts_with(kIpc) || stat(out.c_str() + kIpc.size(), &st) != 0 ||
      !S_ISDIR(st.st_mode))
    return out;
  return out + (out.ends_with('/') ? "bus" : "/bus");
}

std::string SecondEndpoint(std::string_view endpoint, std::string_view name) {
  if (!endpoint.starts_with(kTcp)) return base::Cat(SocketEndpoint(endpoint), ".", name);
  const auto [host, port] = SplitTcp(endpoint);
  return base::Cat(kTcp, host, ":", std::to_string(PortOf(port) + 1));
}

std::string AdvertisedEndpoint(std::string_view endpoint, std::string_view host) {
  if (!endpoint.starts_with(kTcp)) return std::string(endpoint);
  const bool bare_ipv6 = host.find(':') != host.npos && !host.starts_with('[');
  return base::Cat(kTcp, bare_ipv6 ? "[" : "", host, bare_ipv6 ? "]" : "", ":",
                   SplitTcp(endpoint).port);
}

}  // namespace sluice::bus
