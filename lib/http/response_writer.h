// Answers one complete request on a socket: cpp-httplib parses the head and writes the response;
// the only file that includes it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "http/server.h"
#include "request_reader.h"

namespace sluice::http {

struct WriteLimits {
  std::chrono::milliseconds stall{30000};  // without progress
  // bytes a second over the whole answer, past the first `stall`
  uint64_t min_rate = 4096;
};

class ResponseWriter {
 public:
  // The application: path is decoded, the response's stream and body are not yet limited to a
  // range.
  using Application = std::function<ServerResponse(ServerRequest)>;

  ResponseWriter(WriteLimits limits, Application application);
  ~ResponseWriter();

  // Blocks while it writes to the non-blocking socket. True: the connection may carry another
  // request. `cut` is looked at between writes: a stopping server ends long answers. Thread-safe.
  bool Answer(int fd, ReadRequest request, const std::string& remote_address, bool may_keep_alive,
              const std::function<bool()>& cut);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// The range of a "bytes=a-b" header over `size` bytes: kNone to send all, kUnsatisfiable for 416.
struct ByteRange {
  enum class Kind : uint8_t { kNone, kPart, kUnsatisfiable } kind = Kind::kNone;
  uint64_t offset = 0, length = 0;
};
ByteRange ParseRange(std::string_view header, uint64_t size);

// A whole answer without cpp-httplib, for requests that never get that far.
std::string PlainResponse(int status);

}  // namespace sluice::http
