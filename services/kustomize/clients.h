// Clients: who a Kustomization acts as: its service account where one is named, else the
// controller. One client per account, kept for the life of the process. Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "api/kustomization.h"
#include "kube/client.h"
#include "observe/mutex.h"

namespace sluice::kustomization {

class Clients {
 public:
  Clients(kube::Client& own, std::string default_service_account)
      : own_(own), default_service_account_(std::move(default_service_account)) {}

  std::string AccountOf(const api::KustomizationSpec& spec) const {
    return spec.service_account.empty() ? default_service_account_ : spec.service_account;
  }
  kube::Client& For(const std::string& ns, const api::KustomizationSpec& spec) {
    const std::string account = AccountOf(spec);
    if (account.empty()) return own_;
    const std::string user = "system:serviceaccount:" + ns + ":" + account;
    const observe::MutexLock lock(mu_);
    auto& client = impersonating_[user];
    if (client == nullptr) client = own_.Impersonate(user, {});
    return *client;
  }
  kube::Client& own() { return own_; }

 private:
  kube::Client& own_;
  const std::string default_service_account_;
  observe::Mutex mu_;
  std::map<std::string, std::unique_ptr<kube::Client>> impersonating_ SLUICE_GUARDED_BY(mu_);
};

}  // namespace sluice::kustomization
