// Server: the wall in front of cpp-httplib. One thread waits on every socket (epoll, no polling: an
// idle server never wakes up), reads each request whole under limits of size and time, and only
// then hands it to a small pool of workers, where cpp-httplib parses it and writes the answer. So a
// slow or endless sender costs a buffer, never a worker. No TLS: the cluster's mesh or ingress does
// that. Request bodies with a Content-Encoding are refused (415); names and values with control
// bytes are refused.
//
// Handlers run on the workers, in parallel; an exception in one answers 500. Handle* before Start.
// Stop (and the destructor) closes the listener, lets running handlers finish for `stop_grace`,
// then cuts. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "http/headers.h"
#include "observe/log.h"

namespace sluice::http {

struct ServerOptions {
  std::string address;                  // ":8080", "127.0.0.1:0", "[::1]:9090"
  size_t max_body = 3u << 20;           // 413
  size_t max_header_line = 8u << 10;    // 431; the request line: 414
  size_t max_header_bytes = 64u << 10;  // 431
  size_t max_headers = 100;             // 431
  // from the first byte to the last of head and body: 408
  std::chrono::milliseconds request_timeout{10000};
  std::chrono::milliseconds idle_timeout{60000};   // between requests of one connection
  std::chrono::milliseconds write_timeout{30000};  // without any progress while answering
  // bytes a second over the whole answer, past its first write_timeout
  uint64_t min_write_rate = 4096;
  // past it a new connection replaces the longest idle one, or is closed
  size_t max_connections = 512;
  size_t max_buffered = 32u << 20;  // of all requests being read: past it 503
  size_t threads = 4;               // workers, started when first needed
  std::chrono::milliseconds stop_grace{5000};
};

struct ServerRequest {
  std::string method, path;  // path decoded, as matched
  std::string target;        // as on the wire, with query
  Headers headers;
  std::string body;
  std::string remote_address;  // of the socket, "127.0.0.1:54321"; never from a header
  // Of the query, decoded; the first of that name.
  std::optional<std::string> Query(std::string_view name) const;
};

struct ServerResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";  // "" = none
  Headers headers;
  std::string body;

  // Instead of `body`: `size` bytes read piece by piece, at constant memory. read fills the buffer
  // from `offset` and says how much (0 = ended early: the connection is cut). Range requests are
  // served from it. HEAD reads nothing.
  struct Stream {
    uint64_t size = 0;
    std::function<base::Result<size_t>(uint64_t offset, std::span<char> buffer)> read;
  };
  std::optional<Stream> stream;

  static ServerResponse Text(int status, std::string body);
  static ServerResponse Json(int status, std::string body);
};

class Server {
 public:
  using Handler = std::function<ServerResponse(const ServerRequest&)>;

  static std::unique_ptr<Server> Create(ServerOptions options, observe::Logger log = {});
  virtual ~Server() = default;

  // Routing by path segments' exact text; the longest prefix wins over shorter ones, an exact path
  // over all. A known path with another method answers 405 with Allow, an unknown one 404. HEAD
  // goes to the GET handler.
  virtual void Handle(std::string method, std::string path, Handler handler) = 0;
  virtual void HandlePrefix(std::string method, std::string prefix, Handler handler) = 0;

  // Binds and listens; an address in use is `listen tcp :8080: bind: address already in use`.
  virtual base::Status Start() = 0;
  virtual uint16_t port() const = 0;        // the actual one, after Start
  virtual std::string address() const = 0;  // "127.0.0.1:43121"
  virtual void Stop() = 0;
};

}  // namespace sluice::http
