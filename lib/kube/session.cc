#include "session.h"

#include <algorithm>

#include "base/strings.h"
#include "http/hold_off.h"
#include "metrics.h"

namespace sluice::kube {
namespace {

constexpr size_t kMaxErrorBody = 1u << 20;
constexpr uint64_t kMaxBody = 512ull << 20;
constexpr int kMaxRetries = 10;  // with Retry-After, as client-go
constexpr int kMaxConnectionRetries = 3;
constexpr auto kStreamBuffer = 4u << 10;  // watches mostly wait: a small buffer each

// One request through its retries. Lives in the callbacks that refer to it.
class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(std::shared_ptr<Session> session, const observe::Context& ctx, Call call,
           std::function<void(Answer)> done)
      : session_(std::move(session)), ctx_(ctx), call_(std::move(call)), done_(std::move(done)) {}

  void Start() {
    auto request = session_->MakeRequest(call_);
    if (!request.ok()) {
      // Not from inside the caller: `done` runs on the I/O thread.
      session_->http().Post([self = shared_from_this(), status = request.status()] {
        self->Finish({status, "", ""});
      });
      return;
    }
    body_.clear();
    http_status_ = 0;
    http::Callbacks callbacks;
    callbacks.on_head = [self = shared_from_this()](const http::ResponseHead& head) {
      self->http_status_ = head.status;
      constexpr uint64_t kMostReserved = 4u << 20;
      const auto length = base::ParseUint64(head.headers.Get("Content-Length"));
      if (length) self->body_.reserve(std::min(*length, kMostReserved));
    };
    callbacks.on_data = [self = shared_from_this()](std::string_view chunk) {
      if (self->http_status_ >= 300 && self->body_.size() > kMaxErrorBody) return http::Flow::kStop;
      self->body_ += chunk;
      return http::Flow::kContinue;
    };
    callbacks.on_done = [self = shared_from_this()](base::Result<http::ResponseHead> head) {
      self->Done(std::move(head));
    };
    (void)session_->http().Start(ctx_, *std::move(request), std::move(callbacks));
  }

 private:
  void Done(base::Result<http::ResponseHead> head) {
    session_->Count(head.ok() ? head->status : 0, call_.method);
    if (!head.ok()) return TransportFailed(std::move(head).status());
    if (head->status < 300) return Finish({{}, "", std::move(body_)});
    if (head->status == 401) session_->Unauthorized();
    const bool busy = head->status == 429 || head->status >= 500;
    const auto after = http::RetryAfter(*head, base::SystemClock().Now());
    if (busy && after && retries_ < kMaxRetries) {
      if (RetryAfter(std::min(*after, std::chrono::seconds(3600)))) return;
    }
    auto error = ParseApiError(head->status, body_);
    Finish({std::move(error.status), std::move(error.reason), ""});
  }

  void TransportFailed(base::Status status) {
    const std::string& m = status.message();
    const bool never_arrived =
        m.find("REFUSED_STREAM") != m.npos || m.find("http2: client connection lost") != m.npos;
    const bool refused = m.find("connect: ") != m.npos || m.find("no such host") != m.npos ||
                         m.find("x509: ") != m.npos;
    const bool again = status.code() == base::StatusCode::kUnavailable && !refused &&
                       (call_.repeatable || (never_arrived && http_status_ == 0)) &&
                       connection_retries_ < kMaxConnectionRetries;
    if (again) {
      // At once the first time: the server closed a kept connection as we wrote to it.
      const auto delay = std::chrono::milliseconds(connection_retries_++ * 200);
      if (RetryAfter(delay)) return;
    }
    Finish({std::move(status), "", ""});
  }

  bool RetryAfter(std::chrono::milliseconds delay) {
    if (const auto deadline = ctx_.deadline();
        deadline && observe::Context::Clock::now() + delay >= *deadline)
      return false;
    if (ctx_.done()) return false;
    ++retries_;
    session_->http().PostAfter(delay, [self = shared_from_this()] { self->Start(); });
    return true;
  }

  void Finish(Answer answer) {
    const auto done = std::move(done_);
    done(std::move(answer));
  }

  const std::shared_ptr<Session> session_;
  const observe::Context ctx_;
  const Call call_;
  std::function<void(Answer)> done_;
  int retries_ = 0, connection_retries_ = 0;
  int http_status_ = 0;
  std::string body_;
};

std::string TrimSlash(std::string server) {
  while (!server.empty() && server.back() == '/') server.pop_back();
  return server;
}

Config Normalized(Config config) {
  config.server = TrimSlash(std::move(config.server));
  return config;
}

}  // namespace

Session::Session(http::Client& http, Config config, std::shared_ptr<ClientMetrics> metrics)
    : http_(http),
      config_(Normalized(std::move(config))),
      credentials_(config_),
      metrics_(std::move(metrics)) {
  if (const auto url = http::Url::Parse(config_.server); url.ok()) host_ = url->Authority();
}

void Session::Count(int code, const std::string& method) const {
  if (metrics_) metrics_->Count(code, method, host_);
}

base::Result<http::Request> Session::MakeRequest(const Call& call) {
  http::Request request;
  request.method = call.method;
  request.url = config_.server + call.path;
  request.shared_body = call.body;
  request.tls = config_.tls;
  request.proxy = config_.proxy;
  SLUICE_TRY(request.credentials, credentials_.Get());
  request.headers.Add("Accept", call.accept);
  if (call.body) request.headers.Add("Content-Type", call.content_type);
  request.headers.Add("User-Agent", config_.user_agent.empty() ? "sluice" : config_.user_agent);
  const std::string& user =
      call.impersonate_user.empty() ? config_.impersonate_user : call.impersonate_user;
  const auto& groups =
      call.impersonate_user.empty() ? config_.impersonate_groups : call.impersonate_groups;
  if (!user.empty()) request.headers.Add("Impersonate-User", user);
  for (const auto& group : groups) request.headers.Add("Impersonate-Group", group);
  request.max_redirects = 0;  // an API server has no business sending us elsewhere
  request.max_response_bytes = kMaxBody;
  // Compression costs both sides more CPU than a cluster network saves.
  request.accept_gzip = false;
  return request;
}

void Session::Send(const observe::Context& ctx, Call call, std::function<void(Answer)> done) {
  std::make_shared<Exchange>(shared_from_this(), ctx, std::move(call), std::move(done))->Start();
}

Answer Session::SendAndWait(const observe::Context& ctx, Call call) {
  SLUICE_CHECK(!http_.OnIoThread());
  struct Waiter {
    observe::Mutex mu;
    observe::CondVar changed;
    bool done SLUICE_GUARDED_BY(mu) = false;
    Answer answer SLUICE_GUARDED_BY(mu);
  };
  const auto waiter = std::make_shared<Waiter>();
  Send(ctx, std::move(call), [waiter](Answer answer) {
    observe::MutexLock lock(waiter->mu);
    waiter->answer = std::move(answer);
    waiter->done = true;
    waiter->changed.notify_all();
  });
  observe::MutexLock lock(waiter->mu);
  while (!waiter->done) waiter->changed.wait(waiter->mu);
  return std::move(waiter->answer);
}

std::shared_ptr<http::Call> Session::Stream(const observe::Context& ctx, const Call& call,
                                            http::Callbacks callbacks) {
  auto request = MakeRequest(call);
  if (!request.ok()) {
    http_.Post([done = std::move(callbacks.on_done), status = request.status()] { done(status); });
    return nullptr;
  }
  request->max_response_bytes = UINT64_MAX;
  request->receive_buffer = kStreamBuffer;
  struct State {
    http::Callbacks user;
    int status = 0;
    std::string error;
  };
  const auto state = std::make_shared<State>();
  state->user = std::move(callbacks);
  http::Callbacks wrapped;
  wrapped.on_head = [state, self = shared_from_this(),
                     method = call.method](const http::ResponseHead& head) {
    state->status = head.status;
    self->Count(head.status, method);
    if (head.status == 401) self->Unauthorized();
    if (head.status < 300 && state->user.on_head) state->user.on_head(head);
  };
  wrapped.on_data = [state](std::string_view chunk) {
    if (state->status < 300) return state->user.on_data(chunk);
    if (state->error.size() > kMaxErrorBody) return http::Flow::kStop;
    state->error += chunk;
    return http::Flow::kContinue;
  };
  wrapped.on_done = [state, self = shared_from_this(),
                     method = call.method](base::Result<http::ResponseHead> head) {
    if (!head.ok() && state->status == 0) self->Count(0, method);
    if (head.ok() && head->status >= 300) {
      state->user.on_done(ParseApiError(head->status, state->error).status);
    } else {
      state->user.on_done(std::move(head));
    }
  };
  return http_.Start(ctx, *std::move(request), std::move(wrapped));
}

}  // namespace sluice::kube
