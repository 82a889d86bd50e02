#include "helm_download.h"

#include <algorithm>

#include "base/strings.h"
#include "base/time.h"
#include "http/body_stream.h"

namespace sluice::source {
namespace {

constexpr std::string_view kUserAgent = "Helm/4.2";  // as Flux 2.9 says it: some servers look
constexpr std::chrono::milliseconds kStall{60000};
constexpr size_t kMaxValidator = 1024;

std::string_view PhraseOf(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 408:
      return "Request Timeout";
    case 410:
      return "Gone";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "";
  }
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
      return base::StatusCode::kUnavailable;
  }
}

// As Go's client says that its own time limit has run out.
base::Status InGoWords(base::Status why) {
  std::string text = why.message();
  const bool begun = !text.starts_with("Get \"");  // the answer: its errors name no request
  if (why.code() == base::StatusCode::kDeadlineExceeded &&
      text.ends_with("context deadline exceeded")) {
    text += begun ? " (Client.Timeout or context cancellation while reading body)"
                  : " (Client.Timeout exceeded while awaiting headers)";
  }
  return {why.code(), std::move(text)};
}

std::string Bounded(std::string_view value) {
  return value.size() > kMaxValidator ? std::string() : std::string(value);
}

// Times are whole seconds, and many servers make their ETags of them: what changed a moment ago may
// change again and look the same.
HelmValidators ValidatorsOf(const http::Headers& headers) {
  constexpr std::chrono::seconds kSettled{3};
  HelmValidators out{Bounded(headers.Get("ETag")), Bounded(headers.Get("Last-Modified"))};
  const auto changed = base::ParseHttpDate(out.last_modified),
             now = base::ParseHttpDate(headers.Get("Date"));
  if (changed.ok() && now.ok() && *now - *changed < kSettled) return {};
  if (!now.ok() && out.etag.empty()) return {};
  return out;
}

std::shared_ptr<const http::Credentials> CredentialsFor(const HelmAccess& access,
                                                        const http::Url& url) {
  if (access.username.empty()) return nullptr;
  if (url.origin() != access.origin && !access.pass_credentials) return nullptr;
  auto out = std::make_shared<http::Credentials>();
  out->username = access.username;
  out->password = access.password;
  return out;
}

}  // namespace

base::Result<HelmAnswer> DownloadHelmFile(
    const observe::Context& ctx, http::Client& client, const HelmAccess& access, const HelmGet& get,
    const std::function<base::Status(std::string_view)>& sink) {
  SLUICE_TRY(const http::Url url, http::Url::Parse(get.url));
  http::Request request;
  request.url = url.ToString();
  request.headers.Set("User-Agent", std::string(kUserAgent));
  if (!get.known.etag.empty()) request.headers.Set("If-None-Match", get.known.etag);
  if (!get.known.last_modified.empty())
    request.headers.Set("If-Modified-Since", get.known.last_modified);
  request.credentials = CredentialsFor(access, url);
  request.tls = access.tls;
  request.redact_query = true;
  request.stall_timeout = kStall;
  constexpr uint64_t kSlack = 1 << 20;  // ours is the limit that speaks
  request.max_response_bytes = get.max_bytes + kSlack;

  HelmAnswer answer;
  uint64_t taken = 0;
  http::BodySink body;
  body.on_head = [&](const http::ResponseHead& head) -> base::Status {
    const auto length = base::ParseUint64(head.headers.Get("Content-Length"));
    return head.status == 200 && length && *length > get.max_bytes
               ? base::ResourceExhausted(get.too_large)
               : base::OkStatus();
  };
  body.on_body = [&](std::string_view piece) -> base::Status {
    taken += piece.size();
    if (taken > get.max_bytes) return base::ResourceExhausted(get.too_large);
    return sink(piece);
  };
  std::string error_body;
  const auto head = http::StreamBody(ctx.WithTimeout(access.timeout), client, std::move(request),
                                     body, error_body);
  if (!head.ok()) {
    SLUICE_TRY(base::Status(ctx.Check()));
    return InGoWords(head.status());
  }
  if (head->status == 304 && !get.known.empty()) {
    answer.unchanged = true;
    answer.validators = get.known;
    return answer;
  }
  if (head->status != 200) {
    const std::string_view phrase =
        head->reason.empty() ? PhraseOf(head->status) : std::string_view(head->reason);
    return base::Status(CodeOf(head->status),
                        base::Cat("failed to fetch ", http::RedactUrl(get.url), " : ",
                                  std::to_string(head->status), phrase.empty() ? "" : " ", phrase));
  }
  answer.validators = ValidatorsOf(head->headers);
  return answer;
}

}  // namespace sluice::source
