#include "http/hold_off.h"

#include <algorithm>
#include <atomic>

#include "base/digest.h"
#include "base/strings.h"

namespace sluice::http {
namespace {

constexpr size_t kMaxHolds = 1000, kMaxBody = 4 << 10;

bool OfWholeServer(int status) { return status == 403 || status == 429; }

std::string FolderOf(const Url& url) {
  const size_t slash = url.path.rfind('/');
  return slash == url.path.npos ? "/" : url.path.substr(0, slash + 1);
}

std::string WhoOf(const Request& request) {
  const Credentials* c = request.credentials.get();
  if (c == nullptr) return "";
  return base::Digest::Sha256(
             base::Cat(c->username, "\n", c->password.Reveal(), "\n", c->bearer.Reveal()))
      .hex();
}

// What of a request Note reads.
Request Gist(const Request& request) {
  Request out;
  out.method = request.method;
  out.url = request.url;
  out.credentials = request.credentials;
  return out;
}

// A call that was answered before it was made.
class Answered final : public Call {
 public:
  void Cancel() override { cancelled_ = true; }
  void Resume() override {}
  bool cancelled() const { return cancelled_; }

 private:
  std::atomic<bool> cancelled_ = false;
};

void Deliver(const Response& answer, const Callbacks& to, bool cancelled) {
  if (cancelled) {
    if (to.on_done) to.on_done(base::Cancelled("context canceled"));
    return;
  }
  if (to.on_head) to.on_head(answer);
  if (to.on_data && !answer.body.empty()) (void)to.on_data(answer.body);
  if (to.on_done) to.on_done(static_cast<const ResponseHead&>(answer));
}

}  // namespace

std::optional<std::chrono::seconds> RetryAfter(const ResponseHead& head, base::Time now) {
  constexpr std::chrono::seconds kDay{86400};
  const std::string_view text = head.headers.Get("Retry-After");
  if (text.empty()) return std::nullopt;
  const bool digits = text.find_first_not_of("0123456789") == text.npos;
  if (digits) {
    const auto seconds = base::ParseUint64(text);  // none: more than 64 bits
    return std::chrono::seconds(
        std::min<uint64_t>(seconds.value_or(UINT64_MAX), static_cast<uint64_t>(kDay.count())));
  }
  const auto at = base::ParseHttpDate(text);
  if (!at.ok()) return std::nullopt;
  const base::Time from = base::ParseHttpDate(head.headers.Get("Date")).value_or(now);
  return std::clamp(std::chrono::ceil<std::chrono::seconds>(*at - from), std::chrono::seconds(0),
                    kDay);
}

HoldOffs::HoldOffs(base::Clock& clock, std::chrono::nanoseconds longest)
    : clock_(clock), longest_(longest) {}

bool HoldOffs::Concerns(const ResponseHead& head) const {
  return (OfWholeServer(head.status) || head.status >= 500) &&
         RetryAfter(head, clock_.Now()).value_or(std::chrono::seconds(0)).count() > 0;
}

void HoldOffs::Note(const Request& request, const ResponseHead& head, std::string_view body) {
  const auto url = Url::Parse(request.url);
  if (!url.ok() || !Concerns(head)) return;
  Hold hold;
  hold.origin = url->origin();
  hold.folder = OfWholeServer(head.status) ? "/" : FolderOf(*url);
  hold.who = WhoOf(request);
  hold.bodiless = request.method == "HEAD";
  hold.until = clock_.Steady() +
               std::min<std::chrono::nanoseconds>(*RetryAfter(head, clock_.Now()), longest_);
  static_cast<ResponseHead&>(hold.answer) = head;
  hold.answer.body = body.substr(0, kMaxBody);
  const observe::MutexLock lock(mu_);
  std::erase_if(holds_, [&](const Hold& h) {
    return h.until <= clock_.Steady() ||
           (h.origin == hold.origin && h.folder == hold.folder && h.who == hold.who);
  });
  if (holds_.size() >= kMaxHolds) holds_.erase(std::ranges::min_element(holds_, {}, &Hold::until));
  holds_.push_back(std::move(hold));
}

const HoldOffs::Hold* HoldOffs::Find(const Request& request, const Url& url) const {
  const Origin origin = url.origin();
  const std::string who = WhoOf(request);
  const auto now = clock_.Steady();
  for (const Hold& h : holds_) {
    if (h.until <= now || h.origin != origin || h.who != who ||
        (h.bodiless && request.method != "HEAD"))
      continue;
    if (h.folder == "/" || url.path.starts_with(h.folder)) return &h;
  }
  return nullptr;
}

std::optional<Response> HoldOffs::Standing(const Request& request) const {
  const observe::MutexLock lock(mu_);
  if (holds_.empty()) return std::nullopt;
  const auto url = Url::Parse(request.url);
  const Hold* const hold = url.ok() ? Find(request, *url) : nullptr;
  if (hold == nullptr) return std::nullopt;
  Response out = hold->answer;
  out.url = url->ToString();
  out.headers.Set(
      "Retry-After",
      std::to_string(
          std::chrono::ceil<std::chrono::seconds>(hold->until - clock_.Steady()).count()));
  if (request.method == "HEAD") out.body.clear();
  return out;
}

std::chrono::nanoseconds HoldOffs::Left(const Url& url) const {
  const observe::MutexLock lock(mu_);
  const auto now = clock_.Steady();
  std::chrono::nanoseconds left{0};
  for (const Hold& h : holds_) {
    const bool host = h.origin.port == url.port &&
                      (h.origin.host == url.host || h.origin.host.ends_with("." + url.host));
    const bool path =
        h.folder == "/" || h.folder.starts_with(url.path) || url.path.starts_with(h.folder);
    if (host && path) left = std::max<std::chrono::nanoseconds>(left, h.until - now);
  }
  return left;
}

base::Result<Response> PatientClient::Do(const observe::Context& ctx, Request request) {
  if (auto standing = hold_offs_.Standing(request)) return *std::move(standing);
  const Request asked = Gist(request);
  auto answer = client_.Do(ctx, std::move(request));
  if (answer.ok()) hold_offs_.Note(asked, *answer, answer->body);
  return answer;
}

std::shared_ptr<Call> PatientClient::Start(const observe::Context& ctx, Request request,
                                           Callbacks callbacks) {
  if (auto standing = hold_offs_.Standing(request)) {
    auto call = std::make_shared<Answered>();
    client_.Post([call, answer = *std::move(standing), callbacks = std::move(callbacks)] {
      Deliver(answer, callbacks, call->cancelled());
    });
    return call;
  }
  // What an answer that asks for patience says is gathered on its way through.
  struct Seen {
    Request asked;
    std::string body;
    bool concerns = false;
  };
  auto seen = std::make_shared<Seen>();
  seen->asked = Gist(request);
  Callbacks passed;
  passed.on_head = [this, seen, on_head = std::move(callbacks.on_head)](const ResponseHead& head) {
    seen->concerns = hold_offs_.Concerns(head);
    if (on_head) on_head(head);
  };
  passed.on_data = [seen, on_data = std::move(callbacks.on_data)](std::string_view piece) {
    const Flow flow = on_data ? on_data(piece) : Flow::kContinue;
    if (seen->concerns && flow == Flow::kContinue)
      seen->body.append(piece, 0, kMaxBody - std::min(kMaxBody, seen->body.size()));
    return flow;
  };
  passed.on_done = [this, seen,
                    on_done = std::move(callbacks.on_done)](base::Result<ResponseHead> result) {
    if (seen->concerns && result.ok()) hold_offs_.Note(seen->asked, *result, seen->body);
    if (on_done) on_done(std::move(result));
  };
  return client_.Start(ctx, std::move(request), std::move(passed));
}

}  // namespace sluice::http
