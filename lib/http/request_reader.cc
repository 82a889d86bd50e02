#include "request_reader.h"

#include <algorithm>
#include <optional>

#include "base/strings.h"

namespace sluice::http {
namespace {

constexpr size_t kMaxTrailerBytes = 8u << 10;
constexpr size_t kMaxChunkLine = 256;

std::optional<uint64_t> ParseHex(std::string_view text) {
  if (text.empty() || text.size() > 15) return std::nullopt;
  uint64_t n = 0;
  for (const char c : text) {
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) return std::nullopt;
    n = n * 16 + static_cast<uint64_t>(digit);
  }
  return n;
}

bool AllDigits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

bool HasToken(std::string_view list, std::string_view token) {
  return std::ranges::any_of(base::Split(list, ","), [&](std::string_view part) {
    return EqualsIgnoreCase(base::TrimSpace(part), token);
  });
}

}  // namespace

void RequestReader::Fail(int status) {
  state_ = State::kError;
  error_ = status;
  line_.clear();
}

size_t RequestReader::Feed(std::string_view bytes) {
  size_t used = 0;
  while (used < bytes.size() && state_ != State::kDone && state_ != State::kError) {
    const bool data = expect_ == Expect::kFixedBody || expect_ == Expect::kChunkData;
    used += data ? FeedData(bytes.substr(used)) : FeedLine(bytes.substr(used));
  }
  return used;
}

size_t RequestReader::FeedLine(std::string_view bytes) {
  const size_t newline = bytes.find('\n');
  const size_t take = newline == bytes.npos ? bytes.size() : newline + 1;
  if (state_ == State::kHead) {
    head_bytes_ += take;
    if (line_.size() + take > limits_.max_header_line)
      Fail(expect_ == Expect::kRequestLine ? 414 : 431);
    else if (head_bytes_ > limits_.max_header_bytes)
      Fail(431);
  } else if (expect_ == Expect::kTrailer) {
    trailer_bytes_ += take;
    if (trailer_bytes_ > kMaxTrailerBytes) Fail(431);
  } else if (line_.size() + take > kMaxChunkLine) {
    Fail(400);
  }
  if (state_ == State::kError) return take;
  line_ += bytes.substr(0, take);
  if (newline == bytes.npos) return take;
  const std::string line = std::move(line_);
  line_.clear();
  if (line.size() < 2 || line[line.size() - 2] != '\r') {
    Fail(400);  // a bare line feed ends lines for some readers and not for others
    return take;
  }
  Line(std::string_view(line).substr(0, line.size() - 2));
  return take;
}

size_t RequestReader::FeedData(std::string_view bytes) {
  const size_t take = static_cast<size_t>(std::min<uint64_t>(left_, bytes.size()));
  request_.body += bytes.substr(0, take);
  left_ -= take;
  if (left_ > 0) return take;
  if (expect_ == Expect::kFixedBody)
    state_ = State::kDone;
  else
    expect_ = Expect::kChunkEnd;
  return take;
}

void RequestReader::Line(std::string_view line) {
  switch (expect_) {
    case Expect::kRequestLine:
      RequestLine(line);
      break;
    case Expect::kHeaderLine:
      line.empty() ? HeadDone() : HeaderLine(line);
      break;
    case Expect::kChunkSize:
      ChunkSizeLine(line);
      break;
    case Expect::kChunkEnd:
      line.empty() ? void(expect_ = Expect::kChunkSize) : Fail(400);
      break;
    case Expect::kTrailer:
      if (line.empty()) state_ = State::kDone;  // trailers are read past: nobody here needs one
      break;
    case Expect::kFixedBody:
    case Expect::kChunkData:
      break;
  }
}

void RequestReader::RequestLine(std::string_view line) {
  if (line.empty() && head_bytes_ <= 4) return;  // RFC 9112 §2.2: an empty line before the request
  const auto parts = base::Split(line, " ");
  if (parts.size() != 3 || !Headers::IsValid(parts[0], "") || parts[1].empty()) return Fail(400);
  if (parts[2] != "HTTP/1.1" && parts[2] != "HTTP/1.0")
    return Fail(parts[2].starts_with("HTTP/") ? 505 : 400);
  if (parts[0].size() > 32) return Fail(400);
  const std::string_view target = parts[1];
  const bool printable = std::ranges::all_of(target, [](char c) { return c > 0x20 && c < 0x7f; });
  if (!printable || (target.front() != '/' && target != "*")) return Fail(400);
  request_.method = parts[0];
  request_.target = target;
  request_.http10 = parts[2] == "HTTP/1.0";
  expect_ = Expect::kHeaderLine;
}

void RequestReader::HeaderLine(std::string_view line) {
  if (request_.headers.fields().size() >= limits_.max_headers) return Fail(431);
  const auto field = base::Cut(line, ":");
  if (!field) return Fail(400);
  const std::string_view value = base::Trim(field->second, " \t");
  // also refuses folded lines: a blank is no token
  if (!Headers::IsValid(field->first, value)) return Fail(400);
  for (const char* once :
       {"Host", "Content-Length", "Transfer-Encoding", "Content-Type", "Authorization"}) {
    if (EqualsIgnoreCase(field->first, once) && request_.headers.Has(once)) return Fail(400);
  }
  request_.headers.Add(std::string(field->first), std::string(value));
}

void RequestReader::HeadDone() {
  const Headers& h = request_.headers;
  if (!request_.http10 && !h.Has("Host")) return Fail(400);
  const std::string_view connection = h.Get("Connection");
  request_.keep_alive =
      request_.http10 ? HasToken(connection, "keep-alive") : !HasToken(connection, "close");
  if (h.Has("Content-Encoding") && !EqualsIgnoreCase(h.Get("Content-Encoding"), "identity"))
    return Fail(415);
  const bool chunked = h.Has("Transfer-Encoding");
  if (chunked && (request_.http10 || h.Has("Content-Length"))) return Fail(400);
  if (chunked && !EqualsIgnoreCase(h.Get("Transfer-Encoding"), "chunked")) return Fail(501);
  if (h.Has("Content-Length")) {
    const std::string_view text = h.Get("Content-Length");
    if (!AllDigits(text)) return Fail(400);
    const auto length = base::ParseUint64(text);
    if (!length || *length > limits_.max_body) return Fail(413);
    left_ = *length;
  }
  if (!chunked && left_ == 0) {
    state_ = State::kDone;
    return;
  }
  request_.expects_continue = EqualsIgnoreCase(h.Get("Expect"), "100-continue");
  continue_pending_ = request_.expects_continue;
  state_ = State::kBody;
  expect_ = chunked ? Expect::kChunkSize : Expect::kFixedBody;
}

void RequestReader::ChunkSizeLine(std::string_view line) {
  const std::string_view size = base::TrimRight(line.substr(0, line.find(';')), " \t");
  const auto n = ParseHex(size);
  if (!n) return Fail(400);
  if (*n > limits_.max_body - request_.body.size()) return Fail(413);
  left_ = *n;
  expect_ = *n == 0 ? Expect::kTrailer : Expect::kChunkData;
}

bool RequestReader::TakeContinue() {
  const bool now = continue_pending_;
  continue_pending_ = false;
  return now;
}

ReadRequest RequestReader::Take() {
  ReadRequest out = std::move(request_);
  *this = RequestReader(limits_);
  return out;
}

}  // namespace sluice::http
