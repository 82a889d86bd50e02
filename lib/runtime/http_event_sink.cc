#include "runtime/http_event_sink.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "base/strings.h"

namespace sluice::runtime {
namespace {

using observe::Context;

struct Pending {
  api::Event event;
  int attempt = 0;
};

// Shared with the callbacks of posts under way, which may end after the sink did.
class Poster : public std::enable_shared_from_this<Poster> {
 public:
  Poster(http::Client& http, Timer& timer, HttpEventSinkOptions options, observe::Logger log,
         std::function<void(const api::Event&)> failed)
      : http_(http),
        timer_(timer),
        options_(std::move(options)),
        log_(std::move(log)),
        failed_(std::move(failed)) {}

  void Push(api::Event event) {
    std::vector<Pending> ready;
    {
      const observe::MutexLock lock(mu_);
      if (closed_) return;
      waiting_.push_back({std::move(event), 0});
      if (waiting_.size() > options_.max_pending) DropOne();
      ready = TakeReady();
    }
    Start(std::move(ready));
  }

  void Close() {
    const observe::MutexLock lock(mu_);
    closed_ = true;
    waiting_.clear();
    done_.notify_all();
    while (reporting_ > 0) done_.wait(mu_);
  }

  base::Status Flush(const Context& ctx) {
    const observe::MutexLock lock(mu_);
    // Woken by the last answer; the context's own end is looked for in steps.
    while (!closed_ && (!waiting_.empty() || in_flight_ > 0 || retrying_ > 0 || reporting_ > 0)) {
      if (const auto status = ctx.Check(); !status.ok()) return status;
      done_.wait_for(mu_, ctx.Remaining(std::chrono::milliseconds(100)));
    }
    return {};
  }

 private:
  // An info event if there is one: errors matter more.
  void DropOne() SLUICE_REQUIRES(mu_) {
    auto it = std::ranges::find_if(waiting_,
                                   [](const Pending& p) { return p.event.severity != "error"; });
    if (it == waiting_.end()) it = waiting_.begin();
    waiting_.erase(it);
  }

  std::vector<Pending> TakeReady() SLUICE_REQUIRES(mu_) {
    std::vector<Pending> out;
    while (!waiting_.empty() && in_flight_ < options_.max_in_flight) {
      out.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
      ++in_flight_;
    }
    return out;
  }

  void Start(std::vector<Pending> ready) {
    for (Pending& p : ready) Post(std::move(p));
  }

  void Post(Pending pending) {
    http::Request request;
    request.method = "POST";
    request.url = options_.url;
    request.headers.Set("Content-Type", "application/json");
    request.body = api::ToJsonText(pending.event);
    request.max_response_bytes = 64 << 10;
    request.redact_query = true;
    http::Callbacks callbacks;
    callbacks.on_done = [self = shared_from_this(),
                         p = std::move(pending)](base::Result<http::ResponseHead> head) mutable {
      self->OnDone(std::move(p), std::move(head));
    };
    http_.Start(Context(log_).WithTimeout(std::chrono::seconds(5)), std::move(request),
                std::move(callbacks));
  }

  void OnDone(Pending pending, base::Result<http::ResponseHead> head) {
    base::Status failure;
    bool retry = false;
    if (!head.ok()) {
      failure = head.status();
      retry = true;
    } else if (const int status = head->status; status != 429 && (status < 200 || status > 299)) {
      failure = base::Unavailable(base::Cat("unexpected status code ", std::to_string(status)));
      retry = status >= 500 && status != 501;
    }
    if (retry && pending.attempt < options_.retries && Retry(pending)) return;
    const bool report = !failure.ok();
    std::vector<Pending> ready;
    bool closed = false;
    {
      const observe::MutexLock lock(mu_);
      --in_flight_;
      closed = closed_;
      if (!closed) ready = TakeReady();
      if (!closed && report) ++reporting_;
      done_.notify_all();
    }
    if (closed) return;  // the owner is going: nothing of it may be used
    if (report) {
      if (failed_) failed_(pending.event);
      log_.Error(failure, "unable to record event",
                 {{"reason", pending.event.reason}, {"name", pending.event.involved_object.name}});
      const observe::MutexLock lock(mu_);
      --reporting_;
      done_.notify_all();
    }
    Start(std::move(ready));
  }

  bool Retry(Pending& pending) {
    base::Duration delay = options_.first_delay;
    for (int i = 0; i < pending.attempt; ++i) delay *= 2;
    delay = std::min(delay, options_.max_delay);
    ++pending.attempt;
    {
      const observe::MutexLock lock(mu_);
      if (closed_) return false;
      --in_flight_;
      ++retrying_;
    }
    timer_.ScheduleAfter(delay, [weak = weak_from_this(), p = std::move(pending)]() mutable {
      if (const auto self = weak.lock()) self->AfterDelay(std::move(p));
    });
    return true;
  }

  void AfterDelay(Pending pending) {
    std::vector<Pending> ready;
    {
      const observe::MutexLock lock(mu_);
      --retrying_;
      if (closed_) return;
      waiting_.push_front(std::move(pending));
      ready = TakeReady();
    }
    Start(std::move(ready));
  }

  http::Client& http_;
  Timer& timer_;
  const HttpEventSinkOptions options_;
  const observe::Logger log_;
  const std::function<void(const api::Event&)> failed_;
  observe::Mutex mu_;
  observe::CondVar done_;
  std::deque<Pending> waiting_ SLUICE_GUARDED_BY(mu_);
  size_t in_flight_ SLUICE_GUARDED_BY(mu_) = 0, retrying_ SLUICE_GUARDED_BY(mu_) = 0;
  size_t reporting_ SLUICE_GUARDED_BY(mu_) = 0;  // calls of failed_ under way: Close waits for them
  bool closed_ SLUICE_GUARDED_BY(mu_) = false;
};

class HttpEventSink final : public EventSink {
 public:
  HttpEventSink(http::Client& http, Timer& timer, HttpEventSinkOptions options, observe::Logger log,
                std::function<void(const api::Event&)> failed)
      : on_(!options.url.empty()),
        poster_(std::make_shared<Poster>(http, timer, std::move(options), std::move(log),
                                         std::move(failed))) {}
  ~HttpEventSink() override { poster_->Close(); }

  void Send(const api::Event& event) override {
    if (on_) poster_->Push(event);
  }
  bool connected() const override { return on_; }
  base::Status Flush(const Context& ctx) override { return poster_->Flush(ctx); }

 private:
  const bool on_;
  std::shared_ptr<Poster> poster_;
};

class FallbackSink final : public EventSink {
 public:
  FallbackSink(EventSink& bus, EventSink& fallback) : bus_(bus), fallback_(fallback) {}
  void Send(const api::Event& event) override {
    // With no address to post to, the bus's outbox keeps the event until the channel is there.
    (bus_.connected() || !fallback_.connected() ? bus_ : fallback_).Send(event);
  }
  bool connected() const override { return bus_.connected() || fallback_.connected(); }
  base::Status Flush(const Context& ctx) override {
    const base::Status posted = fallback_.Flush(ctx);
    SLUICE_TRY(bus_.Flush(ctx));
    return posted;
  }

 private:
  EventSink& bus_;
  EventSink& fallback_;
};

}  // namespace

std::unique_ptr<EventSink> MakeHttpEventSink(http::Client& http, Timer& timer,
                                             HttpEventSinkOptions options, observe::Logger log,
                                             std::function<void(const api::Event&)> failed) {
  return std::make_unique<HttpEventSink>(http, timer, std::move(options), std::move(log),
                                         std::move(failed));
}

std::unique_ptr<EventSink> MakeFallbackSink(EventSink& bus, EventSink& fallback) {
  return std::make_unique<FallbackSink>(bus, fallback);
}

}  // namespace sluice::runtime
