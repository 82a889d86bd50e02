#include "exchange.h"

#include <algorithm>

#include "base/strings.h"
#include "http/body_stream.h"
#include "http/hold_off.h"

namespace sluice::bucket {
namespace {

constexpr std::chrono::milliseconds kLongestPause{1000};
constexpr std::chrono::seconds kLongestAsked{5};  // of Retry-After
constexpr size_t kMaxErrorBody = 64 << 10;
constexpr uint32_t kDownloadBuffer = 64 << 10;

bool IsOk(int status) { return status >= 200 && status < 300; }

// Full jitter, as S3's own clients do.
std::chrono::milliseconds BackOff(const Tools& tools, int attempt) {
  const auto most = std::min(tools.first_retry * (1 << std::min(attempt, 10)), kLongestPause);
  return std::chrono::milliseconds(
      static_cast<int64_t>(tools.random.NextUnit() * static_cast<double>(most.count())));
}

// A certificate that is wrong now is wrong in a second, too.
bool MayPass(const base::Status& transport) {
  return transport.code() == base::StatusCode::kUnavailable &&
         !base::Contains(transport.message(), "x509: ") &&
         !base::Contains(transport.message(), "tls: ");
}

struct Attempt {
  http::Response response;
  base::Status transport, sink;
};

Attempt Once(const observe::Context& ctx, const Tools& tools, const Call& call,
             http::Request request) {
  Attempt out;
  // One connection a request that is under way: stores speak HTTP/1.1, and nothing is gained by
  // waiting whether one does not.
  request.http1_only = true;
  request.multiplex = false;
  if (call.sink == nullptr) {
    auto done = tools.client.Do(ctx, std::move(request));
    out.transport = done.ok() ? base::OkStatus() : done.status();
    if (done.ok()) out.response = *std::move(done);
    return out;
  }
  request.receive_buffer = kDownloadBuffer;
  request.max_response_bytes = kMaxObjectBytes + kMaxPageBytes;  // the sink's limit speaks first
  out.sink = call.sink->Begin();
  if (!out.sink.ok()) return out;
  http::BodySink sink;
  sink.max_error_body = kMaxErrorBody;
  sink.on_body = [&](std::string_view piece) {
    out.sink = call.sink->Write(piece);
    return out.sink;
  };
  std::string error_body;
  auto head = http::StreamBody(ctx, tools.client, std::move(request), sink, error_body);
  if (!head.ok()) {
    if (out.sink.ok()) out.transport = head.status();
    return out;
  }
  static_cast<http::ResponseHead&>(out.response) = *std::move(head);
  if (!IsOk(out.response.status)) out.response.body = std::move(error_body);
  return out;
}

}  // namespace

bool IsTemporary(int status) {
  return status == 408 || status == 429 || status == 499 || status == 500 ||
         (status >= 502 && status <= 504) || status == 520;
}

base::StatusCode CodeOf(int status) {
  switch (status) {
    case 401:
      return base::StatusCode::kUnauthenticated;
    case 403:
      return base::StatusCode::kPermissionDenied;
    case 404:
      return base::StatusCode::kNotFound;
    default:
      return IsTemporary(status) || status >= 500 ? base::StatusCode::kUnavailable
                                                  : base::StatusCode::kFailedPrecondition;
  }
}

std::string WithoutQueries(std::string_view message) {
  std::string out;
  while (!message.empty()) {
    const size_t http = std::min(message.find("http://"), message.find("https://"));
    if (http == message.npos) break;
    const size_t end = std::min(message.find_first_of(" \t\n\"'", http), message.size());
    const std::string_view url = message.substr(http, end - http);
    const size_t query = url.find('?');
    out += message.substr(0, http);
    out += url.substr(0, query);
    // What ends a sentence about a URL stays: "…/x?sig=1: EOF".
    if (query != url.npos && url.ends_with(':')) out += ':';
    message.remove_prefix(end);
  }
  out += message;
  return out;
}

std::string TrimEtag(std::string_view etag) {
  return std::string(base::TrimSuffix(base::TrimPrefix(base::TrimPrefix(etag, "W/"), "\""), "\""));
}

base::Result<http::Response> Send(const observe::Context& ctx, const Tools& tools,
                                  const Call& call) {
  bool renew = false, renewed = !call.renewable;
  for (int attempt = 0;; ++attempt) {
    SLUICE_TRY(ctx.Check());
    SLUICE_TRY(http::Request request, call.make(renew));
    renew = false;
    Attempt tried = Once(ctx, tools, call, std::move(request));
    if (!tried.sink.ok()) return tried.sink;
    Failure failure;
    std::optional<std::chrono::seconds> asked;
    if (!tried.transport.ok()) {
      failure = {base::Status(tried.transport.code(), WithoutQueries(tried.transport.message())),
                 MayPass(tried.transport), false};
    } else if (IsOk(tried.response.status)) {
      return std::move(tried.response);
    } else {
      failure = call.judge(tried.response, tried.response.body);
      asked = http::RetryAfter(tried.response, tools.clock.Now());
    }
    if (failure.refused && !renewed) {
      renew = renewed = true;
      continue;
    }
    const bool last = attempt + 1 >= call.attempts || (asked && *asked > kLongestAsked);
    if (!failure.temporary || last) return failure.status;
    const std::chrono::milliseconds pause =
        asked ? std::chrono::milliseconds(*asked) : BackOff(tools, attempt);
    if (auto rested = ctx.Sleep(pause); !rested.ok()) return failure.status;
  }
}

}  // namespace sluice::bucket
