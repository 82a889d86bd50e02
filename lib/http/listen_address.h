// Binding a listener to Go's address forms: ":8080", "127.0.0.1:0", "[::1]:9090", "host:80".
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>

#include "base/status.h"

namespace sluice::http {

struct BoundAddress {
  int fd = -1;  // non-blocking, close-on-exec; the caller's
  uint16_t port = 0;
  std::string text;  // "127.0.0.1:43121"
};
// `listen tcp :8080: bind: address already in use`.
base::Result<BoundAddress> Listen(const std::string& address);
std::string AddressText(const sockaddr_storage& address);

}  // namespace sluice::http
