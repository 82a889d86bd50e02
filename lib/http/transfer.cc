#include "transfer.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/strings.h"

namespace sluice::http {
namespace {

bool IsRedirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

}  // namespace

Transfer::Transfer(TransferHost& host, const observe::Context& ctx, Request request,
                   Callbacks callbacks)
    : host_(host), ctx_(ctx), request_(std::move(request)), callbacks_(std::move(callbacks)) {}

Transfer::~Transfer() {
  if (easy_ != nullptr) curl_easy_cleanup(easy_);  // only when the client went away first
}

void Transfer::Cancel() {
  if (cancelled_.exchange(true)) return;
  host_.Submit([self = shared_from_this()] {
    self->Abort(base::Cancelled(base::Cat(ErrorVerb(self->request_.method), " ",
                                          base::QuoteGo(self->ShownUrl()), ": context canceled")));
  });
}

void Transfer::Resume() {
  host_.Submit([self = shared_from_this()] {
    if (self->done_ || self->easy_ == nullptr || !self->paused_) return;
    self->paused_ = false;
    curl_easy_pause(self->easy_, CURLPAUSE_CONT);
  });
}

void Transfer::Begin() {
  if (done_) return;
  if (ctx_.stop().stop_possible()) on_stop_.emplace(ctx_.stop(), Stop(weak_from_this()));
  auto url = Url::Parse(request_.url);
  if (!url.ok()) {
    const auto wrapped = url.status().Wrap(base::Cat(
        ErrorVerb(request_.method), " ", base::QuoteGo(RedactUrl(request_.url).substr(0, 1024))));
    Finish(url.status().message().starts_with("parse ") ? url.status() : wrapped);
    return;
  }
  url_ = *std::move(url);
  bound_origin_ = request_.credentials && request_.credentials->origin
                      ? *request_.credentials->origin
                      : url_.origin();
  if (auto status = StartHop(); !status.ok()) Finish(std::move(status));
}

base::Status Transfer::StartHop() {
  if (auto status = ctx_.Check(); !status.ok()) {
    return std::move(status).Wrap(
        base::Cat(ErrorVerb(request_.method), " ", base::QuoteGo(ShownUrl())));
  }
  head_ = {};
  head_done_ = redirecting_ = false;
  received_ = 0;
  failure_ = {};
  // A new handle for each: one that is used again may still have the buffer of its last transfer,
  // which libcurl 7.88 frees only if that one's connection was idle then; CURLOPT_BUFFERSIZE is
  // refused in that case, and more is written into the buffer than it holds.
  easy_ = curl_easy_init();
  if (easy_ == nullptr) return base::ResourceExhausted("out of memory for a libcurl handle");
  SLUICE_TRY(Configure());
  last_byte_ = observe::Context::Clock::now();
  if (curl_multi_add_handle(host_.multi(), easy_) != CURLM_OK)
    return base::Internal("curl_multi_add_handle failed");
  if (request_.stall_timeout.count() > 0) ArmStallTimer();
  return {};
}

// libcurl's own low-speed check wakes up every second; this one looks once per time-out.
void Transfer::ArmStallTimer() {
  const auto due = last_byte_ + request_.stall_timeout;
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(due - observe::Context::Clock::now());
  host_.StartTimer(std::max(left, std::chrono::milliseconds(1)), [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self || self->done_) return;
    if (observe::Context::Clock::now() < self->last_byte_ + self->request_.stall_timeout ||
        self->paused_) {
      self->last_byte_ = self->paused_ ? observe::Context::Clock::now() : self->last_byte_;
      self->ArmStallTimer();
      return;
    }
    self->Abort(base::Unavailable(base::Cat(ErrorVerb(self->request_.method), " ",
                                            base::QuoteGo(self->ShownUrl()),
                                            ": net/http: timeout awaiting response")));
  });
}

void Transfer::Detach() {
  if (easy_ == nullptr) return;
  curl_multi_remove_handle(host_.multi(), easy_);
  curl_easy_cleanup(easy_);
  easy_ = nullptr;
  header_list_.reset();
  connect_to_.reset();
}

void Transfer::Abort(base::Status status) {
  if (!done_) Finish(std::move(status));
}

void Transfer::Finish(base::Result<ResponseHead> result) {
  if (done_) return;
  done_ = true;
  const auto self = shared_from_this();  // the client drops its reference below
  Detach();
  on_stop_.reset();
  const Callbacks callbacks = std::move(callbacks_);
  callbacks_ = {};
  host_.Finished(this);
  try {
    if (callbacks.on_done) callbacks.on_done(std::move(result));
  } catch (...) {
    ctx_.log().Error(base::Internal("exception in a callback"), "HTTP completion handler failed");
  }
}

void Transfer::OnComplete(CURLcode code) {
  if (done_) return;
  const bool redirect = redirecting_ && (code == CURLE_OK || code == CURLE_WRITE_ERROR);
  if (!redirect && !stopped_ && code != CURLE_OK) {
    Finish(FailureStatus(code));
    return;
  }
  if (redirect) {
    Detach();
    if (FollowRedirect()) {
      if (auto status = StartHop(); !status.ok()) Finish(std::move(status));
    } else {
      Finish(*local_failure_);
    }
    return;
  }
  Finish(std::move(head_));
}

bool Transfer::OwnOrigin() const { return !left_origin_ && url_.origin() == bound_origin_; }

// False: local_failure_ says why. Go's rules: 301, 302 and 303 turn into GET, 307 and 308 keep
// method and body; ours on top: what is bound to an origin never returns once the chain has left
// it, and https does not fall to http.
bool Transfer::FollowRedirect() {
  const std::string prefix = base::Cat(ErrorVerb(request_.method), " ", base::QuoteGo(ShownUrl()));
  const int status = head_.status;
  const std::string location(head_.headers.Get("Location"));
  if (++redirects_ > request_.max_redirects) {
    local_failure_ = base::Unavailable(base::Cat(
        prefix, ": stopped after ", std::to_string(request_.max_redirects), " redirects"));
    return false;
  }
  auto next = url_.Resolve(location);
  if (!next.ok()) {
    local_failure_ =
        base::Status(base::StatusCode::kUnavailable, next.status().message()).Wrap(prefix);
    return false;
  }
  if (url_.scheme == "https" && next->scheme == "http") {
    local_failure_ = base::PermissionDenied(prefix + ": redirect from https to http refused");
    return false;
  }
  if (next->origin() != url_.origin()) {
    left_origin_ = true;
    for (const auto* name :
         {"Authorization", "Cookie", "Proxy-Authorization", "Www-Authenticate"}) {
      request_.headers.Erase(name);
    }
  }
  next->userinfo.clear();
  url_ = *std::move(next);
  if (status <= 303 && request_.method != "GET" && request_.method != "HEAD") {
    request_.method = "GET";
    request_.body.clear();
    request_.shared_body.reset();
    request_.headers.Erase("Content-Type");
    request_.headers.Erase("Content-Encoding");
  }
  return true;
}

std::string Transfer::ShownUrl() const {
  if (url_.host.empty()) return RedactUrl(request_.url);
  return request_.redact_query ? RedactUrl(url_.ToString()) : url_.ToString();
}

size_t Transfer::HeaderLine(std::string_view line) {
  if (head_done_) return line.size();  // trailers
  host_.BytesCame();
  const std::string_view text = base::TrimRight(line, "\r\n");
  if (text.starts_with("HTTP/")) {
    head_ = {};
    head_.http2 = text.starts_with("HTTP/2");
    const size_t space = text.find(' ');
    const auto status =
        space == text.npos ? std::nullopt : base::ParseInt64(text.substr(space + 1, 3));
    head_.status = static_cast<int>(status.value_or(0));
    constexpr size_t kMaxReason = 256;
    const std::string_view after =
        space == text.npos || text.size() < space + 4 ? std::string_view() : text.substr(space + 4);
    head_.reason = base::TruncateUtf8(base::TrimSpace(after), kMaxReason);
    return line.size();
  }
  if (text.empty()) {
    if (head_.status >= 200) HeadComplete();
    return stopped_ || local_failure_ ? 0 : line.size();
  }
  constexpr size_t kMaxHeaders = 1000;
  const auto field = base::Cut(text, ":");
  if (field && head_.headers.fields().size() < kMaxHeaders) {
    head_.headers.Add(std::string(field->first), std::string(base::TrimSpace(field->second)));
  }
  return line.size();
}

void Transfer::HeadComplete() {
  head_done_ = true;
  last_byte_ = observe::Context::Clock::now();  // not at each line: one now and then is no answer
  head_.url = url_.ToString();
  if (!head_.http2) host_.AcknowledgeHeads();
  redirecting_ = request_.max_redirects > 0 && IsRedirect(head_.status) &&
                 !head_.headers.Get("Location").empty();
  if (redirecting_) return;
  if (request_.accept_gzip && EqualsIgnoreCase(head_.headers.Get("Content-Encoding"), "gzip")) {
    // as Go: the body comes decoded, its length is unknown
    head_.headers.Erase("Content-Encoding");
    head_.headers.Erase("Content-Length");
  }
  if (callbacks_.on_head) callbacks_.on_head(head_);
}

size_t Transfer::Data(char* data, size_t size) {
  last_byte_ = observe::Context::Clock::now();
  host_.BytesCame();
  received_ += size;
  if (redirecting_) {
    // read so that the connection can be reused; past it, it is cut
    constexpr uint64_t kMaxRedirectBody = 64u << 10;
    return received_ > kMaxRedirectBody ? 0 : size;
  }
  if (received_ > request_.max_response_bytes) {
    local_failure_ = base::ResourceExhausted(base::Cat(
        ErrorVerb(request_.method), " ", base::QuoteGo(ShownUrl()),
        ": response body is larger than ", std::to_string(request_.max_response_bytes), " bytes"));
    return 0;
  }
  if (!callbacks_.on_data) return size;
  switch (callbacks_.on_data(std::string_view(data, size))) {
    case Flow::kContinue:
      return size;
    case Flow::kStop:
      stopped_ = true;
      return 0;
    case Flow::kPause:
      break;
  }
  received_ -= size;
  paused_ = true;
  return CURL_WRITEFUNC_PAUSE;
}

TransportFailure Transfer::Describe(CURLcode code) {
  TransportFailure f = failure_;
  f.curl_code = code;
  f.detail = error_buffer_;
  long os_error = 0, port = 0, connections = 0, proxy_status = 0, proxy_error = 0;
  curl_easy_getinfo(easy_, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
  curl_easy_getinfo(easy_, CURLINFO_PROXY_ERROR, &proxy_error);
  f.proxy_status = static_cast<int>(proxy_status);
  f.proxy_error = static_cast<int>(proxy_error);
  curl_easy_getinfo(easy_, CURLINFO_OS_ERRNO, &os_error);
  f.os_error = static_cast<int>(os_error);
  const char* ip = nullptr;
  curl_easy_getinfo(easy_, CURLINFO_LOCAL_IP, &ip);
  curl_easy_getinfo(easy_, CURLINFO_LOCAL_PORT, &port);
  if (ip != nullptr && *ip != '\0') {
    const std::string host =
        std::string_view(ip).find(':') == std::string_view::npos ? ip : base::Cat("[", ip, "]");
    f.local = host + ":" + std::to_string(port);
  }
  curl_off_t app_connect = 0;
  curl_easy_getinfo(easy_, CURLINFO_CONNECT_TIME_T, &app_connect);
  curl_easy_getinfo(easy_, CURLINFO_NUM_CONNECTS, &connections);
  f.connected = app_connect > 0 || head_done_ || connections == 0;
  if (const auto deadline = ctx_.deadline(); deadline && code == CURLE_OPERATION_TIMEDOUT) {
    // libcurl's clock runs in whole milliseconds
    constexpr auto kSlack = std::chrono::milliseconds(20);
    f.deadline = observe::Context::Clock::now() + kSlack >= *deadline;
  }
  return f;
}

base::Status Transfer::FailureStatus(CURLcode code) {
  if (local_failure_) return *local_failure_;
  return ToStatus(request_.method, ShownUrl(), url_, Describe(code));
}

}  // namespace sluice::http
