#include "response_writer.h"

#include <httplib.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/strings.h"
#include "http/url.h"

namespace sluice::http {
namespace {

constexpr size_t kStreamChunk = 64u << 10;

constexpr struct {
  int status;
  std::string_view reason;
} kReasons[] = {{408, "Request Timeout"},
                {413, "Content Too Large"},
                {414, "URI Too Long"},
                {415, "Unsupported Media Type"},
                {431, "Request Header Fields Too Large"},
                {501, "Not Implemented"},
                {503, "Service Unavailable"},
                {505, "HTTP Version Not Supported"}};

// cpp-httplib's view of a connection: reads the head we hand it, writes to the socket under the
// limits.
class SocketStream final : public httplib::Stream {
 public:
  SocketStream(int fd, std::string head, const WriteLimits& limits,
               const std::function<bool()>& cut)
      : fd_(fd), head_(std::move(head)), limits_(limits), cut_(cut), started_(Clock::now()) {}

  bool is_readable() const override { return read_ < head_.size(); }
  bool is_writable() const override { return !failed_; }
  ssize_t read(char* out, size_t size) override {
    const size_t n = std::min(size, head_.size() - read_);
    std::copy_n(head_.data() + read_, n, out);
    read_ += n;
    return static_cast<ssize_t>(n);
  }
  ssize_t write(const char* data, size_t size) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip.clear();
    port = 0;
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override {
    ip.clear();
    port = 0;
  }
  socket_t socket() const override { return fd_; }
  bool failed() const { return failed_; }

 private:
  using Clock = std::chrono::steady_clock;
  bool WaitWritable();

  const int fd_;
  const std::string head_;
  size_t read_ = 0;
  const WriteLimits& limits_;
  const std::function<bool()>& cut_;
  const Clock::time_point started_;
  uint64_t written_ = 0;
  bool failed_ = false;
};

bool SocketStream::WaitWritable() {
  const auto deadline = Clock::now() + limits_.stall;
  for (;;) {
    if (cut_()) return false;
    const auto elapsed =
        std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - started_ - limits_.stall)
            .count();
    if (elapsed > 0 && written_ < limits_.min_rate * static_cast<uint64_t>(elapsed)) return false;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    pollfd p{fd_, POLLOUT, 0};
    constexpr int64_t kLookAtCut = 500;
    const int n = poll(&p, 1, static_cast<int>(std::min<int64_t>(left, kLookAtCut)));
    if (n > 0) return true;
    if (n < 0 && errno != EINTR) return false;
  }
}

ssize_t SocketStream::write(const char* data, size_t size) {
  size_t done = 0;
  while (done < size && !failed_) {
    const ssize_t n = send(fd_, data + done, size - done, MSG_NOSIGNAL);
    if (n > 0) {
      done += static_cast<size_t>(n);
      written_ += static_cast<uint64_t>(n);
    } else if (n < 0 && errno == EINTR) {
      continue;
    } else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      failed_ = !WaitWritable();
    } else {
      failed_ = true;
    }
  }
  return failed_ ? -1 : static_cast<ssize_t>(done);
}

// What cpp-httplib shall see of the head: no header it would act upon in its own, less careful way
// (ranges by std::regex, compression, bodies).
std::string HeadForLibrary(const ReadRequest& request) {
  std::string head = base::Cat(request.method, " ", request.target,
                               request.http10 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
  if (request.http10 && request.keep_alive) head += "Connection: Keep-Alive\r\n";
  return head + "\r\n";
}

std::string DecodePath(std::string_view target) {
  std::string_view path = target.substr(0, target.find('?'));
  auto decoded = QueryUnescape(base::ReplaceAll(path, "+", "%2B"));
  return decoded.ok() ? *std::move(decoded) : std::string(path);
}

void CopyHeaders(const ServerResponse& from, httplib::Response& to) {
  for (const auto& [name, value] : from.headers.fields()) to.headers.emplace(name, value);
  if (!from.content_type.empty() && !from.headers.Has("Content-Type"))
    to.headers.emplace("Content-Type", from.content_type);
}

bool HeadersAreClean(const ServerResponse& r) {
  return Headers::IsValid("Content-Type", r.content_type) &&
         std::ranges::all_of(r.headers.fields(), [](const auto& f) {
           return Headers::IsValid(f.first, f.second) &&
                  !EqualsIgnoreCase(f.first, "Content-Length") &&
                  !EqualsIgnoreCase(f.first, "Transfer-Encoding");
         });
}

void SetStream(const ServerResponse::Stream& stream, const ByteRange& range,
               httplib::Response& out) {
  const uint64_t first = range.kind == ByteRange::Kind::kPart ? range.offset : 0;
  const uint64_t length = range.kind == ByteRange::Kind::kPart ? range.length : stream.size;
  out.content_length_ = length;
  out.content_provider_ = [read = stream.read, first](size_t offset, size_t left,
                                                      httplib::DataSink& sink) {
    std::array<char, kStreamChunk> buffer;
    const auto n =
        read(first + offset, std::span<char>(buffer.data(), std::min(left, buffer.size())));
    return n.ok() && *n > 0 && sink.write(buffer.data(), *n);
  };
}

}  // namespace

ByteRange ParseRange(std::string_view header, uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  // several ranges: all of it, as RFC 9110 lets us
  if (!header.starts_with(kUnit) || header.find(',') != header.npos) return {};
  const auto dash = base::Cut(header.substr(kUnit.size()), "-");
  if (!dash) return {};
  const auto first = base::ParseUint64(base::TrimSpace(dash->first));
  const auto last = base::ParseUint64(base::TrimSpace(dash->second));
  const bool open_end = base::TrimSpace(dash->second).empty();
  if (base::TrimSpace(dash->first).empty()) {  // the last n bytes
    if (!last) return {};
    if (*last == 0 || size == 0) return {ByteRange::Kind::kUnsatisfiable, 0, 0};
    const uint64_t n = std::min(*last, size);
    return {ByteRange::Kind::kPart, size - n, n};
  }
  if (!first || (!last && !open_end) || (last && *last < *first)) return {};
  if (*first >= size) return {ByteRange::Kind::kUnsatisfiable, 0, 0};
  const uint64_t end = last ? std::min(*last, size - 1) : size - 1;
  return {ByteRange::Kind::kPart, *first, end - *first + 1};
}

std::string PlainResponse(int status) {
  std::string_view reason = "Bad Request";
  for (const auto& known : kReasons) {
    if (known.status == status) reason = known.reason;
  }
  const std::string body = base::Cat(reason, "\n");
  return base::Cat(
      "HTTP/1.1 ", std::to_string(status), " ", reason,
      "\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\nContent-Length: ",
      std::to_string(body.size()), "\r\n\r\n", body);
}

class ResponseWriter::Impl : public httplib::Server {
 public:
  Impl(WriteLimits write_limits, Application app)
      : limits(write_limits), application(std::move(app)) {
    // never used: cpp-httplib ends streamed answers when it believes its listener is closed
    svr_sock_ = 0;
    set_pre_routing_handler([](const httplib::Request&, httplib::Response& out) {
      (*current_)(out);
      return HandlerResponse::Handled;
    });
  }

  bool Process(SocketStream& stream, bool close,
               const std::function<void(httplib::Response&)>& respond) {
    current_ = &respond;
    bool closed = false;
    const bool ok = process_request(stream, close, closed, nullptr);
    current_ = nullptr;
    return ok && !closed && !stream.failed();
  }

  const WriteLimits limits;
  const Application application;

 private:
  // The request a worker answers now: cpp-httplib has no other way to hand its handler per-call
  // data.
  static thread_local const std::function<void(httplib::Response&)>* current_;
};

thread_local const std::function<void(httplib::Response&)>* ResponseWriter::Impl::current_ =
    nullptr;

ResponseWriter::ResponseWriter(WriteLimits limits, Application application)
    : impl_(std::make_unique<Impl>(limits, std::move(application))) {}
ResponseWriter::~ResponseWriter() = default;

bool ResponseWriter::Answer(int fd, ReadRequest request, const std::string& remote_address,
                            bool may_keep_alive, const std::function<bool()>& cut) {
  const bool keep = may_keep_alive && request.keep_alive;
  SocketStream stream(fd, HeadForLibrary(request), impl_->limits, cut);
  const std::string range_header(request.headers.Get("Range"));
  const bool is_get = request.method == "GET";
  ServerRequest in;
  in.method = std::move(request.method);
  in.path = DecodePath(request.target);
  in.target = std::move(request.target);
  in.headers = std::move(request.headers);
  in.body = std::move(request.body);
  in.remote_address = remote_address;
  const auto respond = [&](httplib::Response& out) {
    ServerResponse r = impl_->application(std::move(in));
    if (!HeadersAreClean(r)) r = ServerResponse::Text(500, "invalid response header\n");
    out.status = r.status;
    ByteRange range;
    if (r.stream && is_get && r.status == 200) range = ParseRange(range_header, r.stream->size);
    if (range.kind == ByteRange::Kind::kUnsatisfiable) {
      const std::string size = std::to_string(r.stream->size);
      r = ServerResponse::Text(416, "");
      r.headers.Set("Content-Range", "bytes */" + size);
      out.status = 416;
    } else if (range.kind == ByteRange::Kind::kPart) {
      out.status = 206;
      r.headers.Set("Content-Range", base::Cat("bytes ", std::to_string(range.offset), "-",
                                               std::to_string(range.offset + range.length - 1), "/",
                                               std::to_string(r.stream->size)));
    }
    CopyHeaders(r, out);
    if (r.stream)
      SetStream(*r.stream, range, out);
    else
      out.body = std::move(r.body);
  };
  return impl_->Process(stream, !keep, respond) && keep;
}

ServerResponse ServerResponse::Text(int status, std::string body) {
  ServerResponse r;
  r.status = status;
  r.body = std::move(body);
  return r;
}

ServerResponse ServerResponse::Json(int status, std::string body) {
  ServerResponse r = Text(status, std::move(body));
  r.content_type = "application/json";
  return r;
}

std::optional<std::string> ServerRequest::Query(std::string_view name) const {
  const size_t question = target.find('?');
  if (question == target.npos) return std::nullopt;
  for (const auto part : base::Split(std::string_view(target).substr(question + 1), "&")) {
    const auto pair = base::Cut(part, "=").value_or(std::pair{part, std::string_view()});
    auto key = QueryUnescape(pair.first);
    if (!key.ok() || *key != name) continue;
    auto value = QueryUnescape(pair.second);
    return value.ok() ? *std::move(value) : std::string(pair.second);
  }
  return std::nullopt;
}

}  // namespace sluice::http
