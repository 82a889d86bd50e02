// Which proxy a URL takes: the rules of Go's golang.org/x/net/http/httpproxy.
#include <arpa/inet.h>

#include <array>
#include <optional>

#include "base/strings.h"
#include "http/client.h"

namespace sluice::http {
namespace {

struct Address {
  std::array<uint8_t, 16> bytes{};
  bool v4 = false;
};

std::optional<Address> ParseAddress(const std::string& text) {
  Address a;
  if (inet_pton(AF_INET, text.c_str(), a.bytes.data()) == 1) {
    a.v4 = true;
    return a;
  }
  if (inet_pton(AF_INET6, text.c_str(), a.bytes.data()) == 1) return a;
  return std::nullopt;
}

bool InPrefix(const Address& a, const Address& net, uint64_t bits) {
  if (a.v4 != net.v4 || bits > (a.v4 ? 32u : 128u)) return false;
  for (size_t i = 0; i * 8 < bits; ++i) {
    const uint64_t left = bits - i * 8;
    const auto mask = static_cast<uint8_t>(left >= 8 ? 0xff : 0xff << (8 - left));
    if ((a.bytes[i] & mask) != (net.bytes[i] & mask)) return false;
  }
  return true;
}

bool IsLoopback(const std::string& host) {
  if (host == "localhost") return true;
  const auto a = ParseAddress(host);
  if (!a) return false;
  if (a->v4) return a->bytes[0] == 127;
  Address one;
  one.bytes[15] = 1;
  return a->bytes == one.bytes;
}

// One entry of NO_PROXY: "*", a CIDR, an address, ".example.com" (below it), "example.com" (it and
// below), each with ":port".
bool EntryMatches(std::string_view entry, const Url& url) {
  if (entry == "*") return true;
  const auto host = ParseAddress(url.host);
  if (const auto cidr = base::Cut(entry, "/")) {
    const auto net = ParseAddress(std::string(cidr->first));
    const auto bits = base::ParseUint64(cidr->second);
    return host && net && bits && InPrefix(*host, *net, *bits);
  }
  std::string name = base::ToLower(entry);
  if (const size_t colon = name.rfind(':'); colon != name.npos && !ParseAddress(name)) {
    const auto port = base::ParseUint64(std::string_view(name).substr(colon + 1));
    if (!port || *port != url.port) return false;
    name.resize(colon);
    if (name.size() > 2 && name.front() == '[' && name.back() == ']')
      name = name.substr(1, name.size() - 2);
  }
  if (name.empty()) return false;
  if (host) return name == url.host;
  if (name.starts_with("*.")) name.erase(0, 1);
  if (name.front() == '.') return url.host.ends_with(name);
  return url.host == name || url.host.ends_with("." + name);
}

}  // namespace

std::string ProxyEnvironment::ProxyFor(const Url& url) const {
  const std::string& proxy = url.scheme == "https" ? https_proxy : http_proxy;
  if (proxy.empty() || IsLoopback(url.host)) return "";
  for (const auto entry : base::Split(no_proxy, ",")) {
    if (EntryMatches(base::TrimSpace(entry), url)) return "";
  }
  return proxy.find("://") == proxy.npos ? "http://" + proxy : proxy;
}

}  // namespace sluice::http
