// RequestReader: finds out, as bytes of one connection come in, where a request ends and whether it
// may be read at all. It holds the limits of the wall: everything that comes after it sees
// complete, well-formed requests of bounded size. Pure and incremental: each byte is looked at
// once. Thread-compatible.
//
// Stricter than RFC 9112 where leniency lets two readers disagree: no folded header lines, no blank
// before a colon, no Content-Length beside Transfer-Encoding, no repeated Content-Length or Host,
// no content coding.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/headers.h"

namespace sluice::http {

struct ReaderLimits {
  size_t max_body = 3u << 20;
  size_t max_header_line = 8u << 10;
  size_t max_header_bytes = 64u << 10;
  size_t max_headers = 100;
};

struct ReadRequest {
  std::string method, target;
  bool http10 = false;
  bool keep_alive = true;
  bool expects_continue = false;
  Headers headers;
  std::string body;
};

class RequestReader {
 public:
  explicit RequestReader(const ReaderLimits& limits) : limits_(limits) {}

  enum class State : uint8_t { kHead, kBody, kDone, kError };
  // Takes bytes up to the end of the request and says how many; the rest belongs to the next one.
  size_t Feed(std::string_view bytes);
  State state() const { return state_; }
  bool started() const { return head_bytes_ > 0; }
  int error() const { return error_; }  // the HTTP status that says why, in kError
  // True once, when the head is in, a body is to come and the client waits to be told to send it.
  bool TakeContinue();
  size_t buffered() const { return line_.size() + request_.body.size(); }
  // REQUIRES: kDone
  ReadRequest Take();

 private:
  enum class Expect : uint8_t {
    kRequestLine,
    kHeaderLine,
    kFixedBody,
    kChunkSize,
    kChunkData,
    kChunkEnd,
    kTrailer
  };

  size_t FeedLine(std::string_view bytes);
  size_t FeedData(std::string_view bytes);
  void Line(std::string_view line);
  void RequestLine(std::string_view line);
  void HeaderLine(std::string_view line);
  void HeadDone();
  void ChunkSizeLine(std::string_view line);
  void Fail(int status);

  ReaderLimits limits_;
  State state_ = State::kHead;
  Expect expect_ = Expect::kRequestLine;
  int error_ = 0;
  std::string line_;  // an incomplete line
  size_t head_bytes_ = 0, trailer_bytes_ = 0;
  uint64_t left_ = 0;  // of the body or chunk
  bool continue_pending_ = false;
  ReadRequest request_;
};

}  // namespace sluice::http
