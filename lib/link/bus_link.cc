#include "link/bus_link.h"

#include <filesystem>
#include <utility>

#include "api/meta.h"
#include "base/strings.h"
#include "runtime/peers.h"

namespace sluice::link {
namespace {

constexpr std::string_view kOff = "off";
// Flux's names: a Lease is found whoever wrote it.
constexpr std::string_view kSourceController = "source-controller";
constexpr std::string_view kNotifyController = "notification-controller";

class OutboxSink final : public runtime::EventSink {
 public:
  explicit OutboxSink(std::unique_ptr<bus::EventSender> sender) : sender_(std::move(sender)) {}
  void Send(const api::Event& event) override { sender_->Send(ToBus(event)); }
  bool connected() const override { return sender_->connected(); }
  base::Status Flush(const observe::Context& ctx) override {
    // Unconnected, the journal keeps what is left for the next start.
    return sender_->connected() ? sender_->Flush(ctx) : base::OkStatus();
  }
  bus::EventSender& sender() { return *sender_; }

 private:
  std::unique_ptr<bus::EventSender> sender_;
};

class BusLinkImpl final : public BusLink {
 public:
  BusLinkImpl(runtime::Manager& manager, std::unique_ptr<bus::Bus> bus, bus::Role role)
      : manager_(manager), flags_(manager.flags()), role_(role), has_keys_(!bus->options().keys_dir.empty()), bus_(std::move(bus)) {}

  // Watches first: their callbacks reach the channels.
  ~BusLinkImpl() override {
    watches_.clear();
    manager_.SetBusSink(nullptr);
  }

  bus::Bus& bus() override { return *bus_; }

  std::string BindEndpoint() const override {
    if (flags_.bus_bind == kOff) return "";
    if (!flags_.bus_bind.empty()) return flags_.bus_bind;
    return has_keys_ ? "tcp://*:0" : "";
  }

  void Advertise(const std::string& bound_endpoint) override {
    manager_.leader().SetAnnotation(std::string(api::kBusEndpointAnnotation),
                                    bus::AdvertisedEndpoint(bound_endpoint, flags_.hostname));
  }

  void FollowSource(std::function<void(std::vector<std::string>)> set) override {
    if (flags_.bus_source == kOff) return;
    if (auto given = bus::ParseEndpoints(flags_.bus_source); given.ok() && !given->empty()) return set(*std::move(given));
    Watch(kSourceController, [set = std::move(set)](const std::string& endpoint) {
      set(endpoint.empty() ? std::vector<std::string>() : std::vector<std::string>{endpoint});
    });
  }

  void FollowNotify(std::function<void(const std::string&)> set) override {
    if (flags_.bus_notify == kOff) return;
    if (!flags_.bus_notify.empty()) return set(flags_.bus_notify);
    Watch(kNotifyController, std::move(set));
  }

  base::Status SendEvents() override {
    if (flags_.bus_notify == kOff) return base::OkStatus();
    bus::EventSenderOptions options;
    options.journal = base::Cat(flags_.temp_dir, "/sluice-", bus::RoleName(role_), ".events");
    SLUICE_TRY(auto sender, bus::EventSender::Open(*bus_, std::move(options)));
    outbox_ = std::make_unique<OutboxSink>(std::move(sender));
    manager_.SetBusSink(outbox_.get());
    FollowNotify([this](const std::string& endpoint) { outbox_->sender().SetEndpoint(endpoint); });
    return base::OkStatus();
  }

 private:
  // A peer is looked for only when we could speak to it: tcp needs keys, or the word that plain tcp will do.
  void Watch(std::string_view controller, std::function<void(const std::string&)> set) {
    if (!has_keys_ && !flags_.bus_insecure) return;
    watches_.push_back(runtime::WatchPeerEndpoint(manager_.client(), flags_.runtime_namespace,
                                                  runtime::LeaseName(std::string(controller), ""), std::move(set),
                                                  manager_.log()));
  }

  runtime::Manager& manager_;
  const runtime::CommonFlags& flags_;
  const bus::Role role_;
  const bool has_keys_;
  std::unique_ptr<bus::Bus> bus_;
  std::unique_ptr<OutboxSink> outbox_;
  std::vector<std::unique_ptr<runtime::PeerEndpoints>> watches_;
};

// A Secret that is mounted as optional and does not exist is an empty folder.
bool KeyIsThere(const std::string& dir, bus::Role role) {
  std::error_code ignored;
  return !dir.empty() && std::filesystem::exists(base::Cat(dir, "/", bus::RoleName(role), ".key"), ignored);
}

}  // namespace

base::Result<std::unique_ptr<BusLink>> BusLink::Open(runtime::Manager& manager, bus::Role role) {
  const auto& flags = manager.flags();
  for (const auto& [flag, value] : {std::pair("--bus-bind", flags.bus_bind), std::pair("--bus-source", flags.bus_source),
                                    std::pair("--bus-notify", flags.bus_notify)}) {
    if (auto endpoints = bus::ParseEndpoints(value); !endpoints.ok()) return endpoints.status().Wrap(flag);
  }
  bus::BusOptions options;
  options.role = role;
  if (KeyIsThere(flags.bus_keys, role)) {
    options.keys_dir = flags.bus_keys;
  } else if (!flags.bus_keys.empty()) {
    manager.log().Info("no bus key, tcp endpoints stay closed and HTTP is used", {{"busKeys", flags.bus_keys}});
  }
  options.insecure = flags.bus_insecure;
  options.log = manager.log().Named("bus");
  options.registry = &manager.registry();
  SLUICE_TRY(auto bus, bus::Bus::Start(std::move(options)));
  return std::unique_ptr<BusLink>(std::make_unique<BusLinkImpl>(manager, std::move(bus), role));
}

bus::Event ToBus(const api::Event& e) {
  bus::Event out;
  out.id = e.id;
  const auto& o = e.involved_object;
  out.involved_object = {o.kind, o.ns, o.name, o.uid, o.api_version, o.resource_version, o.field_path};
  out.severity = e.severity;
  out.timestamp_s = base::ToUnixSeconds(e.timestamp);
  out.message = e.message;
  out.reason = e.reason;
  out.metadata = e.metadata;
  out.reporting_controller = e.reporting_controller;
  out.reporting_instance = e.reporting_instance;
  return out;
}

api::Event FromBus(const bus::Event& e) {
  api::Event out;
  out.id = e.id;
  const auto& o = e.involved_object;
  out.involved_object = {o.kind, o.ns, o.name, o.uid, o.api_version, o.resource_version, o.field_path};
  out.severity = e.severity;
  out.timestamp = base::FromUnixSeconds(e.timestamp_s);
  out.message = e.message;
  out.reason = e.reason;
  out.metadata = e.metadata;
  out.reporting_controller = e.reporting_controller;
  out.reporting_instance = e.reporting_instance;
  return out;
}

}  // namespace sluice::link
