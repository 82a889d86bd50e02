#include "sender.h"

#include <algorithm>
#include <stop_token>

#include "base/strings.h"
#include "base/time.h"
#include "document/json.h"
#include "http/hold_off.h"
#include "http/url.h"

namespace sluice::notify {
namespace {

using std::chrono::milliseconds;

constexpr size_t kMaxAnswer = 64 << 10;

bool IsRetryable(int status) { return status == 429 || (status >= 500 && status != 501); }

// "POST https://hooks.example.com/*****": webhook addresses are secrets.
std::string RedactedTarget(const http::Request& request) {
  const auto url = http::Url::Parse(request.url);
  return base::Cat(request.method, " ", url.ok() ? url->origin().ToString() + "/*****" : "*****");
}

}  // namespace

struct Sender::Shared {
  http::Client& client;
  const SenderOptions options;
  std::stop_source stop;
};

// One notification on its way: everything here runs on the I/O thread, one step at a time.
struct Sender::Delivery : std::enable_shared_from_this<Delivery> {
  std::shared_ptr<Shared> shared;
  Payload payload;
  base::SecretString token;
  Done done;
  observe::Context context;
  int attempts = 0;
  std::string answer;
  milliseconds retry_after{0};

  void Attempt() {
    ++attempts;
    answer.clear();
    retry_after = milliseconds(0);
    auto self = shared_from_this();
    http::Callbacks callbacks;
    callbacks.on_head = [self](const http::ResponseHead& head) { self->ReadRetryAfter(head); };
    callbacks.on_data = [self](std::string_view bytes) {
      self->answer.append(bytes.substr(0, kMaxAnswer - std::min(kMaxAnswer, self->answer.size())));
      return http::Flow::kContinue;
    };
    callbacks.on_done = [self](base::Result<http::ResponseHead> head) {
      self->Finished(std::move(head));
    };
    shared->client.Start(context, payload.request, std::move(callbacks));
  }

  void ReadRetryAfter(const http::ResponseHead& head) {
    if (head.status != 429 && head.status != 503) return;
    const auto asked = http::RetryAfter(head, base::SystemClock().Now());
    retry_after = std::min(asked.value_or(std::chrono::seconds(0)), std::chrono::seconds(3600));
  }

  void Finished(base::Result<http::ResponseHead> head) {
    if (head.ok() && !IsRetryable(head->status)) return Conclude(Judge(head->status));
    const std::string cause = head.ok() ? "" : head.status().message();
    if (!context.Check().ok()) return Conclude(Failed(context.Check().message()));
    if (attempts > shared->options.max_retries) {
      return Conclude(base::Unavailable(base::Cat(
          "failed to execute request: ", RedactedTarget(payload.request), " giving up after ",
          std::to_string(attempts), " attempt(s)", cause.empty() ? "" : ": ", cause)));
    }
    const auto wait =
        std::min(shared->options.first_wait * (1 << (attempts - 1)), shared->options.longest_wait);
    auto self = shared_from_this();
    const auto delay = std::max(wait, retry_after);
    if (context.Remaining(delay) < delay) {
      return Conclude(Failed(cause.empty() ? base::Cat("request failed with status code ",
                                                       std::to_string(head->status))
                                           : cause));
    }
    shared->client.PostAfter(delay, [self] { self->Attempt(); });
  }

  base::Status Failed(std::string_view cause) const {
    return base::Unavailable(
        base::Cat("failed to execute request: ", RedactedTarget(payload.request), ": ", cause));
  }

  base::Status Judge(int status) const {
    if (payload.slack_api_answer) {
      const auto body = document::ParseJson(answer);
      if (body.ok() && (*body)["ok"].AsBool()) return base::OkStatus();
      return base::Unavailable(
          base::Cat("Slack responded with error: ",
                    body.ok() ? (*body)["error"].AsString() : std::string_view("not JSON")));
    }
    if (status >= 200 && status < 300) return base::OkStatus();
    return base::Unavailable(base::Cat("request failed: request failed with status code ",
                                       std::to_string(status), ": ",
                                       base::TruncateUtf8(answer, 1024)));
  }

  void Conclude(base::Status status) {
    if (!status.ok()) {
      std::string text = MaskToken(status.message(), token.Reveal());
      // A transport error may repeat the whole address.
      text = base::ReplaceAll(text, http::RedactUrl(payload.request.url), "*****");
      status = base::Status(status.code(), std::move(text)).Wrap("postMessage failed");
    }
    done(std::move(status));
  }
};

Sender::Sender(http::Client& client, SenderOptions options)
    : shared_(std::make_shared<Shared>(Shared{client, options, {}})) {}

Sender::~Sender() { shared_->stop.request_stop(); }

void Sender::Send(Payload payload, std::chrono::nanoseconds timeout, base::SecretString token,
                  Done done) {
  auto delivery = std::make_shared<Delivery>();
  delivery->shared = shared_;
  delivery->payload = std::move(payload);
  delivery->token = std::move(token);
  delivery->done = std::move(done);
  delivery->context = observe::Context().WithStop(shared_->stop.get_token()).WithTimeout(timeout);
  shared_->client.Post([delivery] { delivery->Attempt(); });
}

std::string MaskToken(std::string text, std::string_view token) {
  if (token.empty()) return text;
  std::string out;
  size_t from = 0;
  for (size_t at; (at = text.find(token, from)) != std::string::npos;) {
    out.append(text, from, at - from);
    out += "*****";
    from = at + token.size();
    while (from < text.size() && text[from] == token.back()) ++from;
  }
  return out + text.substr(from);
}

}  // namespace sluice::notify
