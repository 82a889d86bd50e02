#include "conversation.h"

#include <algorithm>

#include "base/strings.h"
#include "base/time.h"
#include "document/json.h"
#include "http/hold_off.h"
#include "http/url.h"
#include "oras_words.h"
#include "registry_error.h"

namespace sluice::oci {
namespace {

constexpr int kAttempts = 3, kMaxRedirects = 10;
constexpr size_t kMaxToken = 64 << 10;
constexpr std::chrono::seconds kTokenPatience{60};  // a layer's pull may have hours
constexpr std::chrono::seconds kShortWait{5};       // of Retry-After
constexpr uint32_t kDownloadBuffer = 256 << 10;

bool IsTemporary(int status) {
  return status == 408 || status == 429 || status == 499 || status == 500 ||
         (status >= 502 && status <= 504) || status == 522;
}

bool IsRedirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}
bool IsOk(int status) { return status >= 200 && status < 300; }

// 1 s, 3 s, …
std::chrono::milliseconds BackOff(std::chrono::milliseconds first, int attempt) {
  for (int i = 0; i < attempt; ++i) first *= 3;
  return first;
}

// The next hop, or why it is not taken.
base::Result<std::string> RedirectTarget(const http::Url& from, const Answer& answer,
                                         const std::string& registry_host) {
  SLUICE_TRY(http::Url next, from.Resolve(answer.headers.Get("Location")));
  next.userinfo.clear();
  if (from.scheme == "https" && next.scheme == "http") {
    return base::PermissionDenied("redirect from https to http refused");
  }
  const std::string home = registry_host.substr(0, registry_host.rfind(':'));
  if (next.host != from.host && MayBeLocal(next.host) && !IsLocal(home)) {
    return base::PermissionDenied(
        base::Cat("SSRF protection: redirect from ", base::QuoteGo(from.host),
                  " to private/link-local host ", base::QuoteGo(next.host), " denied"));
  }
  return next.ToString();
}

}  // namespace

bool IsBrokenConnection(const base::Status& status) {
  if (status.code() != base::StatusCode::kUnavailable) return false;
  // lib/http has one code for all that a network does; these words are Go's for a peer that hung
  // up.
  const std::string& m = status.message();
  return m.ends_with("EOF") || m.ends_with("connection reset by peer") ||
         m.ends_with("broken pipe") || m.ends_with("http2: client connection lost") ||
         m.ends_with("received from peer");
}

base::Result<Answer> Conversation::SendOk(const observe::Context& ctx, const Exchange& exchange) {
  SLUICE_TRY(Answer answer, Send(ctx, exchange));
  if (!IsOk(answer.status))
    return host_->ErrorOf(exchange.method, answer.url, answer.status, answer.body);
  return answer;
}

base::Result<Answer> Conversation::Send(const observe::Context& ctx, const Exchange& exchange) {
  Progress progress;
  for (int attempt = 0;; ++attempt) {
    SLUICE_TRY(ctx.Check());
    RetryHint hint;
    auto answer = Attempt(ctx, exchange, progress, hint);
    if (answer.ok() && IsTemporary(answer->status)) {
      hint.temporary = true;
      hint.after = http::RetryAfter(*answer, base::SystemClock().Now());
    } else if (answer.ok()) {
      return answer;
    }
    if (hint.after && *hint.after > kShortWait) return answer;
    if (!hint.temporary || progress.started || attempt + 1 >= kAttempts) return answer;
    const std::chrono::milliseconds pause =
        hint.after ? *hint.after : BackOff(host_->options().first_retry, attempt);
    if (!ctx.Sleep(pause).ok()) return answer;
  }
}

base::Result<Answer> Conversation::Attempt(const observe::Context& ctx, const Exchange& exchange,
                                           Progress& progress, RetryHint& hint) {
  SLUICE_TRY(Greeting greeting, host_->Greet(ctx, client_, hint));
  std::string url = exchange.target;
  if (url.starts_with('/')) url = base::Cat(greeting.scheme, "://", host_->registry().name(), url);
  SLUICE_TRY(const http::Url home,
             http::Url::Parse(base::Cat(greeting.scheme, "://", host_->registry().name())));
  // What becomes of the login is said of the request that needed it.
  const auto of_login = [&](base::Status why) {
    return host_->manner() == Manner::kOras
               ? std::move(why).Wrap(base::Cat(exchange.method, " ", base::QuoteGo(ShownUrl(url))))
               : why;
  };
  bool challenged = false;
  for (int hops = 0; hops <= kMaxRedirects; ++hops) {
    SLUICE_TRY(const http::Url at, http::Url::Parse(url));
    http::Request request = host_->MakeRequest(exchange.method, url);
    const bool own = at.origin() == home.origin();
    if (own) {
      auto credentials = CredentialsFor(ctx, greeting, hint);
      if (!credentials.ok()) return of_login(std::move(credentials).status());
      request.credentials = *std::move(credentials);
    }
    request.redact_query = !own;
    auto sent = Hop(ctx, exchange, std::move(request), progress);
    if (!sent.ok()) {
      hint.temporary = !progress.failed && IsBrokenConnection(sent.status());
      if (!progress.failed && sent.status().code() == base::StatusCode::kUnavailable)
        host_->Forget();
      return sent;
    }
    sent->url = url;
    if (own && sent->status == 401 && !challenged) {
      challenged = true;
      const auto again = Challenged(ctx, *sent, greeting, hint);
      if (!again.ok()) return of_login(again.status());
      if (*again) continue;
    }
    if (!IsRedirect(sent->status) || sent->headers.Get("Location").empty()) return sent;
    auto next = RedirectTarget(at, *sent, host_->registry().name());
    if (!next.ok())
      return std::move(next).status().Wrap(base::Cat(exchange.method, " ", ShownUrl(url)));
    url = *std::move(next);
  }
  return base::Unavailable(
      base::Cat(exchange.method, " ", ShownUrl(url), ": stopped after 10 redirects"));
}

base::Result<Answer> Conversation::Hop(const observe::Context& ctx, const Exchange& exchange,
                                       http::Request request, Progress& progress) {
  for (const auto& [name, value] : exchange.headers.fields()) request.headers.Set(name, value);
  request.max_response_bytes = exchange.max_bytes;
  if (exchange.download) {
    request.accept_gzip = false;
    request.http1_only = true;  // a paused stream must not hold up others
    request.multiplex = false;
    request.receive_buffer = kDownloadBuffer;
  }
  Answer answer;
  http::BodySink sink;
  sink.max_error_body = kMaxErrorBody;
  if (exchange.sink.on_body) {
    const auto note = [&progress](base::Status s) {
      progress.failed = progress.failed || !s.ok();
      return s;
    };
    if (exchange.sink.on_head)
      sink.on_head = [&, note](const http::ResponseHead& head) {
        return note(exchange.sink.on_head(head));
      };
    sink.on_body = [&, note](std::string_view piece) {
      progress.started = true;
      return note(exchange.sink.on_body(piece));
    };
  } else {
    sink.on_body = [&answer](std::string_view piece) {
      answer.body += piece;
      return base::OkStatus();
    };
  }
  std::string error_body;
  SLUICE_TRY(static_cast<http::ResponseHead&>(answer),
             http::StreamBody(ctx, client_, std::move(request), sink, error_body));
  if (!IsOk(answer.status)) answer.body = std::move(error_body);
  return answer;
}

base::Result<std::shared_ptr<const http::Credentials>> Conversation::CredentialsFor(
    const observe::Context& ctx, const Greeting& greeting, RetryHint& hint) {
  auto out = std::make_shared<http::Credentials>();
  const bool bearer = greeting.challenge.scheme == "bearer";
  if (bearer) {
    bool fresh = false;
    {
      const observe::MutexLock lock(mu_);
      fresh = !token_.empty() && (!token_ends_ || std::chrono::steady_clock::now() < *token_ends_);
    }
    if (!fresh) SLUICE_TRY(FetchToken(ctx, greeting, hint));
  }
  const observe::MutexLock lock(mu_);
  if (bearer) {
    out->bearer = token_;
  } else if (!auth_.registry_token.empty()) {
    out->bearer = auth_.registry_token;
  } else if (host_->manner() == Manner::kOras && greeting.challenge.scheme != "basic") {
    return std::shared_ptr<const http::Credentials>();
  } else if (!auth_.username.empty() && !auth_.password.empty()) {
    out->username = auth_.username;
    out->password = auth_.password;
  } else {
    return std::shared_ptr<const http::Credentials>();
  }
  return std::shared_ptr<const http::Credentials>(std::move(out));
}

base::Result<bool> Conversation::Challenged(const observe::Context& ctx, const Answer& answer,
                                            Greeting& greeting, RetryHint& hint) {
  const auto challenges = ParseChallenges(answer.headers);
  Challenge picked = PickChallenge(challenges);
  if (host_->manner() == Manner::kOras && picked.scheme == "basic") return AskedForBasic(greeting);
  if (greeting.challenge.scheme != "bearer") {
    // The ping did not ask for what this path does.
    if (picked.scheme != "bearer") return false;
    greeting.challenge = std::move(picked);
    host_->Learn(greeting);
  } else if (challenges.empty()) {
    return false;
  }
  {
    const observe::MutexLock lock(mu_);
    for (const Challenge& c : challenges) {
      const std::string scope = c.Parameter("scope");
      constexpr size_t kMaxScopes = 16;
      const bool known = scope.empty() || std::ranges::find(scopes_, scope) != scopes_.end();
      // In front: some token servers look at the first only.
      if (!known && scopes_.size() < kMaxScopes) scopes_.insert(scopes_.begin(), scope);
    }
  }
  SLUICE_TRY(FetchToken(ctx, greeting, hint));
  return true;
}

base::Result<bool> Conversation::AskedForBasic(Greeting& greeting) {
  {
    const observe::MutexLock lock(mu_);
    if (auth_.username.empty() || auth_.password.empty())
      return base::Unauthenticated("basic credential not found");
  }
  if (greeting.challenge.scheme == "basic") return false;  // shown already, and refused
  greeting.challenge = Challenge{"basic", {}};
  host_->Learn(greeting);
  return true;
}

base::Status Conversation::FetchToken(const observe::Context& ctx, const Greeting& greeting,
                                      RetryHint& hint) {
  bool oauth = false;
  {
    const observe::MutexLock lock(mu_);
    if (!auth_.registry_token.empty()) {
      token_ = auth_.registry_token;
      token_ends_.reset();
      return base::OkStatus();
    }
    oauth = !auth_.identity_token.empty();
  }
  auto answer = AskTokenServer(ctx, greeting, oauth);
  // Not every token server speaks OAuth.
  if (oauth && answer.ok() && answer->status == 404) answer = AskTokenServer(ctx, greeting, false);
  if (!answer.ok()) {
    hint.temporary = IsBrokenConnection(answer.status());
    return std::move(answer).status();
  }
  if (answer->status != 200) {
    hint.temporary = IsTemporary(answer->status);
    hint.after = http::RetryAfter(*answer, base::SystemClock().Now());
    return host_->ErrorOf(oauth ? "POST" : "GET", answer->url, answer->status, answer->body);
  }
  return TakeToken(oauth ? "POST" : "GET", *answer);
}

base::Result<Answer> Conversation::AskTokenServer(const observe::Context& ctx,
                                                  const Greeting& greeting, bool oauth) {
  const auto realm = greeting.challenge.parameters.find("realm");
  if (realm == greeting.challenge.parameters.end()) {
    document::Value shown = document::Value::Object();
    for (const auto& [key, value] : greeting.challenge.parameters) shown.Set(key, value);
    return base::FailedPrecondition("malformed www-authenticate, missing realm: " +
                                    FormatGo(shown));
  }
  SLUICE_TRY(CheckTokenServer(greeting, realm->second));
  SLUICE_TRY(http::Url url, http::Url::Parse(realm->second));
  url.userinfo.clear();
  const std::string service = greeting.challenge.Parameter("service");

  http::Request request = host_->MakeRequest(oauth ? "POST" : "GET", "");
  {
    const observe::MutexLock lock(mu_);
    if (oauth) {
      request.body =
          base::Cat("client_id=go-containerregistry&grant_type=refresh_token&refresh_token=",
                    http::QueryEscape(auth_.identity_token.Reveal()),
                    "&scope=", http::QueryEscape(base::Join(scopes_, " ")),
                    service.empty() ? "" : "&service=", http::QueryEscape(service));
      request.headers.Set("Content-Type", "application/x-www-form-urlencoded");
    } else {
      for (const std::string& scope : scopes_)
        url.query += base::Cat(url.query.empty() ? "" : "&", "scope=", http::QueryEscape(scope));
      if (!service.empty() || host_->manner() == Manner::kContainerRegistry) {
        url.query +=
            base::Cat(url.query.empty() ? "" : "&", "service=", http::QueryEscape(service));
      }
      if (!auth_.username.empty() && !auth_.password.empty()) {
        request.credentials = std::make_shared<http::Credentials>(
            http::Credentials{auth_.username, auth_.password, {}, url.origin()});
      }
    }
  }
  request.url = url.ToString();
  return FollowRealm(ctx, greeting, std::move(request));
}

base::Status Conversation::CheckTokenServer(const Greeting& greeting,
                                            const std::string& realm) const {
  const bool http = greeting.scheme == "http";
  if (host_->manner() == Manner::kOras)
    return CheckOrasRealm(realm, host_->registry().name(), http);
  return CheckRealm(realm, host_->registry().name(), http)
      .Wrap("invalid realm in www-authenticate");
}

// Each hop must be as good a realm as the first; what is secret goes to the first alone.
base::Result<Answer> Conversation::FollowRealm(const observe::Context& ctx,
                                               const Greeting& greeting, http::Request request) {
  request.max_response_bytes = kMaxToken;
  for (int hops = 0; hops <= kMaxRedirects; ++hops) {
    SLUICE_TRY(const http::Url at, http::Url::Parse(request.url));
    SLUICE_TRY(http::Response response, client_.Do(ctx.WithTimeout(kTokenPatience), request));
    Answer answer;
    static_cast<http::ResponseHead&>(answer) = response;
    answer.body = std::move(response.body);
    answer.url = request.url;
    if (!IsRedirect(answer.status) || answer.headers.Get("Location").empty()) return answer;
    SLUICE_TRY(http::Url next, at.Resolve(answer.headers.Get("Location")));
    next.userinfo.clear();
    const std::string target = next.ToString();
    if (auto s = CheckRealm(target, host_->registry().name(), greeting.scheme == "http"); !s.ok()) {
      return std::move(s).Wrap(
          base::Cat("refusing token-server redirect to ", base::QuoteGo(ShownUrl(target))));
    }
    if (next.origin() != at.origin()) {
      if (request.method == "POST")
        return base::PermissionDenied("refusing token-server redirect to another origin");
      request.credentials.reset();
    }
    request.url = target;
  }
  return base::Unavailable("stopped after 10 redirects");
}

base::Status Conversation::TakeToken(std::string_view method, const Answer& answer) {
  const bool oras = host_->manner() == Manner::kOras;
  const std::string where = base::Cat(method, " ", base::QuoteGo(ShownUrl(answer.url)));
  auto parsed = document::ParseJson(answer.body, {.max_depth = 16});
  if (!parsed.ok() && oras) return OrasDecodeError(where, answer.body, parsed.status());
  SLUICE_TRY(const document::Value json, std::move(parsed));
  std::string_view token = json["access_token"].AsString();
  if (token.empty()) token = json["token"].AsString();
  if (token.empty())
    return base::Unauthenticated(oras ? where + ": empty token returned"
                                      : "no token in bearer response");
  const observe::MutexLock lock(mu_);
  token_ = base::SecretString(token);
  token_ends_.reset();
  constexpr int64_t kLongest = 86400;
  if (const int64_t seconds = json["expires_in"].AsInt(); seconds > 0) {
    // A little early, so that it does not end on its way.
    token_ends_ = std::chrono::steady_clock::now() +
                  std::chrono::milliseconds(std::min(seconds, kLongest) * 800);
  }
  if (const std::string_view refresh = json["refresh_token"].AsString(); !refresh.empty())
    auth_.identity_token = base::SecretString(refresh);
  return base::OkStatus();
}

}  // namespace sluice::oci
