#include "bus/pokes.h"

#include <algorithm>

#include "key_wait.h"
#include "publisher.h"

namespace sluice::bus {
namespace {

constexpr std::string_view kSecond = "pokes";

class PokePublisherImpl final : public PokePublisher {
 public:
  explicit PokePublisherImpl(Loop& loop) : loop_(loop) {}
  ~PokePublisherImpl() override {
    loop_.Call([this] { publisher_.reset(); });
  }

  base::Status Bind(const std::string& endpoint) override {
    SLUICE_TRY(CheckEndpoint(endpoint));
    base::Status status;
    loop_.Call([&] {
      publisher_ = std::make_unique<Publisher>(loop_, Channel::kPokes, kPokeLimit, nullptr);
      status = publisher_->Bind(SecondEndpoint(endpoint, kSecond));
      if (!status.ok()) publisher_.reset();
    });
    return status;
  }

  void Publish(ReconcileRequest request) override {
    loop_.Post([this, request = std::move(request)] {
      if (publisher_ != nullptr)
        publisher_->Publish(PokeTopic(request.kind, request.ns, request.name), EncodePoke(request));
    });
  }

 private:
  Loop& loop_;
  std::unique_ptr<Publisher> publisher_;
};

class PokeSubscriberImpl final : public PokeSubscriber, public Subscriber::Owner {
 public:
  PokeSubscriberImpl(Loop& loop, std::vector<std::string> kinds, Handler handler)
      : loop_(loop), kinds_(std::move(kinds)), handler_(std::move(handler)) {}
  ~PokeSubscriberImpl() override { SetEndpoint(""); }

  void SetEndpoint(const std::string& endpoint) override {
    loop_.Call([&] {
      if (endpoint == endpoint_) return;
      endpoint_ = endpoint;
      keys_.Stop();
      subscriber_.reset();
      alive_ = false;
      if (endpoint.empty()) return;
      const auto status = keys_.Run(endpoint, "bus endpoint not usable",
                                    [this, endpoint] { return Connect(endpoint); });
      if (!status.ok())
        loop_.options().log.Error(status, "bus endpoint not usable", {{"endpoint", endpoint}});
    });
  }

  bool connected() const override { return alive_; }

 private:
  base::Status Connect(const std::string& endpoint) {
    SLUICE_TRY(CheckEndpoint(endpoint));
    // Pokes may be rare: silence says nothing.
    subscriber_ =
        std::make_unique<Subscriber>(loop_, Channel::kPokes, kPokeLimit, Role::kNotify, 0, *this);
    const auto status = subscriber_->Connect(endpoint, std::string(kSecond), {"poke/"});
    if (!status.ok()) subscriber_.reset();
    return status;
  }

  void OnAlive(bool alive) override { alive_ = alive; }

  void OnPublished(Message message) override {
    const auto* request = std::get_if<ReconcileRequest>(&message);
    if (request == nullptr) return loop_.metrics().Rejected(Channel::kPokes);
    if (kinds_.empty() || std::ranges::find(kinds_, request->kind) != kinds_.end())
      handler_(*request);
  }

  Loop& loop_;
  const std::vector<std::string> kinds_;
  const Handler handler_;
  std::atomic<bool> alive_ = false;
  std::string endpoint_;
  std::unique_ptr<Subscriber> subscriber_;
  KeyWait keys_{loop_};
};

}  // namespace

std::unique_ptr<PokePublisher> PokePublisher::Create(Bus& bus) {
  return std::make_unique<PokePublisherImpl>(Loop::Of(bus));
}

std::unique_ptr<PokeSubscriber> PokeSubscriber::Create(Bus& bus, std::vector<std::string> kinds,
                                                       Handler handler) {
  return std::make_unique<PokeSubscriberImpl>(Loop::Of(bus), std::move(kinds), std::move(handler));
}

}  // namespace sluice::bus
