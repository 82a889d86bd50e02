#include <algorithm>

#include "base/strings.h"
#include "conversation.h"
#include "http/hold_off.h"
#include "http/url.h"
#include "oras_words.h"
#include "registry_error.h"

namespace sluice::oci {
namespace {

constexpr std::chrono::milliseconds kHttpAfter{300};

bool IsTemporary(int status) {
  return status == 408 || status == 429 || status == 499 || status == 500 ||
         (status >= 502 && status <= 504) || status == 522;
}

}  // namespace

// Two pings under way; the callbacks fill it in on the I/O thread and may outlive the wait.
struct Host::Race {
  struct Runner {
    std::string url, body;
    std::optional<base::Result<http::ResponseHead>> done;
    bool ok() const {
      return done && done->ok() && ((*done)->status == 200 || (*done)->status == 401);
    }
  };
  observe::Mutex mu;
  observe::CondVar cv;
  Runner https SLUICE_GUARDED_BY(mu);
  Runner http SLUICE_GUARDED_BY(mu);
  Runner& runner(bool is_https) SLUICE_REQUIRES(mu) { return is_https ? https : http; }
};

http::Request Host::MakeRequest(std::string method, std::string url) const {
  http::Request r;
  r.method = std::move(method);
  r.url = std::move(url);
  r.headers.Set("User-Agent", options_.user_agent);
  r.tls = access_.tls;
  r.proxy = access_.proxy;
  r.max_redirects = 0;
  r.stall_timeout = options_.stall_timeout;
  return r;
}

std::shared_ptr<http::Call> Host::StartPing(const observe::Context& ctx, http::Client& client,
                                            const std::shared_ptr<Race>& race, bool https) {
  http::Request request =
      MakeRequest("GET", base::Cat(https ? "https://" : "http://", registry_.name(), "/v2/"));
  request.max_redirects = 10;  // carries nothing secret
  request.max_response_bytes = kMaxErrorBody;
  {
    const observe::MutexLock lock(race->mu);
    race->runner(https).url = request.url;
  }
  http::Callbacks cb;
  cb.on_data = [race, https](std::string_view data) {
    const observe::MutexLock lock(race->mu);
    race->runner(https).body += data;
    return http::Flow::kContinue;
  };
  cb.on_done = [race, https](base::Result<http::ResponseHead> result) {
    const observe::MutexLock lock(race->mu);
    race->runner(https).done.emplace(std::move(result));
    race->cv.notify_all();
  };
  return client.Start(ctx, std::move(request), std::move(cb));
}

// REQUIRES: race.mu is held, that ping is done
base::Result<Greeting> Host::Judge(Race& race, bool https,
                                   RetryHint& hint) SLUICE_NO_THREAD_SAFETY_ANALYSIS {
  Race::Runner& r = race.runner(https);
  if (!r.done->ok()) {
    hint.temporary = IsBrokenConnection(r.done->status());
    return r.done->status();
  }
  const http::ResponseHead& head = **r.done;
  if (head.status != 200 && head.status != 401) {
    hint.temporary = IsTemporary(head.status);
    hint.after = http::RetryAfter(head, base::SystemClock().Now());
    return RegistryError("GET", head.url, head.status, r.body);
  }
  Greeting out;
  out.scheme = head.url.starts_with("http://") ? "http" : "https";
  if (head.status == 401) out.challenge = PickChallenge(ParseChallenges(head.headers));
  return out;
}

base::Status Host::ErrorOf(std::string_view method, const std::string& url, int status,
                           std::string_view body) const {
  return manner_ == Manner::kOras ? OrasError(method, url, status, body)
                                  : RegistryError(method, url, status, body);
}

base::Result<Greeting> Host::Greet(const observe::Context& ctx, http::Client& client,
                                   RetryHint& hint) {
  {
    const observe::MutexLock lock(mu_);
    if (greeting_) return *greeting_;
  }
  if (manner_ == Manner::kOras) return Greeting{registry_.insecure() ? "http" : "https", {}};
  const auto race = std::make_shared<Race>();
  const bool may_fall_back = registry_.AllowsPlainHttp();
  const auto fall_back_at = std::chrono::steady_clock::now() + kHttpAfter;
  const auto first = StartPing(ctx, client, race, true);
  std::shared_ptr<http::Call> second;
  for (;;) {
    bool start_http = false;
    std::optional<base::Result<Greeting>> verdict;
    race->mu.lock();
    for (;;) {
      const bool https_done = race->https.done.has_value(), http_done = race->http.done.has_value();
      if (race->https.ok() || (https_done && !may_fall_back)) {
        verdict = Judge(*race, true, hint);
      } else if (race->http.ok()) {
        verdict = Judge(*race, false, hint);
      } else if (https_done && http_done) {
        const auto a = Judge(*race, true, hint), b = Judge(*race, false, hint);
        verdict = base::Status(b.status().code(),
                               base::Cat(a.status().message(), "; ", b.status().message()));
      } else if (may_fall_back && !second &&
                 (https_done || std::chrono::steady_clock::now() >= fall_back_at)) {
        start_http = true;
      } else if (may_fall_back && !second) {
        race->cv.wait_until(race->mu, fall_back_at);
        continue;
      } else {
        race->cv.wait(race->mu);
        continue;
      }
      break;
    }
    race->mu.unlock();
    if (start_http) {
      second = StartPing(ctx, client, race, false);
      continue;
    }
    first->Cancel();
    if (second) second->Cancel();
    if (verdict->ok()) Learn(**verdict);
    return *std::move(verdict);
  }
}

void Host::Learn(Greeting greeting) {
  const observe::MutexLock lock(mu_);
  greeting_ = std::move(greeting);
}

void Host::Forget() {
  const observe::MutexLock lock(mu_);
  greeting_.reset();
}

}  // namespace sluice::oci
