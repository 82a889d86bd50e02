#include "api_error.h"

#include "base/strings.h"
#include "document/json.h"

namespace sluice::kube {

using base::StatusCode;

StatusCode CodeOf(int64_t http_status, std::string_view reason) {
  switch (http_status) {
    case 400:
    case 413:
    case 415:
    case 422:
      return StatusCode::kInvalidArgument;
    case 401:
      return StatusCode::kUnauthenticated;
    case 403:
      return StatusCode::kPermissionDenied;
    case 404:
      return StatusCode::kNotFound;
    case 405:
      return StatusCode::kUnimplemented;
    case 409:
      return reason == "AlreadyExists" ? StatusCode::kAlreadyExists : StatusCode::kConflict;
    case 410:
      return StatusCode::kDataLoss;
    case 429:
      return StatusCode::kResourceExhausted;
    case 504:
      return StatusCode::kDeadlineExceeded;
    default:
      return http_status >= 500 ? StatusCode::kUnavailable : StatusCode::kInternal;
  }
}

namespace {

// client-go's texts for an answer that is no Status object.
std::string GenericMessage(int http_status, std::string_view body) {
  constexpr size_t kMaxEcho = 512;
  switch (http_status) {
    case 401:
      return "the server has asked for the client to provide credentials";
    case 403:
      return "forbidden";
    case 404:
      return "the server could not find the requested resource";
    case 429:
      return "the server has received too many requests and has asked us to try again later";
    case 503:
      return "the server is currently unable to handle the request";
    case 504:
      return "the server was unable to return a response in the time allotted, but may still be "
             "processing the request";
    default:
      break;
  }
  const std::string text(base::TruncateUtf8(base::TrimSpace(body), kMaxEcho));
  return base::Cat("an error on the server (", base::QuoteGo(text),
                   ") has prevented the request from succeeding");
}

bool HasCause(const document::Value& status, std::string_view reason) {
  for (const auto& cause : status["details"]["causes"].items()) {
    if (cause["reason"].AsString() == reason) return true;
  }
  return false;
}

}  // namespace

ApiError ParseApiError(int http_status, std::string_view body) {
  if (!body.empty() && body.front() == '{') {
    const auto parsed = document::ParseJson(body);
    if (parsed.ok() && (*parsed)["kind"].AsString() == "Status") {
      const document::Value& s = *parsed;
      std::string reason(s["reason"].AsString());
      std::string message(s["message"].AsString());
      const StatusCode code = CodeOf(s["code"].AsInt(http_status), reason);
      if (message.empty()) message = GenericMessage(http_status, "");
      constexpr std::string_view kFieldManager = "FieldManagerConflict";
      if (HasCause(s, kFieldManager)) reason = kFieldManager;
      return {{code, std::move(message)}, std::move(reason)};
    }
  }
  return {{CodeOf(http_status, ""), GenericMessage(http_status, body)}, ""};
}

}  // namespace sluice::kube
