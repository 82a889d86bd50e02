#include "api/oci_repository.h"

#include "api/meta.h"
#include "api/source.h"

namespace sluice::api {
namespace {

using document::Value;

std::string Text(const Value& v) { return std::string(v.AsString()); }

}  // namespace

std::optional<OciVerification> VerificationOf(const Value& verify) {
  if (!verify.is_object()) return std::nullopt;
  OciVerification out;
  out.provider = std::string(verify["provider"].AsString("cosign"));
  out.secret = Text(verify.At({"secretRef", "name"}));
  out.trusted_root_secret = Text(verify.At({"trustedRootSecretRef", "name"}));
  for (const Value& match : verify["matchOIDCIdentity"].items()) {
    out.identities.push_back({Text(match["issuer"]), Text(match["subject"])});
  }
  return out;
}

base::Result<OciRepositorySpec> OciRepositorySpec::From(const Value& object) {
  const Value& spec = object["spec"];
  OciRepositorySpec out;
  out.url = Text(spec["url"]);
  out.provider = std::string(spec["provider"].AsString("generic"));
  const Value& ref = spec["ref"];
  out.tag = Text(ref["tag"]);
  out.semver = Text(ref["semver"]);
  out.semver_filter = Text(ref["semverFilter"]);
  out.digest = Text(ref["digest"]);
  out.layer_media_type = Text(spec.At({"layerSelector", "mediaType"}));
  out.copy_layer = spec.At({"layerSelector", "operation"}).AsString() == "copy";
  out.secret = Text(spec.At({"secretRef", "name"}));
  out.service_account = Text(spec["serviceAccountName"]);
  out.cert_secret = Text(spec.At({"certSecretRef", "name"}));
  out.proxy_secret = Text(spec.At({"proxySecretRef", "name"}));
  out.insecure = spec["insecure"].AsBool();
  out.suspend = spec["suspend"].AsBool();
  out.ignore = Text(spec["ignore"]);
  out.verify = VerificationOf(spec["verify"]);
  SLUICE_TRY(const auto interval, SpecDuration(object, "interval"));
  out.interval = interval.value_or(base::Duration{});
  SLUICE_TRY(const auto timeout, SpecDuration(object, "timeout"));
  out.timeout = timeout.value_or(out.timeout);
  return out;
}

bool OciContentConfigChanged(const Value& object) {
  return !IgnoreUnchanged(object) ||
         object["spec"]["layerSelector"] != object["status"]["observedLayerSelector"];
}

void ObserveOciContentConfig(Value& object) {
  SetObservedIgnore(object);
  const Value selector = object["spec"]["layerSelector"];
  Value& status = object.Mutable("status");
  if (selector.is_null()) {
    status.Erase("observedLayerSelector");
  } else {
    status.Set("observedLayerSelector", selector);
  }
}

}  // namespace sluice::api
