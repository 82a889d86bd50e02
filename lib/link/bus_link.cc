#include "link/bus_link.h"

#include <netdb.h>
#include <sys/stat.h>

#include <utility>

#include "api/meta.h"
#include "base/encoding.h"
#include "base/strings.h"
#include "bus/keys.h"
#include "runtime/peers.h"

namespace sluice::link {
namespace {

constexpr std::string_view kOff = "off";
// Flux's names: a Lease is found whoever wrote it.
constexpr std::string_view kSourceController = "source-controller";
constexpr std::string_view kNotifyController = "notification-controller";

// The Secret that the Deployments mount, if it is there, at --bus-keys.
constexpr std::string_view kKeySecret = "sluice-bus-keys";

// The source makes the keys where a cluster has none: the folder is there (mounted), its files are
// not. Every process picks them up when the mount shows them.
void CreateKeySecret(runtime::Manager& manager) {
  const auto& flags = manager.flags();
  struct stat info = {};
  if (flags.bus_keys.empty() || ::stat(flags.bus_keys.c_str(), &info) != 0 ||
      !S_ISDIR(info.st_mode))
    return;
  if (bus::LoadKeyPair(flags.bus_keys, bus::Role::kSource).status().code() !=
      base::StatusCode::kNotFound)
    return;
  using document::Value;
  Value data = Value::Object();
  for (const auto& [name, content] : bus::GenerateKeyFiles())
    data.Set(name, base::Base64Encode(content));
  const Value secret = Value::Object(
      {{"apiVersion", "v1"},
       {"kind", "Secret"},
       {"metadata",
        Value::Object({{"name", kKeySecret},
                       {"namespace", flags.runtime_namespace},
                       {"labels", Value::Object({{"app.kubernetes.io/part-of", "flux"}})}})},
       {"type", "Opaque"},
       {"data", std::move(data)}});
  const auto ctx = observe::Context(manager.log()).WithTimeout(std::chrono::seconds(10));
  const auto status = manager.client()
                          .Create(ctx, secret, {.field_manager = std::string(kSourceController)})
                          .status();
  if (status.ok()) manager.log().Info("bus keys created", {{"secret", std::string(kKeySecret)}});
  if (!status.ok() && status.code() != base::StatusCode::kAlreadyExists &&
      status.code() != base::StatusCode::kConflict) {
    manager.log().Error(status, "unable to create the bus keys");
  }
}

// A pod's host name means nothing to other pods, but its own /etc/hosts knows the address.
std::string ReachableHost(const std::string& hostname) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(hostname.c_str(), nullptr, &hints, &found) != 0 || found == nullptr)
    return hostname;
  char text[NI_MAXHOST] = "";
  const int rc = ::getnameinfo(found->ai_addr, found->ai_addrlen, text, sizeof text, nullptr, 0,
                               NI_NUMERICHOST);
  ::freeaddrinfo(found);
  return rc == 0 ? text : hostname;
}

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
      : manager_(manager), flags_(manager.flags()), role_(role), bus_(std::move(bus)) {}

  // Watches first: their callbacks reach the channels.
  ~BusLinkImpl() override {
    watches_.clear();
    manager_.SetBusSink(nullptr);
  }

  bus::Bus& bus() override { return *bus_; }

  std::string BindEndpoint() const override {
    if (flags_.bus_bind == kOff) return "";
    if (!flags_.bus_bind.empty()) return flags_.bus_bind;
    return flags_.bus_keys.empty() ? "" : "tcp://*:0";
  }

  void Advertise(const std::string& bound_endpoint) override {
    manager_.leader().SetAnnotation(
        std::string(api::kBusEndpointAnnotation),
        bus::AdvertisedEndpoint(bound_endpoint, ReachableHost(flags_.hostname)));
  }

  void FollowSource(std::function<void(std::vector<std::string>)> set) override {
    if (flags_.bus_source == kOff) return;
    if (auto given = bus::ParseEndpoints(flags_.bus_source); given.ok() && !given->empty())
      return set(*std::move(given));
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
  // A peer is looked for only when we could speak to it: tcp needs keys, or the word that plain tcp
  // will do.
  void Watch(std::string_view controller, std::function<void(const std::string&)> set) {
    if (flags_.bus_keys.empty() && !flags_.bus_insecure) return;
    watches_.push_back(runtime::WatchPeerEndpoint(manager_.client(), flags_.runtime_namespace,
                                                  runtime::LeaseName(std::string(controller), ""),
                                                  std::move(set), manager_.log()));
  }

  runtime::Manager& manager_;
  const runtime::CommonFlags& flags_;
  const bus::Role role_;
  std::unique_ptr<bus::Bus> bus_;
  std::unique_ptr<OutboxSink> outbox_;
  std::vector<std::unique_ptr<runtime::PeerEndpoints>> watches_;
};

// What both forms of an event call by one name: all but the time.
template <class To, class From>
To WithSharedFields(const From& e) {
  To out;
  const auto& o = e.involved_object;
  out.id = e.id;
  out.involved_object = {o.kind,      o.ns, o.name, o.uid, o.api_version, o.resource_version,
                         o.field_path};
  out.severity = e.severity;
  out.message = e.message;
  out.reason = e.reason;
  out.metadata = e.metadata;
  out.reporting_controller = e.reporting_controller;
  out.reporting_instance = e.reporting_instance;
  return out;
}

}  // namespace

base::Result<std::unique_ptr<BusLink>> BusLink::Open(runtime::Manager& manager, bus::Role role) {
  const auto& flags = manager.flags();
  for (const auto& [flag, value] :
       {std::pair("--bus-bind", flags.bus_bind), std::pair("--bus-source", flags.bus_source),
        std::pair("--bus-notify", flags.bus_notify)}) {
    if (auto endpoints = bus::ParseEndpoints(value); !endpoints.ok())
      return endpoints.status().Wrap(flag);
  }
  if (role == bus::Role::kSource) CreateKeySecret(manager);
  bus::BusOptions options;
  options.role = role;
  options.keys_dir = flags.bus_keys;
  options.insecure = flags.bus_insecure;
  options.log = manager.log().Named("bus");
  options.registry = &manager.registry();
  SLUICE_TRY(auto bus, bus::Bus::Start(std::move(options)));
  return std::unique_ptr<BusLink>(std::make_unique<BusLinkImpl>(manager, std::move(bus), role));
}

bus::Event ToBus(const api::Event& e) {
  auto out = WithSharedFields<bus::Event>(e);
  out.timestamp_s = base::ToUnixSeconds(e.timestamp);
  return out;
}

api::Event FromBus(const bus::Event& e) {
  auto out = WithSharedFields<api::Event>(e);
  out.timestamp = base::FromUnixSeconds(e.timestamp_s);
  return out;
}

}  // namespace sluice::link
