#include "metrics.h"

namespace sluice::kube {

ClientMetrics::ClientMetrics(observe::Registry& registry)
    : requests_(registry.NewCounter(
          "rest_client_requests_total",
          "Number of HTTP requests, partitioned by status code, method, and host.")) {}

void ClientMetrics::Count(int code, const std::string& method, const std::string& host) {
  observe::Counter* counter = nullptr;
  {
    observe::MutexLock lock(mu_);
    observe::Counter*& slot = series_[{code, method, host}];
    if (slot == nullptr) {
      slot = &requests_.With({{"code", code == 0 ? "<error>" : std::to_string(code)},
                              {"method", method},
                              {"host", host}});
    }
    counter = slot;
  }
  counter->Add();
}

std::shared_ptr<ClientMetrics> MakeClientMetrics(observe::Registry& registry) {
  return std::make_shared<ClientMetrics>(registry);
}

}  // namespace sluice::kube
