#include "cloud_access.h"

#include "api/conditions.h"
#include "base/strings.h"
#include "http/url.h"

namespace sluice::source {

base::Result<std::shared_ptr<const cloud::ServiceAccount>> CloudAccess::AccountOf(
    const observe::Context& ctx, const std::string& ns, const std::string& name) const {
  const bool defaulted = name.empty();
  const std::string& wanted = defaulted ? options_.default_account : name;
  if (wanted.empty()) return std::shared_ptr<const cloud::ServiceAccount>();
  const std::string what = base::Cat("failed to get service account '", ns, "/", wanted, "'");
  const auto object = kube_.Get(ctx, {"", "v1", "ServiceAccount"}, {ns, wanted});
  if (!object.ok() && defaulted && object.status().code() == base::StatusCode::kNotFound) {
    return base::NotFound(base::Cat(what,
                                    ": the specified default service account does not exist in the "
                                    "object namespace. your cluster is subject to "
                                    "multi-tenant workload identity lockdown, reach out to your "
                                    "cluster administrator for help"));
  }
  if (!object.ok()) return object.status().Wrap(what);
  auto account = std::make_shared<cloud::ServiceAccount>();
  account->ns = ns;
  account->name = wanted;
  const document::Value& annotations = object->At({"metadata", "annotations"});
  for (const auto& [key, value] : annotations.members())
    account->annotations.emplace(key, value.AsString());
  account->token = [&kube = kube_, ns, wanted](
                       const observe::Context& c,
                       const std::string& audience) -> base::Result<base::SecretString> {
    document::Value request = document::Value::Object();
    request.Set("apiVersion", "authentication.k8s.io/v1");
    request.Set("kind", "TokenRequest");
    document::Value audiences = document::Value::Array();
    audiences.Append(document::Value(audience));
    request.Mutable("spec").Set("audiences", std::move(audiences));
    SLUICE_TRY(const document::Value made,
               kube.Raw(c, "POST",
                        base::Cat("/api/v1/namespaces/", http::PathEscape(ns), "/serviceaccounts/",
                                  http::PathEscape(wanted), "/token"),
                        &request));
    return base::SecretString(made.At({"status", "token"}).AsString());
  };
  return std::shared_ptr<const cloud::ServiceAccount>(std::move(account));
}

cloud::Involved InvolvedOf(const document::Value& object) {
  const kube::ObjectKey key = kube::KeyOf(object);
  return {std::string(object["kind"].AsString()), key.name, key.ns};
}

StepResult AccountGateClosed() {
  return StepResult::Stalled(
      api::kFeatureGateDisabledReason,
      base::FailedPrecondition(
          "to use spec.serviceAccountName for provider authentication please enable the "
          "ObjectLevelWorkloadIdentity feature gate in the controller"));
}

}  // namespace sluice::source
