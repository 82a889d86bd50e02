// Dial: a TCP connection for SSH, straight or through a proxy: SOCKS5 (RFC 1928, 1929; the proxy
// resolves the name) and HTTP CONNECT. Flux's go-git knows SOCKS5 alone for SSH; CONNECT is ours.
#pragma once

#include <cstdint>
#include <string>

#include "base/secret.h"
#include "base/status.h"
#include "git/remote.h"
#include "io/unique_fd.h"
#include "observe/context.h"

namespace sluice::git {

struct Proxy {
  enum class Kind : uint8_t { kNone, kSocks5, kHttp } kind = Kind::kNone;
  std::string host{};
  uint16_t port = 0;
  std::string username{};
  base::SecretString password{};

  // Of the auth's proxy_*; kNone without. kInvalidArgument for another scheme (`proxy: unknown
  // scheme: https`) or a URL that cannot be read.
  static base::Result<Proxy> From(const RemoteAuth& auth);
};

// Non-blocking, without delay; errors in Go's words. The context is looked at while waiting.
base::Result<io::UniqueFd> Dial(const observe::Context& ctx, const std::string& host, uint16_t port,
                                const Proxy& proxy);

}  // namespace sluice::git
