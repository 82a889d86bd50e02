#include <atomic>

#include "bus/events.h"
#include "inbox.h"
#include "key_wait.h"
#include "observe/mutex.h"
#include "router.h"

namespace sluice::bus {
namespace {

class EventServerImpl final : public EventServer {
 public:
  EventServerImpl(Loop& loop, std::unique_ptr<Inbox> inbox, Handler handler, BoundHandler on_bound)
      : loop_(loop),
        inbox_(std::move(inbox)),
        handler_(std::move(handler)),
        on_bound_(std::move(on_bound)) {}

  ~EventServerImpl() override {
    loop_.Call([this] {
      keys_.Stop();
      router_.reset();
    });
  }

  base::Status Bind(const std::string& endpoint) {
    SLUICE_TRY(CheckEndpoint(endpoint));
    base::Status status;
    loop_.Call([&] {
      for (const Event& event : inbox_->TakeLeft()) handler_(event);
      pending_ = inbox_->pending();
      status = keys_.Run(endpoint, "bus endpoint not bound",
                         [this, endpoint] { return BindOnLoop(endpoint); });
    });
    return status;
  }

  void Done(const std::string& id) override {
    loop_.Post([this, id] {
      if (auto status = inbox_->Done(id); !status.ok())
        loop_.options().log.Error(status, "event journal not written");
      pending_ = inbox_->pending();
    });
  }

  std::string endpoint() const override {
    observe::MutexLock lock(mu_);
    return endpoint_;
  }
  size_t pending() const override { return pending_; }

 private:
  base::Status BindOnLoop(const std::string& endpoint) {
    router_ = std::make_unique<Router>(
        loop_, Channel::kEvents, kEventLimit,
        [this](const std::string& peer, Message message) { Handle(peer, message); });
    const base::Status status = router_->Bind(endpoint);
    if (status.ok()) return Bound(endpoint.ends_with(":0") ? router_->BoundEndpoint() : endpoint);
    router_.reset();
    return status;
  }

  base::Status Bound(const std::string& endpoint) {
    {
      observe::MutexLock lock(mu_);
      endpoint_ = endpoint;
    }
    if (on_bound_) on_bound_(endpoint);
    return base::OkStatus();
  }

  void Handle(const std::string& peer, const Message& message) {
    const auto* event = std::get_if<Event>(&message);
    if (event == nullptr) return loop_.metrics().Rejected(Channel::kEvents);
    const auto verdict = inbox_->Add(*event);
    pending_ = inbox_->pending();
    if (!verdict.ok()) {
      loop_.options().log.Error(verdict.status(), "event journal not written");
      return;  // not acknowledged: the sender keeps it
    }
    if (*verdict == Inbox::Verdict::kFull) return;
    if (*verdict == Inbox::Verdict::kNew) handler_(*event);
    router_->Send(peer, EncodeAck(event->id));
  }

  Loop& loop_;
  mutable observe::Mutex mu_;
  std::string endpoint_ SLUICE_GUARDED_BY(mu_);
  std::atomic<size_t> pending_ = 0;
  // The bus thread's own.
  std::unique_ptr<Inbox> inbox_;
  const Handler handler_;
  const BoundHandler on_bound_;
  KeyWait keys_{loop_};
  std::unique_ptr<Router> router_;
};

}  // namespace

base::Result<std::unique_ptr<EventServer>> EventServer::Bind(Bus& bus, const std::string& endpoint,
                                                             EventServerOptions options,
                                                             Handler handler,
                                                             BoundHandler on_bound) {
  auto inbox = Inbox::Open(options, bus.options().log);
  auto server = std::make_unique<EventServerImpl>(Loop::Of(bus), std::move(inbox),
                                                  std::move(handler), std::move(on_bound));
  SLUICE_TRY(server->Bind(endpoint));
  return std::unique_ptr<EventServer>(std::move(server));
}

}  // namespace sluice::bus
