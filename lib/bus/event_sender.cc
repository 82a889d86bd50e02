#include <atomic>
#include <map>

#include "base/clock.h"
#include "bus/events.h"
#include "dealer.h"
#include "key_wait.h"
#include "outbox.h"

namespace sluice::bus {
namespace {

// Events under way to notify without an acknowledgement.
constexpr size_t kWindow = 128;

class EventSenderImpl final : public EventSender, public Dealer::Owner {
 public:
  EventSenderImpl(Loop& loop, std::unique_ptr<Outbox> outbox)
      : loop_(loop), outbox_(std::move(outbox)) {
    loop_.metrics().OutboxDepth(outbox_->size());
    depth_ = outbox_->size();
  }

  ~EventSenderImpl() override {
    loop_.Call([this] { Disconnect(); });
  }

  void SetEndpoint(const std::string& endpoint) override {
    loop_.Call([&] {
      if (endpoint_ == endpoint) return;
      endpoint_ = endpoint;
      Disconnect();
      if (endpoint.empty()) return;
      const auto status = keys_.Run(endpoint, "bus endpoint not usable",
                                    [this, endpoint] { return Connect(endpoint); });
      if (!status.ok())
        loop_.options().log.Error(status, "bus endpoint not usable", {{"endpoint", endpoint}});
    });
  }

  void Send(Event event) override {
    if (event.id.empty()) event.id = base::SystemUuids().NewUuid();
    Outbox::Added added;
    {
      // held over a write to the page cache: the order of the journal is the order of sending
      observe::MutexLock lock(mu_);
      added = outbox_->Add(event);
      depth_ = outbox_->size();
    }
    for (size_t i = 0; i < added.dropped_info; ++i) loop_.metrics().OutboxDropped(true);
    for (size_t i = 0; i < added.dropped_other; ++i) loop_.metrics().OutboxDropped(false);
    loop_.metrics().OutboxDepth(depth_);
    if (!added.journal.ok()) loop_.options().log.Error(added.journal, "event kept in memory only");
    if (!wake_posted_.exchange(true)) {
      loop_.Post([this] {
        wake_posted_ = false;
        Pump();
      });
    }
  }

  base::Status Flush(const observe::Context& ctx) override {
    observe::MutexLock lock(mu_);
    const uint64_t last = outbox_->last();
    while (outbox_->first() != 0 && outbox_->first() <= last) {
      SLUICE_TRY(ctx.Check());
      const auto until = observe::Context::Clock::now() + std::chrono::hours(1);
      drained_.wait_until(
          mu_, ctx.stop(), ctx.deadline() ? std::min(*ctx.deadline(), until) : until,
          [&]() SLUICE_REQUIRES(mu_) { return outbox_->first() == 0 || outbox_->first() > last; });
    }
    return base::OkStatus();
  }

  bool connected() const override { return ready_; }
  size_t depth() const override { return depth_; }

 private:
  base::Status Connect(const std::string& endpoint) {
    SLUICE_TRY(CheckEndpoint(endpoint));
    dealer_ = std::make_unique<Dealer>(loop_, Channel::kEvents, kEventLimit, Role::kNotify, *this);
    const auto status = dealer_->Connect(endpoint);
    if (!status.ok()) dealer_.reset();
    return status;
  }

  void Disconnect() {
    keys_.Stop();
    dealer_.reset();
    OnLost();
  }

  void OnReady(const HelloMessage& hello) override {
    static_cast<void>(hello);
    ready_ = true;
    Restart();
  }

  void OnLost() override {
    ready_ = false;
    loop_.Cancel(resend_);
    in_flight_.clear();
  }

  void OnMessage(Message message) override {
    const auto* ack = std::get_if<AckMessage>(&message);
    if (ack == nullptr) return loop_.metrics().Rejected(Channel::kEvents);
    {
      observe::MutexLock lock(mu_);
      outbox_->Ack(ack->id);
      depth_ = outbox_->size();
    }
    drained_.notify_all();
    loop_.metrics().OutboxDepth(depth_);
    in_flight_.erase(ack->id);
    Pump();
  }

  // Everything not acknowledged goes out (again), oldest first.
  void Restart() {
    loop_.Cancel(resend_);
    in_flight_.clear();
    cursor_ = 0;
    Pump();
  }

  void Pump() {
    while (ready_ && in_flight_.size() < kWindow) {
      std::optional<std::string> frame;
      {
        observe::MutexLock lock(mu_);
        const uint64_t next = outbox_->NextAfter(cursor_);
        if (next == 0) break;
        cursor_ = next;
        frame = outbox_->Frame(next);
      }
      if (!frame) continue;
      const auto message = Decode(*frame);
      const Event* event = message.ok() ? std::get_if<Event>(&*message) : nullptr;
      // not sent: the resend timer comes back to it
      if (event == nullptr || !dealer_->Send(*frame)) continue;
      in_flight_.emplace(event->id, cursor_);
    }
    if (ready_ && depth_ > 0 && resend_ == 0) {
      resend_ = loop_.After(loop_.options().resend_ms, [this] {
        resend_ = 0;
        Resend();
      });
    }
  }

  // Only when an acknowledgement is overdue: notify is full, or dropped us.
  void Resend() {
    if (!ready_) return;
    uint64_t first = 0;
    {
      observe::MutexLock lock(mu_);
      first = outbox_->first();
    }
    const bool overdue = first != 0 && first == stuck_;
    stuck_ = first;
    if (overdue) return Restart();
    Pump();
  }

  Loop& loop_;
  mutable observe::Mutex mu_;
  observe::CondVar drained_;
  std::unique_ptr<Outbox> outbox_ SLUICE_GUARDED_BY(mu_);
  std::atomic<bool> ready_ = false, wake_posted_ = false;
  std::atomic<size_t> depth_ = 0;
  // The bus thread's own.
  std::unique_ptr<Dealer> dealer_;
  std::map<std::string, uint64_t> in_flight_;
  uint64_t cursor_ = 0;  // the last one sent on this connection
  uint64_t stuck_ = 0;   // the first unacknowledged at the last look
  Loop::TimerId resend_ = 0;
  KeyWait keys_{loop_};
  std::string endpoint_;
};

}  // namespace

base::Result<std::unique_ptr<EventSender>> EventSender::Open(Bus& bus, EventSenderOptions options) {
  auto outbox = Outbox::Open(options, bus.options().log);
  return std::unique_ptr<EventSender>(
      std::make_unique<EventSenderImpl>(Loop::Of(bus), std::move(outbox)));
}

}  // namespace sluice::bus
