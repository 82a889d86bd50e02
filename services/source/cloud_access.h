// CloudAccess: which identity in a cloud an object acts with (source.md §6.3): the process's own,
// or, with the feature gate ObjectLevelWorkloadIdentity, that of a ServiceAccount of the object's
// namespace. Thread-safe.
#pragma once

#include <memory>
#include <string>

#include "cloud/identity.h"
#include "cloud/registry_login.h"
#include "document/value.h"
#include "kube/client.h"
#include "observe/context.h"
#include "source_status.h"

namespace sluice::source {

struct CloudOptions {
  cloud::CloudEnvironment environment{};
  cloud::TokenCacheOptions cache{};
  bool object_level = false;      // the feature gate
  std::string default_account{};  // --default-service-account
};

class CloudAccess {
 public:
  CloudAccess(kube::Client& kube, http::Client& http, CloudOptions options,
              base::Clock& clock)  // outlive this
      : kube_(kube),
        options_(std::move(options)),
        identities_(http, options_.environment, options_.cache, clock),
        logins_(http, identities_, clock) {}

  cloud::Identities& identities() { return identities_; }
  cloud::RegistryLogins& logins() { return logins_; }
  bool object_level() const { return options_.object_level; }
  // `name` as the object has it, "" = none. Null: the process itself.
  // "failed to get service account '<ns>/<name>': …"
  base::Result<std::shared_ptr<const cloud::ServiceAccount>> AccountOf(
      const observe::Context& ctx, const std::string& ns, const std::string& name) const;

 private:
  kube::Client& kube_;
  const CloudOptions options_;
  cloud::Identities identities_;
  cloud::RegistryLogins logins_;
};

// Whose reconcile it is, for the token cache's metrics.
cloud::Involved InvolvedOf(const document::Value& object);

// What an object that names an account ends in while the gate is off: Stalled, FeatureGateDisabled.
StepResult AccountGateClosed();

}  // namespace sluice::source
