#include "runtime/peers.h"

#include <utility>

#include "api/meta.h"
#include "base/strings.h"
#include "kube/informer.h"

namespace sluice::runtime {
namespace {

using document::Value;

class LeaseWatch final : public PeerEndpoints {
 public:
  LeaseWatch(kube::Client& client, const std::string& ns, const std::string& name,
             std::function<void(const std::string&)> on_change, observe::Logger log)
      : on_change_(std::move(on_change)) {
    kube::InformerOptions options;
    options.gvk = {"coordination.k8s.io", "v1", "Lease"};
    options.ns = ns;
    options.field_selector = base::Cat("metadata.name=", name);
    options.metadata_only = true;
    informer_ = kube::MakeInformer(client, std::move(options), std::move(log));
    informer_->AddHandler([this](const kube::InformerEvent& event) { OnEvent(event); });
    informer_->Start();
  }

 private:
  // On the kube I/O thread only, so last_ needs no lock.
  void OnEvent(const kube::InformerEvent& event) {
    const bool gone = event.type == kube::InformerEvent::Type::kDeleted;
    std::string endpoint(gone ? ""
                              : kube::AnnotationOf(*event.object, api::kBusEndpointAnnotation));
    if (endpoint == last_) return;
    last_ = endpoint;
    on_change_(endpoint);
  }

  const std::function<void(const std::string&)> on_change_;
  std::string last_;
  std::unique_ptr<kube::Informer> informer_;  // last: ends before the rest goes
};

}  // namespace

std::unique_ptr<PeerEndpoints> WatchPeerEndpoint(
    kube::Client& client, const std::string& ns, const std::string& name,
    std::function<void(const std::string& endpoint)> on_change, observe::Logger log) {
  return std::make_unique<LeaseWatch>(client, ns, name, std::move(on_change), std::move(log));
}

}  // namespace sluice::runtime
